using GenRec.Shared.Experiments;

namespace GenRec.Cli.Experiments;

/// <summary>A preset over item sequences as the command line runs it.</summary>
internal sealed class NextItemRun(NextItemPreset preset) : IExperiment
{
    public string Name => preset.Name;

    public string System => preset.Title;

    public string Dataset => preset.Dataset;

    public string Scale => preset.Scale;

    public string Source => preset.Source;

    public long Seed => 1;

    public object OptionsOf(ExperimentRequest request) => With(request);

    public Task<ExperimentResult> RunAsync(
        ExperimentRequest request,
        RunFolder folder,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var (preset, device, lines) = (With(request), RequestedRun.DeviceOf(request), new EpochLines(progress));
        return RequestedRun.UnlessStoppedAsync(
            () =>
                request.TestClosed
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
                    ],
            cancel
        );
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        RequestedRun.Records(runs, preset.With, changed => NextItemExperiment.Records(changed, runs, note));

    private NextItemPreset With(ExperimentRequest request) => RequestedRun.Changed(request, preset.With);

    private string Words(string suffix)
    {
        var protocol = preset.Protocols.Single(known => known.Suffix == suffix).Protocol;
        return $"{protocol.Ranking}, filter {protocol.SeenFilter.ToString().ToLowerInvariant()}";
    }
}
