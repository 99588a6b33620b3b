using GenRec.Cli.Experiments;
using GenRec.Shared.Experiments;

namespace GenRec.Cli.Tests.Commands;

public sealed class ExperimentCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-experiment-").FullName;
    private readonly Registry registry = new();

    private string RunPath => Path.Combine(folder, "a-run");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task TheListNamesEveryPresetAndItsSource()
    {
        var told = await RunAsync("list");
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("counting-tutorial", told.Out);
        Assert.Contains("ours", told.Out);
    }

    [Fact]
    public async Task AnUnknownPresetSuggestsTheNearestName() =>
        (await RunAsync("run", "countign-tutorial")).FailsWith(
            2,
            "Did you mean 'counting-tutorial'?",
            "experiment list"
        );

    [Fact]
    public async Task AnOptionOutOfRangeIsRefusedBeforeAnythingIsWritten()
    {
        (await RunAsync("run", "counting-tutorial", "--epochs", "0", "--output", RunPath)).FailsWith(2, "--epochs");
        Assert.False(Directory.Exists(RunPath));
    }

    [Fact]
    public async Task ARunPrintsALineAnEpochAndEndsWithItsSummary()
    {
        var told = await RunAsync("run", "counting", "--scale", "tutorial", "--epochs", "3", "--output", RunPath);
        Assert.Equal(0, told.ExitCode);
        Assert.Equal(
            ["epoch 1", "epoch 2", "epoch 3"],
            told.Out.Split('\n').Where(line => line.StartsWith("epoch", StringComparison.Ordinal))
        );
        Assert.Contains("counted to 3", told.Out);
    }

    [Fact]
    public async Task AStoppedRunPrintsTheCommandThatResumesItAndThatCommandFinishesIt()
    {
        using var stop = new CancellationTokenSource();
        registry.Counting.AfterEpoch = epoch =>
        {
            if (epoch == 2)
                stop.Cancel();
        };
        var stopped = await Shell.RunAsync(
            ["experiment", "run", "counting-tutorial", "--epochs", "4", "--output", RunPath],
            registry,
            stop.Token
        );
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains($"genrec experiment resume {RunPath}", stopped.Out);

        var resumed = await RunAsync("resume", RunPath);
        Assert.Equal("", resumed.Error);
        Assert.Equal(0, resumed.ExitCode);
        Assert.DoesNotContain("epoch 2", resumed.Out);
        Assert.Contains("counted to 4", resumed.Out); // --epochs came from the run's own record
    }

    [Fact]
    public async Task AFolderWithoutARunCannotBeResumed() => (await RunAsync("resume", folder)).FailsWith(2, folder);

    private Task<Shell> RunAsync(params string[] arguments) =>
        Shell.RunAsync(["experiment", .. arguments], registry, TestContext.Current.CancellationToken);

    private sealed class Registry : IExperimentRegistry
    {
        public Counting Counting { get; } = new();

        public IReadOnlyList<IExperiment> Experiments => [Counting];
    }

    /// <summary>Counts epochs in a file: enough to see what the command makes of a run.</summary>
    private sealed class Counting : IExperiment
    {
        public Action<int> AfterEpoch { get; set; } = _ => { };

        public string Name => "counting-tutorial";

        public string System => "counting";

        public string Dataset => "numbers";

        public string Scale => "tutorial";

        public string Source => "ours";

        public long Seed => 1;

        public object OptionsOf(ExperimentRequest request) => new { Epochs = request.Epochs ?? 2 };

        public Task<ExperimentResult> RunAsync(
            ExperimentRequest request,
            RunFolder folder,
            IProgress<ExperimentProgress> progress,
            CancellationToken cancel
        )
        {
            var file = Path.Combine(folder.Path, "count");
            var count = File.Exists(file) ? int.Parse(File.ReadAllText(file)) : 0;
            var last = request.Epochs ?? 2;
            while (count < last && !cancel.IsCancellationRequested)
            {
                File.WriteAllText(file, $"{++count}");
                progress.Report(new ExperimentProgress((double)count / last, $"epoch {count}"));
                AfterEpoch(count);
            }
            return Task.FromResult(new ExperimentResult(count == last, [$"counted to {count}"]));
        }
    }
}
