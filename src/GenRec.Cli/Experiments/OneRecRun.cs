using GenRec.Shared.Experiments;

namespace GenRec.Cli.Experiments;

/// <summary>A OneRec preset as the command line runs it.</summary>
internal sealed class OneRecRun(OneRecPreset preset) : IExperiment
{
    public string Name => preset.Name;

    public string System => "OneRec";

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
                () => OneRecExperiment.Run(preset, request.Seed, folder, device, lines, request.TestClosed, cancel),
                CancellationToken.None
            );
            return new ExperimentResult(
                true,
                [NextItemRun.Line(request.TestClosed ? "validation" : "under the feed's truth", result)]
            );
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new ExperimentResult(false, []);
        }
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        [OneRecExperiment.Record(preset, runs, note)];

    private OneRecPreset With(ExperimentRequest request)
    {
        try
        {
            var values = new Dictionary<string, string>(
                request.Values ?? new Dictionary<string, string>(),
                StringComparer.OrdinalIgnoreCase
            );
            if (request.Epochs is { } epochs)
                values["epochs"] = $"{epochs}";
            return preset.With(values);
        }
        catch (ArgumentException wrong)
        {
            throw new UserError(CommandLine.WithoutParameter(wrong));
        }
    }
}
