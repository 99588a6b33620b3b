using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Display;

public sealed class ObjectCardTests
{
    private sealed record Inner(int A, double B);

    private sealed record Sample(
        string Name,
        double Value,
        int[] Many,
        Inner Nested,
        IReadOnlyDictionary<string, double> Map
    ) : RichRecord
    {
        public string Broken => throw new InvalidOperationException();

        public IEnumerable<int> Lazy => Enumerable.Range(0, 5).Where(_ => throw new InvalidOperationException());
    }

    private static readonly Sample Value = new(
        "a <b>",
        0.00012345678,
        [.. Enumerable.Range(1, 20)],
        new Inner(3, 0.5),
        new Dictionary<string, double> { ["NDCG@10"] = 0.25 }
    );

    [Fact]
    public void ACardHasARowForEachPropertyAndNothingNestedBelowIt()
    {
        var text = Value.ToText();
        Assert.StartsWith("Sample\n", text, StringComparison.Ordinal);
        foreach (
            var line in new[]
            {
                "Name      a <b>",
                "Value     0.000123457",
                "Many      1, 2, 3, 4, 5, 6, 7, 8, ... (20)",
                "Nested    A 3, B 0.5",
                "Map       NDCG@10 0.25",
                "Broken    (not available)",
                "Lazy      a sequence",
            }
        )
            Assert.Contains(line, text, StringComparison.Ordinal);
        Assert.Contains("a &lt;b&gt;", Value.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void ManyRecordsAreATableWithNumbersToTheRight()
    {
        var table = ObjectCard.OfMany([new Inner(1, 0.5), new Inner(20, 0.25)], typeof(Inner));
        Assert.Equal(" A     B\n--  ----\n 1  0.50\n20  0.25", table.ToText());
    }

    [Fact]
    public void NoCardHasAColourOfItsOwn()
    {
        foreach (
            var html in new[]
            {
                Value.ToHtml(),
                ReadingList.Load().Find("SASRec").ToHtml(),
                new ProgressLine("x", 0.3, ["y"]).ToHtml(),
            }
        )
            Assert.DoesNotMatch(
                "#[0-9a-fA-F]{3,8}\\b|rgb|hsl|(?<!-)color:(?!inherit)|background:(?!currentColor)",
                html.Replace("&#", "&", StringComparison.Ordinal)
            );
    }

    [Fact]
    public void APaperIsACardWithItsLinks()
    {
        var entry = ReadingList.Load().Find("SASRec");
        Assert.Contains(
            $"<a href=\"https://arxiv.org/abs/{entry.ArXiv[0]}\"",
            entry.ToHtml(),
            StringComparison.Ordinal
        );
        Assert.StartsWith("01 SASRec\n", entry.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void ARankingShowsItsMetricsAndItsProtocol()
    {
        var result = new RankingResult(new EvaluationProtocol(), [new TargetRank(0, 0), new TargetRank(9, 0)], 100);
        Assert.Contains("NDCG@10", result.ToText(), StringComparison.Ordinal);
        Assert.Contains("2 cases", result.ToHtml(), StringComparison.Ordinal);
    }
}
