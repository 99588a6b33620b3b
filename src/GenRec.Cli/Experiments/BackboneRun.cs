using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A preset of the backbone question as the command line runs it.</summary>
internal sealed class BackboneRun(BackbonePreset preset) : PresetRun<BackbonePreset>
{
    public override string Name => preset.Name;

    public override string System => "Backbone";

    public override string Dataset => preset.Dataset;

    public override string Scale => preset.Scale;

    public override string Source => preset.Model.Source;

    protected override BackbonePreset With(IEnumerable<KeyValuePair<string, string>> values) => preset.With(values);

    protected override IReadOnlyList<string> Run(
        BackbonePreset preset,
        ExperimentRequest request,
        RunFolder folder,
        torch.Device? device,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var result = BackboneExperiment.Run(
            preset,
            request.Seed,
            folder,
            device,
            new EpochLines(progress),
            request.TestClosed,
            cancel
        );
        return [RequestedRun.Line(request.TestClosed ? "validation" : "full ranking of the beams' items", result)];
    }

    protected override IReadOnlyList<ResultRecord> Records(
        BackbonePreset preset,
        IReadOnlyList<RunFolder> runs,
        string? note
    ) => [BackboneExperiment.Record(preset, runs, note)];
}
