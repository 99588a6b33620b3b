using System.Diagnostics;
using GenRec.Notebooks.Sessions;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Tests.Sessions;

/// <summary>What cells end in: nothing of ours, and none of the libraries' main types, is a tree of properties.</summary>
public sealed class RichValuesInCellsTests : IClassFixture<RichValuesInCellsTests.OneSession>
{
    private readonly TestSession session;

    public RichValuesInCellsTests(OneSession shared) => session = shared.Session;

    [Theory]
    [InlineData("ReadingList.Load()", "SASRec")]
    [InlineData("ReadingList.Load().Entries", "SASRec")] // a list of records
    [InlineData("ReadingList.Load().Find(\"TIGER\")", "arxiv.org")]
    [InlineData("new DataFrame(new Int32DataFrameColumn(\"count\", [1, 2]))", "count")]
    [InlineData("ones(2, 3)", "[2, 3]")]
    [InlineData("new[] { ones(2), ones(3) }", "[3]")]
    [InlineData("nn.Linear(3, 4)", "16 parameters")]
    [InlineData("new SasRec(10, SasRecPreset.All[0].Model)", "SasRec")]
    [InlineData("SasRecPreset.All[0].Model", "Dropout")]
    [InlineData("TorchInfo.Read()", "TorchInfo")]
    [InlineData("World.Create(WorldPreset.Smoke)", "World")]
    [InlineData("new GroupMean(\"rare\", 3, 0.5)", "rare")]
    [InlineData(
        "new Dictionary<string, MetricRow> { [\"a\"] = new(\"SASRec\", new Dictionary<string, double>()) }",
        "SASRec"
    )]
    [InlineData("new TrainingWatch(\"SASRec\", \"NDCG@10\", shown: false)", "TrainingWatch")]
    public async Task IsATableOrACard(string code, string says)
    {
        var bundle = await ShowAsync(code);
        Assert.Contains(MimeTypes.Text, bundle.Data.Keys);
        var html = bundle.Data[MimeTypes.Html].GetValue<string>();
        Assert.Contains(says, html, StringComparison.Ordinal);
        Assert.DoesNotContain("<details", html, StringComparison.Ordinal);
        Assert.InRange(html.Length, 10, 20_000);
    }

    [Fact]
    public async Task InsideAnObjectOfTheReadersOwnATensorIsATableStill()
    {
        var html = (string)(await ShowAsync("new { Tensor = ones(7) }")).Data[MimeTypes.Html]!;
        Assert.Contains("[7] Float32 on cpu", html, StringComparison.Ordinal);
        Assert.Single(html.Split("<details").Skip(1));
    }

    [Theory]
    [InlineData("Figures.LongTail(new FigureText(\"a\", \"b\", \"c\", \"d\"), [3, 2, 1])")]
    [InlineData("Plotly.NET.GenericChart.ofTraceObject(true, new Plotly.NET.Trace(\"scatter\"))")]
    public async Task AFigureHasAllItsForms(string code)
    {
        var bundle = await ShowAsync(code);
        Assert.Equal([MimeTypes.Plotly, MimeTypes.Html, MimeTypes.Text], bundle.Data.Keys);
        Assert.NotNull(bundle.Data[MimeTypes.Plotly]["data"]);
    }

    [Fact]
    public async Task ADisposedTensorIsSaidToBeOne() =>
        Assert.Contains(
            "disposed",
            (string)(await ShowAsync("var gone = ones(2); gone.Dispose(); gone")).Data[MimeTypes.Text]!,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task ProgressIsReplacedInPlaceAndEndsWithASummary()
    {
        var clock = Stopwatch.StartNew();
        var (result, sink) = await session.RunAsync(
            "using (var progress = Show.Progress(\"ranking\"))\n    for (var i = 1; i <= 50; i++) { progress.Report(i / 50.0); await Task.Delay(20); }"
        );
        Assert.True(result.Succeeded, result.Error?.Message);
        Assert.Single(sink.Displays);
        Assert.InRange(sink.Updates.Count, 2, 2 + (int)(clock.Elapsed.TotalSeconds / 0.25)); // of 50 reports, four a second
        Assert.Matches("ranking  done in \\d+ s", (string)sink.Updates[^1].Value.Data[MimeTypes.Text]!);
        Assert.Contains("progressbar", (string)sink.Updates[0].Value.Data[MimeTypes.Html]!, StringComparison.Ordinal);
    }

    private async Task<MimeBundle> ShowAsync(string code)
    {
        var (result, sink) = await session.RunAsync(code);
        Assert.True(result.Succeeded, string.Join('\n', result.Error?.Traceback ?? []));
        return Assert.Single(sink.Results);
    }

    public sealed class OneSession : IDisposable
    {
        internal TestSession Session { get; } = new();

        public void Dispose() => Session.Dispose();
    }
}
