using GenRec.Shared.Display;

namespace GenRec.Shared.Alignment;

/// <summary>How predictions are put into bins.</summary>
public enum CalibrationBinning
{
    /// <summary>Bins of equally many predictions, by rank.</summary>
    EqualCount,

    /// <summary>Bins of equal width over <c>[0, 1]</c>, as in Guo et al.; empty ones are left out.</summary>
    EqualWidth,
}

/// <summary>One bin of a reliability table.</summary>
/// <param name="Count">Predictions in it, at least 1.</param>
/// <param name="Low">Least prediction.</param>
/// <param name="High">Largest prediction.</param>
/// <param name="Predicted">Mean prediction.</param>
/// <param name="Observed">Mean label.</param>
/// <param name="StandardError">Of the mean label.</param>
public sealed record CalibrationBin(
    int Count,
    double Low,
    double High,
    double Predicted,
    double Observed,
    double StandardError
) : RichRecord;

/// <summary>Whether predictions mean what they say: among sessions predicted at 0.3, is the label 0.3 on average?</summary>
/// <remarks>
/// Expected calibration error of Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, arXiv:1706.04599, Eq. (3):
/// the mean over bins of |mean prediction - mean label|, weighed by count. Labels may be fractions; then it says the same of their
/// means. It depends on the bins, which are therefore part of the value, and its expectation is above 0 even for a perfect
/// predictor: a bin of n labels is off by about its standard error.
/// </remarks>
/// <param name="Binning">How bins were made.</param>
/// <param name="Bins">The table, from small predictions to large ones.</param>
/// <param name="Error">Expected calibration error, <c>[0, 1]</c>.</param>
/// <param name="Bias">Mean prediction less mean label.</param>
/// <param name="LogLikelihood">Mean of <c>y log p + (1 - y) log(1 - p)</c>.</param>
/// <param name="Baseline">The same for a predictor that knows the mean label alone; what is above it was learned.</param>
/// <param name="Auc">
/// Chance that of two sessions with different labels the one with the larger label has the larger prediction, ties counted half; for
/// fractional labels each session's label is cut at their mean. NaN where all labels are alike.
/// </param>
public sealed record Calibration(
    CalibrationBinning Binning,
    IReadOnlyList<CalibrationBin> Bins,
    double Error,
    double Bias,
    double LogLikelihood,
    double Baseline,
    double Auc
) : RichRecord
{
    /// <summary>Measures predictions against labels.</summary>
    /// <param name="predicted">In <c>[0, 1]</c>, <c>[R]</c>.</param>
    /// <param name="labels">In <c>[0, 1]</c>, <c>[R]</c>.</param>
    /// <param name="bins">At least 1; 10 by default.</param>
    /// <param name="binning">How bins are made.</param>
    /// <exception cref="ArgumentException">Lengths differ, there is nothing, or a value lies outside <c>[0, 1]</c>.</exception>
    public static Calibration Of(
        ReadOnlySpan<float> predicted,
        ReadOnlySpan<float> labels,
        int bins = 10,
        CalibrationBinning binning = CalibrationBinning.EqualCount
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (predicted.Length != labels.Length || labels.Length == 0)
            throw new ArgumentException(
                $"{predicted.Length} predictions and {labels.Length} labels; need as many, and some."
            );
        for (var at = 0; at < labels.Length; at++)
            if (predicted[at] is not (>= 0 and <= 1) || labels[at] is not (>= 0 and <= 1))
                throw new ArgumentException(
                    $"Session {at} has prediction {predicted[at]} and label {labels[at]}; both lie in [0, 1]."
                );
        var (p, y) = (predicted.ToArray(), labels.ToArray());
        Array.Sort(p, y);
        var edges = EdgesOf(p, bins, binning);
        var found = new List<CalibrationBin>();
        for (var bin = 0; bin < bins; bin++)
            if (edges[bin + 1] > edges[bin])
                found.Add(BinOf(p.AsSpan(edges[bin]..edges[bin + 1]), y.AsSpan(edges[bin]..edges[bin + 1])));
        var mean = y.Average(one => (double)one);
        var error = found.Sum(bin => bin.Count * Math.Abs(bin.Predicted - bin.Observed)) / y.Length;
        return new Calibration(
            binning,
            found,
            error,
            p.Average(one => (double)one) - mean,
            LogLikelihoodOf(p, y),
            mean is 0 or 1 ? 0 : mean * Math.Log(mean) + (1 - mean) * Math.Log(1 - mean),
            AucOf(p, y, mean)
        );
    }

    /// <inheritdoc/>
    protected override Table AsTable() =>
        Table
            .Of(
                Bins,
                (new("sessions", "N0"), bin => bin.Count),
                (new("from", "F3"), bin => bin.Low),
                (new("to", "F3"), bin => bin.High),
                (new("predicted", "F4"), bin => bin.Predicted),
                (new("observed", "F4"), bin => bin.Observed),
                (new("standard error", "F4"), bin => bin.StandardError)
            )
            .Titled($"Reliability: expected calibration error {Error:F4} over {Bins.Count} bins of {Words(Binning)}");

    private static string Words(CalibrationBinning binning) =>
        binning == CalibrationBinning.EqualCount ? "equal count" : "equal width";

    private static int[] EdgesOf(float[] sorted, int bins, CalibrationBinning binning)
    {
        var edges = new int[bins + 1];
        for (var bin = 1; bin < bins; bin++)
            if (binning == CalibrationBinning.EqualCount)
                edges[bin] = (int)((long)bin * sorted.Length / bins);
            else
                edges[bin] = sorted.Count(p => p < (double)bin / bins);
        edges[bins] = sorted.Length;
        return edges;
    }

    private static CalibrationBin BinOf(ReadOnlySpan<float> p, ReadOnlySpan<float> y)
    {
        var (predicted, observed, squares) = (0.0, 0.0, 0.0);
        for (var at = 0; at < p.Length; at++)
            (predicted, observed) = (predicted + p[at], observed + y[at]);
        (predicted, observed) = (predicted / p.Length, observed / p.Length);
        foreach (var label in y)
            squares += (label - observed) * (label - observed);
        return new(
            p.Length,
            p[0],
            p[^1],
            predicted,
            observed,
            Math.Sqrt(squares / p.Length / Math.Max(1, p.Length - 1))
        );
    }

    private static double LogLikelihoodOf(float[] p, float[] y)
    {
        var sum = 0.0;
        for (var at = 0; at < p.Length; at++)
        {
            var likely = Math.Clamp(p[at], 1e-7, 1 - 1e-7);
            sum += y[at] * Math.Log(likely) + (1 - y[at]) * Math.Log(1 - likely);
        }
        return sum / p.Length;
    }

    // Mann and Whitney's statistic over sorted predictions; equal predictions share their mean rank.
    private static double AucOf(float[] p, float[] y, double cut)
    {
        var (ranks, positives) = (0.0, 0L);
        for (var from = 0; from < p.Length; )
        {
            var end = from;
            while (end < p.Length && p[end] == p[from])
                end++;
            for (var at = from; at < end; at++)
                if (y[at] > cut)
                    (ranks, positives) = (ranks + (from + end + 1) / 2.0, positives + 1);
            from = end;
        }
        var negatives = p.Length - positives;
        return positives == 0 || negatives == 0
            ? double.NaN
            : (ranks - positives * (positives + 1) / 2.0) / ((double)positives * negatives);
    }
}
