using GenRec.Cli.Experiments;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Cli.Tests.Experiments;

public sealed class RequestedRunTests : IDisposable
{
    private static readonly TigerPreset Preset = TigerPreset.Find("tiger-rqkmeans-smoke-smoke");
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void ARecordIsOfThePresetAsItsRunsChangedIt()
    {
        var run = Run("changed", 7, ("width", "32"), ("training.schedule.$type", "cosine"));
        var record = Assert.Single(RequestedRun.Records([run], Preset.With, changed => [Record(changed)]));
        Assert.Equal(32, record.Parameters); // stands for the changed width, see Record
        Assert.Equal(
            $"genrec experiment run {Preset.Name} --epochs 7 --set training.schedule.$type=cosine --set width=32",
            record.Command
        );
    }

    [Fact]
    public void RunsWithOtherOptionsAreOfAnotherWay()
    {
        Assert.Equal(Preset.Name, RequestedRun.WayOf(Run("plain", null)));
        Assert.NotEqual(
            RequestedRun.WayOf(Run("one", null, ("width", "32"))),
            RequestedRun.WayOf(Run("other", null, ("width", "64")))
        );
    }

    [Fact]
    public void EachSeedHasAPreTrainingOfItsOwn() =>
        Assert.Equal(
            RequestedRun.WayOf(Run("first", null, ("beta", "0.2"), ("Pretrained", "runs/base-1"))),
            RequestedRun.WayOf(Run("second", null, ("beta", "0.2"), ("pretrained", "runs/base-2")))
        );

    private RunFolder Run(string name, int? epochs, params (string Name, string Value)[] values)
    {
        var request = new ExperimentRequest(
            Preset.Name,
            1,
            epochs,
            null,
            values.ToDictionary(value => value.Name, value => value.Value)
        );
        return RunFolder.Create(folder, name, new ExperimentConfig(request, new { }), seed: 1);
    }

    private static ResultRecord Record(TigerPreset preset) =>
        new()
        {
            System = "tiger",
            Variant = preset.Variant,
            Dataset = preset.Dataset,
            Split = "leave-one-out",
            Protocol = RecordedProtocol.Of(EvaluationProtocol.Full),
            Metrics = new Dictionary<string, SeedMean>(),
            Seeds = [1],
            Steps = 1,
            Seconds = 1,
            Parameters = preset.Model.Width,
            Machine = "m",
            Commit = "c",
            Command = $"genrec experiment run {preset.Name}",
        };
}
