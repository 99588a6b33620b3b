using GenRec.Shared.Display;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Tests.Display;

public class TableTests
{
    [Fact]
    public void TenRowsAreShownAndTheRestIsCounted()
    {
        var table = new Table(["n"], [.. Enumerable.Range(1, 1234).Select(n => (object?[])[n])]);
        Assert.Equal(10, table.ToHtml().Split("<td").Length - 1);
        Assert.Contains("1,224 more of 1,234 rows", table.ToHtml());
        Assert.EndsWith("1,224 more of 1,234 rows.", table.ToText());
        Assert.DoesNotContain("more of", table.Top(2000).ToText());
    }

    [Fact]
    public void NumbersStandRightAndWordsLeft()
    {
        var table = new Table(
            ["model", "users", "Recall@10"],
            [
                ["SASRec", 22363, 0.0605],
                ["TIGER", 9, 0.05],
            ]
        );
        Assert.Equal(
            """
            model   users  Recall@10
            ------  -----  ---------
            SASRec  22363     0.0605
            TIGER       9     0.0500
            """.ReplaceLineEndings("\n"),
            table.ToText()
        );
        Assert.Contains("text-align:left\">SASRec", table.ToHtml());
        Assert.Contains("text-align:right\">0.0605", table.ToHtml());
    }

    [Theory]
    [InlineData(new[] { 1.0, 2.0 }, "1|2")]
    [InlineData(new[] { 0.5, 0.25 }, "0.50|0.25")]
    [InlineData(new[] { 1e-7, 2.0 }, "1E-07|2")]
    [InlineData(new[] { double.NaN, 0.12345 }, "NaN|0.1235")]
    public void AColumnHasOneNumberFormat(double[] values, string expected)
    {
        var lines = new Table(["x"], [.. values.Select(value => (object?[])[value])]).ToText().Split('\n')[2..];
        Assert.Equal(expected.Split('|'), lines.Select(line => line.Trim()));
    }

    [Fact]
    public void MarkupInDataStaysText()
    {
        var html = new Table(
            ["<b>"],
            [
                ["<script>alert(1)</script>"],
                [null],
            ]
        )
        {
            Title = "a & b",
            Caption = "<i>",
        }.ToHtml();
        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("<b>", html);
        Assert.DoesNotContain("<i>", html);
        Assert.Contains("a &amp; b", html);
    }

    [Fact]
    public void NoColourIsFixed()
    {
        var html = new Table(
            ["a"],
            [
                [1],
            ]
        )
        {
            Title = "t",
            Caption = "c",
        }.ToHtml();
        Assert.DoesNotMatch("#[0-9a-fA-F]{3}|rgb|color:|background", html);
    }

    [Fact]
    public void ARowOfAnotherLengthIsNamed() =>
        Assert.Contains(
            "Row 1 has 1 cells, the table has 2",
            Assert
                .Throws<ArgumentException>(() =>
                    new Table(
                        ["a", "b"],
                        [
                            [1, 2],
                            [1],
                        ]
                    )
                )
                .Message
        );

    [Fact]
    public void DataFramesKeepTheirColumnsAndMissingValues()
    {
        var frame = new DataFrame(
            new StringDataFrameColumn("title", ["one", null]),
            new DoubleDataFrameColumn("price", [1.5, null])
        );
        var lines = frame.AsTable().ToText().Split('\n');
        Assert.Equal("title  price", lines[0]);
        Assert.Equal("one      1.5", lines[2]);
    }

    [Fact]
    public void TheBestOfEachMetricStandsOut()
    {
        var table = Tables.Metrics([
            new("SASRec", new Dictionary<string, double> { ["Recall@10"] = 0.0605, ["NDCG@10"] = 0.04 }),
            new(
                "TIGER",
                new Dictionary<string, double> { ["Recall@10"] = 0.0648 },
                new Dictionary<string, double> { ["Recall@10"] = 0.0004 },
                "paper"
            ),
        ]);
        var lines = table.ToText().Split('\n');
        Assert.Contains("0.0648 ± 0.0004*", lines[3]);
        Assert.Contains("0.0400*", lines[2]);
        Assert.DoesNotContain("0.0605*", lines[2]);
        Assert.Contains("<strong>0.0648 ± 0.0004</strong>", table.ToHtml());
    }

    [Fact]
    public void OfALossTheSmallestStandsOutAndOfAStartingPointNone()
    {
        var lines = Tables
            .Metrics([
                new("a", new Dictionary<string, double> { ["nextTokenLoss"] = 2.5, ["rewardBefore"] = 1.25 }),
                new("b", new Dictionary<string, double> { ["nextTokenLoss"] = 3.5, ["rewardBefore"] = 1.75 }),
            ])
            .ToText()
            .Split('\n');
        Assert.Contains("2.5000*", lines[2]);
        Assert.Equal(1, lines.Sum(line => line.Count(letter => letter == '*')));
    }

    [Fact]
    public void CurvesOfDifferentLengthShareTheirSteps()
    {
        var table = Tables.Curves("epoch", [("a", [(1, 0.5), (2, 0.25)]), ("b", [(2, 0.125)])]);
        Assert.Equal(3, table.Columns.Count);
        Assert.Equal([1.0, 0.5, null], table.Rows[0]);
        Assert.Equal([2.0, 0.25, 0.125], table.Rows[1]);
    }
}
