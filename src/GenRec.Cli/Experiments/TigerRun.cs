using GenRec.Shared.Experiments;
using GenRec.Shared.Runtime;

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

    public async Task<ExperimentResult> RunAsync(
        ExperimentRequest request,
        RunFolder folder,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var (preset, lines) = (With(request), new EpochLines(progress));
        try
        {
            var device = request.Device is null ? null : Compute.ChooseDevice(request.Device);
            var result = await Task.Run(
                () =>
                    TigerExperiment.Run(
                        preset,
                        request.Seed,
                        folder,
                        device,
                        lines,
                        request.TestClosed,
                        request.Finish,
                        cancel
                    ),
                CancellationToken.None
            );
            var metrics = string.Join("  ", result.Metrics.Select(metric => $"{metric.Key} {metric.Value:F4}"));
            return new ExperimentResult(true, [$"{(request.TestClosed ? "validation" : "test")}: {metrics}"]);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new ExperimentResult(false, []);
        }
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        [TigerExperiment.Record(preset, runs, note)];

    private TigerPreset With(ExperimentRequest request)
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
