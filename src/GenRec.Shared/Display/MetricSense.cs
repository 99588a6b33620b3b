namespace GenRec.Shared.Display;

/// <summary>Which of two values of a metric is the better one.</summary>
public enum MetricSense
{
    /// <summary>Neither: a starting point.</summary>
    None,

    /// <summary>The larger: hit rates, utility, log-likelihood.</summary>
    Larger,

    /// <summary>The smaller: losses, errors, seconds, collisions, repeats.</summary>
    Smaller,
}

/// <summary>Reads the sense of a metric from its name, as the project names metrics.</summary>
public static class MetricSenses
{
    private static readonly string[] smaller = ["loss", "error", "seconds", "collision", "repeat", "illegal", "exit"];

    /// <summary>The sense of a metric.</summary>
    /// <param name="metric"><c>"NDCG@10"</c>, <c>"nextTokenLoss"</c>, <c>"collision-rate"</c>.</param>
    /// <returns>
    /// <see cref="MetricSense.None"/> for what was measured before the thing to be compared happened (<c>"rewardBefore"</c>).
    /// </returns>
    public static MetricSense Of(string metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        if (metric.EndsWith("Before", StringComparison.Ordinal) || metric.EndsWith("-before", StringComparison.Ordinal))
            return MetricSense.None;
        return smaller.Any(part => metric.Contains(part, StringComparison.OrdinalIgnoreCase))
            ? MetricSense.Smaller
            : MetricSense.Larger;
    }
}
