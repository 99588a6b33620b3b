using System.Text.Json;
using GenRec.Shared.Plotting;
using Figure = GenRec.Shared.Display.Figure;

namespace GenRec.Shared.Tests.Plotting;

public class FigureTests
{
    private static readonly FigureText Text = new("Title", "What to see.", "epoch", "NDCG@10");

    public static TheoryData<Figure> All =>
        [
            Figures.LearningCurves(Text, [Seeds("a"), Seeds("b")], [new("oracle", 0.5)]),
            Figures.SmallMultiples(Text, [new("one", [Seeds("a")]), new("two", [Seeds("b"), Seeds("a")])]),
            Figures.Bars(
                Text,
                ["Beauty", "Sports"],
                [new("BCE", [0.05, 0.03], [0.001, 0.001]), new("CE", [0.08, 0.05])],
                [new("oracle", 0.2)],
                [new("BCE", "Beauty", 0.0605, "S3-Rec")]
            ),
            Figures.HeatMap(
                Text,
                new double[,]
                {
                    { 1, 2 },
                    { double.NaN, 4 },
                },
                "attention"
            ),
            Figures.Histogram(Text, [1, 2, 2, 3, 50], 10, logX: true, logY: true),
            Figures.LongTail(Text, [5, 100, 1, 0]),
            Figures.Scatter(Text, [new("a", [1, 2], [2, 3], YErrors: [0.1, 0.2], Labels: ["p", "q"])], diagonal: true),
            Figures.Timeline(
                "Title",
                "What to see.",
                [new("SASRec", new DateOnly(2018, 8, 20), "ids", "seminal", "done")]
            ),
        ];

