using GenRec.Shared.Experiments;
using GenRec.Shared.Runtime;
using TorchSharp;

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

    public async Task<ExperimentResult> RunAsync(
        ExperimentRequest request,
        RunFolder folder,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var device = DeviceOf(request);
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
                                    NextItemExperiment.Validate(preset, request.Seed, folder, device, lines, cancel)
                                ),
                            ]
                            : NextItemExperiment
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
        NextItemExperiment.Records(preset, runs, note);

    /// <summary>The device that was asked for; null where none was.</summary>
    internal static torch.Device? DeviceOf(ExperimentRequest request)
    {
        try
        {
            return request.Device is null ? null : Compute.ChooseDevice(request.Device);
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException)
        {
            throw new UserError(CommandLine.WithoutParameter(wrong));
        }
    }

    private NextItemPreset With(ExperimentRequest request)
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

    private string Words(string suffix)
    {
        var protocol = preset.Protocols.Single(known => known.Suffix == suffix).Protocol;
        return $"{protocol.Ranking}, filter {protocol.SeenFilter.ToString().ToLowerInvariant()}";
    }

    internal static string Line(string measured, SeedResult result) =>
        $"{measured}: {string.Join("  ", result.Metrics.Select(metric => $"{metric.Key} {metric.Value:F4}"))}";
}
