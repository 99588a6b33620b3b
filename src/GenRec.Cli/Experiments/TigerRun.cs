using GenRec.Shared.Experiments;

namespace GenRec.Cli.Experiments;

/// <summary>A TIGER preset as the command line runs it.</summary>
internal sealed class TigerRun(TigerPreset preset) : IExperiment
{
    public string Name => preset.Name;

    public string System => "TIGER";

    public string Dataset => preset.Dataset;

    public string Scale => preset.Scale;

    public string Source => preset.Model.Source;

    public long Seed => 1;

    public bool CanFinish => true;

    public IReadOnlyList<string> Files => preset.Ids.PublishedFile is { } published ? [published] : preset.Ids.Files;

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
            {
                var result = TigerExperiment.Run(
                    preset,
                    request.Seed,
                    folder,
                    device,
                    lines,
                    request.TestClosed,
                    request.Finish,
                    cancel
                );
                return [RequestedRun.Line(request.TestClosed ? "validation" : "test", result)];
            },
            cancel
        );
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        RequestedRun.Records(runs, preset.With, changed => [TigerExperiment.Record(changed, runs, note)]);

    private TigerPreset With(ExperimentRequest request) => RequestedRun.Changed(request, preset.With);
}
