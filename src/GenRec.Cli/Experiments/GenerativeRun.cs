using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A preset of a model that writes semantic ids, as the command line runs it.</summary>
internal sealed class GenerativeRun(GenerativePreset preset) : PresetRun<GenerativePreset>
{
    public override string Name => preset.Name;

    public override string System => preset.Title;

    public override string Dataset => preset.Dataset;

    public override string Scale => preset.Scale;

    public override string Source => preset.Source;

    public override bool CanFinish => true;

    public override IReadOnlyList<string> Files =>
        preset.Ids.PublishedFile is { } published ? [published] : preset.Ids.Files;

    protected override GenerativePreset With(IEnumerable<KeyValuePair<string, string>> values) => preset.With(values);

    protected override IReadOnlyList<string> Run(
        GenerativePreset preset,
        ExperimentRequest request,
        RunFolder folder,
        torch.Device? device,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var result = GenerativeExperiment.Run(
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
        GenerativePreset preset,
        IReadOnlyList<RunFolder> runs,
        string? note
    ) => [GenerativeExperiment.Record(preset, runs, note)];
}
