using GenRec.Shared.Experiments;

namespace GenRec.Cli.Experiments;

/// <summary>A preset of the backbone question as the command line runs it.</summary>
internal sealed class BackboneRun(BackbonePreset preset) : IExperiment
{
    public string Name => preset.Name;

    public string System => "Backbone";

    public string Dataset => preset.Dataset;

    public string Scale => preset.Scale;

    public string Source => preset.Model.Source;

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
            {
                var result = BackboneExperiment.Run(
                    preset,
                    request.Seed,
                    folder,
                    device,
                    lines,
                    request.TestClosed,
                    cancel
                );
                return
                [
                    RequestedRun.Line(request.TestClosed ? "validation" : "full ranking of the beams' items", result),
                ];
            },
            cancel
        );
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        RequestedRun.Records(runs, preset.With, changed => [BackboneExperiment.Record(changed, runs, note)]);

    private BackbonePreset With(ExperimentRequest request) => RequestedRun.Changed(request, preset.With);
}
