using GenRec.Shared.Training;

namespace GenRec.Cli.Experiments;

/// <summary>Turns the trainer's events into a moving bar and one line a validation.</summary>
internal sealed class EpochLines(IProgress<ExperimentProgress> progress) : IProgress<TrainingEvent>
{
    private double loss = double.NaN;

    public void Report(TrainingEvent value)
    {
        if (value is LossReported reported)
            loss = reported.Loss;
        var line = value switch
        {
            TrainingStarted { ResumedFrom: { } from } => $"goes on from {Repository.Shown(from)}",
            Validated validated => $"epoch {validated.At.Epoch:F0}  "
                + (double.IsNaN(loss) ? "" : $"loss {loss:F4}  ")
                + string.Join(
                    "  ",
                    validated.Metrics.Where(IsOfWhole).Select(metric => $"{metric.Key} {metric.Value:F4}")
                )
                + (validated.IsBest ? "  best" : ""),
            TrainingNotice notice => notice.Message,
            _ => null,
        };
        progress.Report(new ExperimentProgress((double)value.At.Step / Math.Max(1, value.At.TotalSteps), line));
    }

    // "perplexity-2" is one level's, which the log in the run's folder keeps; a line is to be read.
    private static bool IsOfWhole(KeyValuePair<string, double> metric) =>
        metric.Key is not [.., '-', >= '0' and <= '9'];
}
