using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A preset over item sequences as the command line runs it.</summary>
internal sealed class NextItemRun(NextItemPreset preset) : PresetRun<NextItemPreset>
{
    public override string Name => preset.Name;

    public override string System => preset.Title;

    public override string Dataset => preset.Dataset;

    public override string Scale => preset.Scale;

    public override string Source => preset.Source;

    protected override NextItemPreset With(IEnumerable<KeyValuePair<string, string>> values) => preset.With(values);

    protected override IReadOnlyList<string> Run(
        NextItemPreset preset,
        ExperimentRequest request,
        RunFolder folder,
        torch.Device? device,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var lines = new EpochLines(progress);
        return request.TestClosed
            ?
            [
                RequestedRun.Line(
                    "validation",
                    NextItemExperiment.Validate(preset, request.Seed, folder, device, lines, cancel)
                ),
            ]
            :
            [
                .. NextItemExperiment
                    .Run(preset, request.Seed, folder, device, lines, cancel)
                    .Select(result => RequestedRun.Line(Words(result.Key), result.Value)),
            ];
    }

    protected override IReadOnlyList<ResultRecord> Records(
        NextItemPreset preset,
        IReadOnlyList<RunFolder> runs,
        string? note
    ) => NextItemExperiment.Records(preset, runs, note);

    private string Words(string suffix)
    {
        var protocol = preset.Protocols.Single(known => known.Suffix == suffix).Protocol;
        return $"{protocol.Ranking}, filter {protocol.SeenFilter.ToString().ToLowerInvariant()}";
    }
}
