using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A OneRec preset as the command line runs it.</summary>
internal sealed class OneRecRun(OneRecPreset preset) : PresetRun<OneRecPreset>
{
    public override string Name => preset.Name;

    public override string System => "OneRec";

    public override string Dataset => preset.Dataset;

    public override string Scale => preset.Scale;

    public override string Source => preset.Model.Source;

    protected override OneRecPreset With(IEnumerable<KeyValuePair<string, string>> values) => preset.With(values);

    protected override IReadOnlyList<string> Run(
        OneRecPreset preset,
        ExperimentRequest request,
        RunFolder folder,
        torch.Device? device,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var lines = new EpochLines(progress);
        var result = OneRecExperiment.Run(preset, request.Seed, folder, device, lines, request.TestClosed, cancel);
        return [RequestedRun.Line(request.TestClosed ? "validation" : "under the feed's truth", result)];
    }

    protected override IReadOnlyList<ResultRecord> Records(
        OneRecPreset preset,
        IReadOnlyList<RunFolder> runs,
        string? note
    ) => [OneRecExperiment.Record(preset, runs, note)];
}
