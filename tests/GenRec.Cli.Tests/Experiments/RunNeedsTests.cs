using GenRec.Cli.Experiments;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Cli.Tests.Experiments;

public class RunNeedsTests
{
    private static readonly ResultRecord Record = new()
    {
        System = "preset",
        Variant = "v",
        Dataset = "numbers",
        Split = "leave-one-out",
        Protocol = RecordedProtocol.Of(EvaluationProtocol.Full),
        Metrics = new Dictionary<string, SeedMean>(),
        Seeds = [1],
        Steps = 1,
        Seconds = 452,
        Parameters = 1,
        Machine = "a small machine",
        Commit = "c",
        Command = "genrec experiment run preset-paper --seed 1",
    };

    [Fact]
    public void ALongRunIsToldWhatItUsesAndHowLongItTookBefore()
    {
        var told = RunNeeds.Check(new Preset("paper"), Request("cpu"), Path.GetTempPath(), [Record]);
        Assert.Equal(3, told.Count);
        Assert.Matches(
            @"^needs: data numbers; device cpu; \d+\.\d GiB of memory and \d+ GiB of disk are free$",
            told[0]
        );
        Assert.Equal("recorded before: 7.5 minutes a seed on a small machine", told[1]);
        Assert.Empty(RunNeeds.Check(new Preset("smoke"), Request("cpu"), Path.GetTempPath(), [Record]));
    }

    [Fact]
    public void ALongRunOnTheEmbeddedFeedIsToldItsMemoryToo()
    {
        var told = RunNeeds.Check(
            new AlignmentRun(AlignmentPreset.Find("onerec-ipa-feed-longer")),
            Request("cpu"),
            Path.GetTempPath(),
            []
        );
        Assert.Contains(told, line => line.StartsWith("memory: up to ", StringComparison.Ordinal));
    }

    [Fact]
    public void ARunSaysTheMemoryItNeedsIsWarnedNearItAndRefusedFarUnderIt()
    {
        var set = PublicDatasets.Find("amazon14-beauty")!;
        var preset = TigerPreset.Find("tiger-rqvae-amazon14-beauty-paper");
        var (need, data) = (MemoryEstimate.Of(preset, set.Items, set.Interactions)!, (set.Items, set.Interactions));
        Assert.Matches(
            @"^memory: up to \d\.\d GiB of memory \(weights and optimizer 0\.\d\d, a training step \d\.\d\d\)$",
            Assert.Single(RunNeeds.Memory(preset, data, "cpu", need.OnCpu))
        );
        Assert.EndsWith(
            "should it fail, take a smaller batch",
            Assert.Single(RunNeeds.Memory(preset, data, "cuda:0", need.OnDevice - 1)),
            StringComparison.Ordinal
        );
        var error = Assert.Throws<UserError>(() =>
            RunNeeds.Memory(preset, data, "cuda:0", need.OnDevice / 2 - 1).ToArray()
        );
        Assert.Contains("GiB of GPU memory, and", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsNotThereIsNamedBeforeTheRun()
    {
        var preset = new Preset("smoke") { Files = ["vectors.npy"] };
        var error = Assert.Throws<DirectoryNotFoundException>(() => RunNeeds.Check(preset, Request("cpu"), ".", []));
        Assert.Contains("'numbers' was not found", error.Message);
    }

    [Fact]
    public void ADeviceThatIsNotThereIsRefused() =>
        Assert.Contains(
            "'cuda:99' was asked for",
            Assert.Throws<UserError>(() => RunNeeds.Check(new Preset("smoke"), Request("cuda:99"), ".", [])).Message
        );

    [Theory]
    [InlineData(45, "45 s")]
    [InlineData(450, "7.5 minutes")]
    [InlineData(8280, "2.3 hours")]
    public void TimesAreToldAsAPersonSaysThem(double seconds, string words) =>
        Assert.Equal(words, Duration.Words(seconds));

    private static ExperimentRequest Request(string device) => new("preset-paper", 1, null, device);

    private sealed class Preset(string scale) : IExperiment
    {
        public string Name => "preset-paper";

        public string System => "preset";

        public string Dataset => "numbers";

        public string Scale => scale;

        public string Source => "ours";

        public long Seed => 1;

        public IReadOnlyList<string> Files { get; init; } = [];

        public object OptionsOf(ExperimentRequest request) => new { };

        public Task<ExperimentResult> RunAsync(
            ExperimentRequest request,
            RunFolder folder,
            IProgress<ExperimentProgress> progress,
            CancellationToken cancel
        ) => throw new InvalidOperationException("It is only looked at.");
    }
}
