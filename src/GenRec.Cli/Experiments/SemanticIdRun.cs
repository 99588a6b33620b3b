using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;

namespace GenRec.Cli.Experiments;

/// <summary>A semantic id preset as the command line runs it.</summary>
internal sealed class SemanticIdRun(SemanticIdPreset preset) : IExperiment
{
    public string Name => preset.Name;

    public string System => "Semantic ids";

    public string Dataset => preset.Dataset;

    public string Scale => preset.Scale;

    public string Source => preset.Source;

    public long Seed => 1;

    public IReadOnlyList<string> Files => preset.Files;

    public object OptionsOf(ExperimentRequest request) => With(request);

    public async Task<ExperimentResult> RunAsync(
        ExperimentRequest request,
        RunFolder folder,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var device = RequestedRun.DeviceOf(request);
        try
        {
            var (preset, lines) = (With(request), new FitLines(progress));
            var (_, report) = await Task.Run(
                () => SemanticIdExperiment.Run(preset, request.Seed, folder, device, lines, request.TestClosed, cancel),
                CancellationToken.None
            );
            return new ExperimentResult(true, report.ToText().Split('\n'));
        }
        catch (TrainingInterruptedException stopped)
        {
            return new ExperimentResult(false, [stopped.Message]);
        }
        catch (OperationCanceledException)
        {
            return new ExperimentResult(false, ["Stopped; this quantiser begins anew next time."]);
        }
    }

    public IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        RequestedRun.Records(runs, preset.With, changed => [SemanticIdExperiment.Record(changed, runs, note)]);

    private SemanticIdPreset With(ExperimentRequest request) => RequestedRun.Changed(request, preset.With);

    /// <summary>Passes a trainer's events on, and prints what other quantisers say.</summary>
    private sealed class FitLines(IProgress<ExperimentProgress> progress) : IProgress<FitProgress>
    {
        private readonly EpochLines epochs = new(progress);

        public void Report(FitProgress value)
        {
            if (value.Training is { } happened)
                epochs.Report(happened);
            else
                progress.Report(new ExperimentProgress(value.Done, value.Line));
        }
    }
}
