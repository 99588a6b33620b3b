using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Evaluation;

/// <summary>A mean with an interval.</summary>
/// <param name="Mean">Mean of the values themselves.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Confidence">Share of samples inside, for example 0.95.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct MeanInterval(double Mean, double Low, double High, double Confidence) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();
}

/// <summary>Confidence intervals of a mean over cases by drawing the cases anew.</summary>
/// <remarks>
/// Percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3). It tells how far
/// another draw of users would move the number; how far another seed would, only further training runs tell.
/// </remarks>
public static class Bootstrap
{
    /// <summary>Interval of the mean of per-case values.</summary>
    /// <param name="values">One value a case, cases independent of each other; at least one.</param>
    /// <param name="confidence">Within <c>(0, 1)</c>.</param>
    /// <param name="samples">Draws; the ends settle at about a thousand.</param>
    /// <param name="seed">The same seed gives the same interval, on any number of threads.</param>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static MeanInterval Mean(double[] values, double confidence = 0.95, int samples = 1000, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length == 0)
            throw new ArgumentException("There are no cases to draw from.", nameof(values));
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        if (!(confidence > 0 && confidence < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "The confidence lies within (0, 1).");
        var random = new CounterRandom(seed).Fork("bootstrap");
        var means = new double[samples];
        Parallel.For(0, samples, sample => means[sample] = SampleMean(values, random, sample));
        Array.Sort(means);
        var tail = (1 - confidence) / 2;
        return new MeanInterval(values.Average(), Quantile(means, tail), Quantile(means, 1 - tail), confidence);
    }

    private static double SampleMean(double[] values, CounterRandom random, int sample)
    {
        var (sum, n) = (0.0, (ulong)values.Length);
        for (var i = 0; i < values.Length; i += 4)
        {
            var draw = random.At((ulong)sample, (ulong)i); // four indices of 32 bits: a bias below n / 2^32
            var words = (draw.UInt64, draw.Second);
            sum += values[(int)((uint)words.UInt64 * n >> 32)];
            if (i + 1 < values.Length)
                sum += values[(int)((words.UInt64 >> 32) * n >> 32)];
            if (i + 2 < values.Length)
                sum += values[(int)((uint)words.Second * n >> 32)];
            if (i + 3 < values.Length)
                sum += values[(int)((words.Second >> 32) * n >> 32)];
        }
        return sum / values.Length;
    }

    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var (below, rest) = ((int)place, place - Math.Floor(place));
        return rest == 0 ? sorted[below] : sorted[below] * (1 - rest) + sorted[below + 1] * rest;
    }
}
