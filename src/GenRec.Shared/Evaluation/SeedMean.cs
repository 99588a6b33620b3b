using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>A metric over several seeds.</summary>
/// <param name="Mean">Mean over the seeds.</param>
/// <param name="StandardError">
/// Standard deviation over the seeds (with n - 1) over the root of their number; null for one seed, which says nothing
/// about the spread.
/// </param>
public sealed record SeedMean(double Mean, double? StandardError) : RichRecord
{
    /// <summary>Summarises one value a seed.</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static SeedMean Of(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            throw new ArgumentException("There are no seeds to average over.", nameof(values));
        var mean = values.Average();
        if (values.Count == 1)
            return new SeedMean(mean, null);
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return new SeedMean(mean, Math.Sqrt(variance / values.Count));
    }
}
