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

    public async Task<ExperimentResult> RunAsync(
        ExperimentRequest request,
        RunFolder folder,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var device = NextItemRun.DeviceOf(request);
        try
        {
            var (preset, lines) = (With(request), new EpochLines(progress));
            var result = await Task.Run(
                () => BackboneExperiment.Run(preset, request.Seed, folder, device, lines, request.TestClosed, cancel),
                CancellationToken.None
            );
            return new ExperimentResult(
                true,
                [NextItemRun.Line(request.TestClosed ? "validation" : "full ranking of the beams' items", result)]
            );
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new ExperimentResult(false, []);
        }
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        [BackboneExperiment.Record(preset, runs, note)];

    private BackbonePreset With(ExperimentRequest request)
    {
        var changed = request.Epochs is { } epochs
            ? preset with
            {
                Training = preset.Training with { Epochs = epochs, Steps = null },
            }
            : preset;
        try
        {
            return changed.With(request.Values ?? new Dictionary<string, string>());
        }
        catch (ArgumentException wrong)
        {
            throw new UserError(CommandLine.WithoutParameter(wrong));
        }
    }
}