    [Theory]
    [MemberData(nameof(All))]
    public void EveryFigureHasTitleAxesCaptionNumbersAndNoBackground(Figure figure)
    {
        using var json = JsonDocument.Parse(figure.ToPlotlyJson());
        var layout = json.RootElement.GetProperty("layout");
        Assert.Equal("Title", layout.GetProperty("title").GetProperty("text").GetString());
        Assert.Contains(
            layout.GetProperty("annotations").EnumerateArray(),
            note => note.GetProperty("text").GetString() == "What to see."
        );
        Assert.NotEqual("", layout.GetProperty("yaxis").GetProperty("title").GetProperty("text").GetString());
        Assert.NotEqual("", layout.GetProperty("xaxis").GetProperty("title").GetProperty("text").GetString());
        Assert.Equal("rgba(0,0,0,0)", layout.GetProperty("plot_bgcolor").GetString());
        Assert.NotEmpty(figure.Data!.Rows);
        Assert.DoesNotContain("NaN", figure.ToPlotlyJson());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AnAxisWithoutAGridHasNoLineAtItsFirstLabel(Figure figure)
    {
        using var json = JsonDocument.Parse(figure.ToPlotlyJson());
        var axes = json.RootElement.GetProperty("layout").EnumerateObject().Where(part => part.Name.Contains("axis"));
        foreach (var axis in axes.Select(part => part.Value))
            if (axis.TryGetProperty("showgrid", out var grid) && !grid.GetBoolean())
                Assert.False(axis.GetProperty("zeroline").GetBoolean());
    }

    [Fact]
    public void ACurveIsReadBetweenItsPointsAndInAnotherUnit()
    {
        var curve = new LearningCurve("a", [2, 4, 8], [1, 3, 7]).InUnits(0.5);
        Assert.Equal([1, 2, 4], curve.Steps);
        Assert.Equal([1, 1, 2, 3, 5, 7, 7], new[] { 0, 1, 1.5, 2, 3, 4, 9 }.Select(curve.At));
        Assert.Equal(double.NaN, new LearningCurve("empty", [], []).At(1));
    }

    [Fact]
    public void ATreeStandsParentsAmidTheirChildren()
    {
        var figure = Figures.Tree(
            "Title",
            "What to see.",
            [
                new("root", -1, "prefix"),
                new("a", 0, "prefix"),
                new("b", 0, "item"),
                new("c", 1, "item"),
                new("d", 1, "item", Faint: true),
            ]
        );
        using var json = JsonDocument.Parse(figure.ToPlotlyJson());
        var prefixes = json
            .RootElement.GetProperty("data")
            .EnumerateArray()
            .First(trace => trace.TryGetProperty("name", out var name) && name.GetString() == "prefix");
        // c and d are leaves 0 and 1, b is leaf 2; a stands between c and d, the root between a and b.
        Assert.Equal([1.25, 0.5], prefixes.GetProperty("y").EnumerateArray().Select(y => y.GetDouble()));
        Assert.Equal(5, figure.Data!.Rows.Count);
        Assert.Contains(
            "before its parent",
            Assert
                .Throws<ArgumentException>(() => Figures.Tree("t", "c", [new("x", -1, "k"), new("y", 2, "k")]))
                .Message
        );
    }

    [Fact]
    public void APublishedMarkStandsOnItsOwnBar()
    {
        var figure = Figures.Bars(
            Text,
            ["Beauty", "Sports"],
            [new("BCE", [0.05, 0.03]), new("CE", [0.08, 0.05])],
            published: [new("CE", "Sports", 0.0644, "a paper")]
        );
        using var json = JsonDocument.Parse(figure.ToPlotlyJson());
        var traces = json.RootElement.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(traces[1].GetProperty("x")[1].GetDouble(), traces[2].GetProperty("x")[0].GetDouble());
        var error = Assert.Throws<ArgumentException>(() =>
            Figures.Bars(Text, ["Beauty"], [new("BCE", [0.05])], published: [new("BCE", "Toys", 0.1, "x")])
        );
        Assert.Contains("'BCE' in group 'Toys'", error.Message);
    }

    [Fact]
    public void TheSeedBandIsTheRangeAndTheLineIsTheMean()
    {
        var curve = LearningCurve.FromSeeds(
            "a",
            [1, 2],
            [
                [1, 5],
                [3, 1],
                [2, 3],
            ]
        );
        Assert.Equal([2.0, 3.0], curve.Values);
        Assert.Equal([1.0, 1.0], curve.Low);
        Assert.Equal([3.0, 5.0], curve.High);
        Assert.Null(
            LearningCurve
                .FromSeeds(
                    "a",
                    [1],
                    [
                        [1],
                    ]
                )
                .Low
        );
        Assert.Throws<ArgumentException>(() =>
            LearningCurve.FromSeeds(
                "a",
                [1, 2],
                [
                    [1],
                ]
            )
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AHistogramCountsEveryValueOnce(bool log)
    {
        double[] values = [1, 1, 2, 10, 100, 1000, 1000];
        var figure = Figures.Histogram(Text, values, 7, logX: log);
        Assert.Equal(values.Length, figure.Data!.Rows.Sum(row => (int)row[2]!));
        Assert.Equal(1, (double)figure.Data.Rows[0][0]!, 1e-9);
        Assert.Equal(1000, (double)figure.Data.Rows[^1][1]!, 1e-9);
        if (log)
            Assert.Throws<ArgumentException>(() => Figures.Histogram(Text, [0, 1], logX: true));
    }

    [Fact]
    public void ALongTailOfManyItemsIsThinnedButKeepsBothEnds()
    {
        var figure = Figures.LongTail(Text, [.. Enumerable.Range(1, 50_000)]);
        using var json = JsonDocument.Parse(figure.ToPlotlyJson());
        var ranks = json
            .RootElement.GetProperty("data")[0]
            .GetProperty("x")
            .EnumerateArray()
            .Select(x => x.GetInt32())
            .ToArray();
        Assert.True(ranks.Length < 500);
        Assert.Equal((1, 50_000), (ranks[0], ranks[^1]));
        Assert.Equal(ranks.Distinct().Order(), ranks);
    }

    [Fact]
    public void BlankTextsAndMissingDataAreErrors()
    {
        Assert.Contains(
            "YAxis",
            Assert.Throws<ArgumentException>(() => Figures.LongTail(Text with { YAxis = " " }, [1])).Message
        );
        Assert.Throws<ArgumentException>(() => Figures.LearningCurves(Text, []));
        Assert.Throws<ArgumentException>(() => Figures.LongTail(Text, [0]));
        Assert.Throws<ArgumentException>(() => Figures.LearningCurves(Text, [new("a", [1, 2], [1])]));
        Assert.Throws<ArgumentException>(() => Figures.HeatMap(Text, new double[2, 2], "u", rows: ["one"]));
    }

    [Fact]
    public void ColoursAreSeenOnWhiteAndOnDarkAndSeriesDifferWithoutColour()
    {
        for (var at = 0; at < Palette.Count; at++)
        {
            Assert.True(Contrast(Palette.Color(at), "#FFFFFF") > 2, Palette.Color(at));
            Assert.True(Contrast(Palette.Color(at), "#1E1E1E") > 3, Palette.Color(at));
        }
        Assert.True(Contrast(Palette.Ink, "#FFFFFF") > 3.9 && Contrast(Palette.Ink, "#1E1E1E") > 3.9);
        var styles = Enumerable.Range(0, 2 * Palette.Count).Select(at => (Palette.Dash(at), Palette.Marker(at)));
        Assert.Equal(2 * Palette.Count, styles.Distinct().Count());
    }

    /// <summary>Contrast ratio of WCAG 2.1.</summary>
    private static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string color)
    {
        var rgb = Convert.FromHexString(color[1..]).Select(part => part / 255.0);
        var linear = rgb.Select(part => part <= 0.03928 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4))
            .ToArray();
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    }

    private static LearningCurve Seeds(string name) =>
        LearningCurve.FromSeeds(
            name,
            [1, 2],
            [
                [0.1, 0.2],
                [0.2, double.NaN],
            ]
        );
}
