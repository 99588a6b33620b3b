using GenRec.Shared.Experiments;
using GenRec.Shared.Runtime;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A SASRec preset as the command line runs it.</summary>
internal sealed class SasRecRun(SasRecPreset preset) : IExperiment
{
    public string Name => preset.Name;

    public string System => "SASRec";

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
        var device = request.Device is null ? null : DeviceOf(request.Device);
        try
        {
            var (preset, lines) = (With(request), new EpochLines(progress));
            return new ExperimentResult(
                true,
                await Task.Run(
                    () =>
                        request.TestClosed
                            ?
                            [
                                Line(
                                    "validation",
                                    SasRecExperiment.Validate(preset, request.Seed, folder, device, lines, cancel)
                                ),
                            ]
                            : SasRecExperiment
                                .Run(preset, request.Seed, folder, device, lines, cancel)
                                .Select(result => Line(Words(result.Key), result.Value))
                                .ToArray(),
                    CancellationToken.None
                )
            );
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // While it trained (a checkpoint is written first) or while it was measured (the last one is there).
            return new ExperimentResult(false, []);
        }
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        SasRecExperiment.Records(preset, runs, note);

    private static torch.Device DeviceOf(string name)
    {
        try
        {
            return Compute.ChooseDevice(name);
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException)
        {
            throw new UserError(CommandLine.WithoutParameter(wrong));
        }
    }

    private SasRecPreset With(ExperimentRequest request)
    {
        var changed = request.Epochs is { } epochs
            ? preset with
            {
                Training = preset.Training with { Epochs = epochs },
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

    private static string Words(string suffix)
    {
        var protocol = SasRecPreset.Protocols.Single(known => known.Suffix == suffix).Protocol;
        return $"{protocol.Ranking}, filter {protocol.SeenFilter.ToString().ToLowerInvariant()}";
    }

    private static string Line(string measured, SeedResult result) =>
        $"{measured}: {string.Join("  ", result.Metrics.Select(metric => $"{metric.Key} {metric.Value:F4}"))}";
}
