using GenRec.Cli.Experiments;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Cli.Tests.Commands;

public sealed class ExperimentTuneTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-tune-").FullName;
    private readonly Registry registry = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task EveryCombinationRunsOnceWithTheTestCasesClosedAndTheBestIsMarked()
    {
        var told = await TuneAsync("--vary", "width=2,8,4", "--vary", "depth=1,3");
        Assert.Equal("", told.Error);
        Assert.Equal(0, told.ExitCode);
        Assert.Equal(["2x1", "2x3", "8x1", "8x3", "4x1", "4x3"], registry.Trials.Ran);
        Assert.True(registry.Trials.AllClosed);
        var rows = Rows(told);
        Assert.Equal(6, rows.Length);
        Assert.Matches(@"8 +3 +0\.0830.*best", Assert.Single(rows, row => row.Contains("best")));
        Assert.Equal(6, Directory.GetDirectories(folder).Length);
        Assert.Empty(Directory.GetFiles(folder, "metrics.json", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task WhatHasEndedIsNotRunAgain()
    {
        await TuneAsync("--vary", "width=2,4");
        registry.Trials.Ran.Clear();
        var told = await TuneAsync("--vary", "width=4,6");
        Assert.Equal(["6x0"], registry.Trials.Ran);
        Assert.Equal(2, Rows(told).Length);
    }

    [Fact]
    public async Task WhatWasStoppedGoesOnAndTheCommandIsPrinted()
    {
        registry.Trials.StopAt = "4x0";
        var stopped = await TuneAsync("--vary", "width=2,4,6", "--metric", "Recall@10");
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains(
            $"genrec experiment tune trials-smoke --seed 1 --vary width=2,4,6 --metric Recall@10 --output {folder}",
            stopped.Out
        );
        registry.Trials.StopAt = null;
        registry.Trials.Ran.Clear();
        var told = await TuneAsync("--vary", "width=2,4,6", "--metric", "Recall@10");
        Assert.Equal(["4x0", "6x0"], registry.Trials.Ran);
        Assert.Equal(3, Rows(told).Length);
    }

    [Theory]
    [InlineData("name=value", "width")]
    [InlineData("names no value", "width=,")]
    [InlineData("no option", "hight=3")]
    [InlineData("does not fit", "width=wide")]
    public async Task AWrongVariationIsToldBeforeAnythingRuns(string said, string vary)
    {
        (await TuneAsync("--vary", "depth=1,2", "--vary", vary)).FailsWith(2, said);
        Assert.Empty(registry.Trials.Ran);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task AnOptionVariedTwiceIsRefused() =>
        (await TuneAsync("--vary", "width=1", "--vary", "Width=2")).FailsWith(2, "'Width' twice");

    [Fact]
    public async Task AMetricThatIsNotMeasuredIsToldAfterTheFirstTrial()
    {
        (await TuneAsync("--vary", "width=2,4", "--metric", "MRR")).FailsWith(2, "'MRR'", "NDCG@10, Recall@10");
        Assert.Equal(["2x0"], registry.Trials.Ran);
    }

    [Fact]
    public async Task RunsWithTheTestCasesClosedGiveNoRecord()
    {
        var told = await Shell.RunAsync(
            "experiment",
            "tune",
            "sasrec-bce-smoke-smoke",
            "--vary",
            "epochs=1",
            "--output",
            folder
        );
        Assert.Equal(0, told.ExitCode);
        var trial = Assert.Single(Directory.GetDirectories(folder));
        (await Shell.RunAsync("experiment", "record", trial)).FailsWith(2, trial, "left the test cases closed");
        Assert.True(File.Exists(Path.Combine(trial, "validation.json")));
        Assert.Empty(Directory.GetFiles(trial, "metrics*.json"));
    }

    [Theory]
    [InlineData("dropout", "name=value")]
    [InlineData("dropout=2", "Dropout")]
    [InlineData("droput=0.2", "no option 'droput'")]
    [InlineData("epochs=many", "'many'")]
    public async Task AWrongSetIsToldBeforeAnythingIsWritten(string set, string said)
    {
        var path = Path.Combine(folder, "run");
        (await Shell.RunAsync("experiment", "run", "sasrec-bce-smoke-smoke", "--set", set, "--output", path)).FailsWith(
            2,
            said
        );
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task AnOptionSetTwiceIsRefused() =>
        (
            await Shell.RunAsync(
                "experiment",
                "run",
                "sasrec-bce-smoke-smoke",
                "--set",
                "dropout=0.1",
                "--set",
                "Dropout=0.2"
            )
        ).FailsWith(2, "'Dropout' twice");

    [Fact]
    public async Task AnEndedRunCannotBeResumedAndDataThatIsMissingLeavesNoRun()
    {
        await TuneAsync("--vary", "width=2");
        var ended = Assert.Single(Directory.GetDirectories(folder));
        (await RunAsync("resume", ended)).FailsWith(2, "has ended");

        registry.Trials.Fails = new DirectoryNotFoundException("The data set is not here.");
        var path = Path.Combine(folder, "new");
        (await RunAsync("run", "trials-smoke", "--output", path)).FailsWith(2, "not here");
        Assert.False(Directory.Exists(path));
    }

    private static string[] Rows(Shell told) =>
        [.. told.Out.Split('\n').Where(line => line.Contains("0.0") && !line.Contains("validation"))];

    private Task<Shell> TuneAsync(params string[] arguments) =>
        RunAsync(["tune", "trials-smoke", "--output", folder, .. arguments]);

    private Task<Shell> RunAsync(params string[] arguments) =>
        Shell.RunAsync(["experiment", .. arguments], registry, TestContext.Current.CancellationToken);

    private sealed class Registry : IExperimentRegistry
    {
        public Trials Trials { get; } = new();

        public IReadOnlyList<IExperiment> Experiments => [Trials];
    }

    private sealed record Sizes(int Width, int Depth);

    /// <summary>Trains nothing: its validation metric is a function of the setting.</summary>
    private sealed class Trials : IExperiment
    {
        public List<string> Ran { get; } = [];

        public bool AllClosed { get; private set; } = true;

        public string? StopAt { get; set; }

        public Exception? Fails { get; set; }

        public string Name => "trials-smoke";

        public string System => "trials";

        public string Dataset => "numbers";

        public string Scale => "smoke";

        public string Source => "ours";

        public long Seed => 1;

        public object OptionsOf(ExperimentRequest request)
        {
            var sizes = new Sizes(0, 0);
            try
            {
                foreach (var (name, value) in request.Values ?? new Dictionary<string, string>())
                    sizes = OptionText.With(sizes, name, value);
            }
            catch (ArgumentException wrong)
            {
                throw new UserError(wrong.Message);
            }
            return sizes;
        }

        public Task<ExperimentResult> RunAsync(
            ExperimentRequest request,
            RunFolder folder,
            IProgress<ExperimentProgress> progress,
            CancellationToken cancel
        )
        {
            if (Fails is not null)
                throw Fails;
            var sizes = (Sizes)OptionsOf(request);
            var setting = $"{sizes.Width}x{sizes.Depth}";
            Ran.Add(setting);
            AllClosed &= request.TestClosed;
            Directory.CreateDirectory(folder.CheckpointFolder);
            if (setting == StopAt)
                return Task.FromResult(new ExperimentResult(false, []));
            var ndcg = sizes.Width / 100.0 + sizes.Depth / 1000.0;
            folder.CompleteUntested(
                new SeedResult(
                    request.Seed,
                    new Dictionary<string, double> { ["NDCG@10"] = ndcg, ["Recall@10"] = 1 - ndcg },
                    10,
                    1
                )
            );
            return Task.FromResult(new ExperimentResult(true, ["validation done"]));
        }
    }
}
