using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A TIGER preset as the command line runs it.</summary>
internal sealed class TigerRun(TigerPreset preset) : PresetRun<TigerPreset>
{
    public override string Name => preset.Name;

    public override string System => "TIGER";

    public override string Dataset => preset.Dataset;

    public override string Scale => preset.Scale;

    public override string Source => preset.Model.Source;

    public override bool CanFinish => true;

    public override IReadOnlyList<string> Files =>
        preset.Ids.PublishedFile is { } published ? [published] : preset.Ids.Files;

    protected override TigerPreset With(IEnumerable<KeyValuePair<string, string>> values) => preset.With(values);

    protected override IReadOnlyList<string> Run(
        TigerPreset preset,
        ExperimentRequest request,
        RunFolder folder,
        torch.Device? device,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var result = TigerExperiment.Run(
            preset,
            request.Seed,
            folder,
            device,
            new EpochLines(progress),
            request.TestClosed,
            request.Finish,
            cancel
        );
        return [RequestedRun.Line(request.TestClosed ? "validation" : "test", result)];
    }

    protected override IReadOnlyList<ResultRecord> Records(
        TigerPreset preset,
        IReadOnlyList<RunFolder> runs,
        string? note
    ) => [TigerExperiment.Record(preset, runs, note)];
}
