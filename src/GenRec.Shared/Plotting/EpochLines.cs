using GenRec.Shared.Training;

namespace GenRec.Shared.Plotting;

/// <summary>One plain line an epoch, for terminals and logs.</summary>
/// <remarks>The loss at the end of an epoch is held back until it is known whether a validation belongs to it.</remarks>
internal sealed class EpochLines
{
    private long written;
    private string? held;

    /// <summary>The line that an event completes, or null.</summary>
    /// <param name="value">The event.</param>
    /// <param name="metric">The validation metric to name.</param>
    public string? Next(TrainingEvent value, string metric)
    {
        var epoch = Whole(value.At.Epoch);
        switch (value)
        {
            case LossReported report:
                var before = Rest();
                if (epoch > written)
                    (held, written) = (Line(report), epoch);
                return before;
            case Validated validated when validated.Metrics.TryGetValue(metric, out var result):
                var line =
                    (held ?? Place(value.At)) + Text($"  {metric} {result:F4}") + (validated.IsBest ? "  best" : "");
                (held, written) = (null, Math.Max(written, epoch));
                return line;
            case TrainingNotice notice:
                return notice.Message;
            default:
                return null;
        }
    }

    /// <summary>The line still held back, or null.</summary>
    public string? Rest()
    {
        var line = held;
        held = null;
        return line;
    }

    /// <summary>Which epoch a position is in, counted from 1, and of how many.</summary>
    public static string Place(TrainingPosition at)
    {
        var all = at.Step > 0 ? Math.Round(at.Epoch * at.TotalSteps / at.Step) : 0;
        var current = Math.Min(Math.Max(1, all), Math.Max(1, Math.Ceiling(at.Epoch - 1e-9)));
        return all > 0 ? Text($"epoch {current:F0} of {all:F0}") : Text($"epoch {current:F0}");
    }

    private static string Line(LossReported report) =>
        Place(report.At) + Text($"  loss {report.Loss:F4}  {report.SamplesPerSecond:N0} samples/s");

    private static long Whole(double epoch) => (long)Math.Floor(epoch + 1e-9);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
