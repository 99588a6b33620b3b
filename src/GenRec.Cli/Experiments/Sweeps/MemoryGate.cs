namespace GenRec.Cli.Experiments.Sweeps;

/// <summary>Whether the memory carries one run more.</summary>
internal static class MemoryGate
{
    // The next run may need a little more than those before it, and the system wants its share.
    private const double Reserve = 1.2;

    /// <summary>True where the next run fits beside those that are running, each grown to the highest use seen so far.</summary>
    /// <param name="available">Memory that is free now, in bytes.</param>
    /// <param name="running">What each running one uses now.</param>
    /// <param name="peak">The highest use of one run so far; 0 where none was seen.</param>
    public static bool MayStart(long available, IReadOnlyList<long> running, long peak)
    {
        if (running.Count == 0)
            return true; // one always runs: whether it fits at all, only trying tells
        var toGrow = running.Sum(use => Math.Max(0, peak - use));
        return peak > 0 && available - toGrow >= Reserve * peak;
    }
}
