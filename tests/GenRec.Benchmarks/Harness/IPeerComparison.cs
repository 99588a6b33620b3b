namespace GenRec.Benchmarks.Harness;

/// <summary>Two programs that do the same work: ours, and the peer it is measured against.</summary>
/// <remarks>
/// A new comparison is one file in <c>Comparisons/</c> and one line in <see cref="Comparisons.PeerRegistry"/>. Each side runs in a
/// process of its own, so that neither profits or suffers from the other's allocator settings, thread pools or heap.
/// </remarks>
internal interface IPeerComparison
{
    /// <summary>Name on the command line and at the start of the result line.</summary>
    string Name { get; }

    /// <summary>What is counted, per second; more is better, for example <c>positions/s</c>.</summary>
    string Unit { get; }

    /// <summary>What makes a unit of one side as much work as a unit of the other.</summary>
    string EqualWork { get; }

    /// <summary>The least ratio that the project asks of itself, or null.</summary>
    double? Goal => null;

    /// <summary>Why the comparison cannot run here and what to do about it, or null where it can.</summary>
    string? Unavailable(BenchmarkOptions options) => null;

    /// <summary>Floating-point operations of the model's matrix products that one unit needs; 0 where none are counted.</summary>
    double FlopsPerUnit(BenchmarkOptions options) => 0;

    /// <summary>What belongs to the result and takes work of its own; asked for once the times are measured. Null: nothing.</summary>
    string? Remark(BenchmarkOptions options) => null;

    /// <summary>Prepares our side; data and weights are ready when it returns.</summary>
    IComparisonSide Ours(BenchmarkOptions options);

    /// <summary>Prepares the peer; data and weights are ready when it returns.</summary>
    IComparisonSide Peer(BenchmarkOptions options);
}

/// <summary>One side of a comparison.</summary>
internal interface IComparisonSide : IDisposable
{
    /// <summary>Does one step and waits until its result is there.</summary>
    /// <returns>Units of work done.</returns>
    double Step();
}

/// <summary>A side made of a function.</summary>
internal sealed class StepSide(Func<double> step, params IDisposable[] owned) : IComparisonSide
{
    public double Step() => step();

    public void Dispose()
    {
        foreach (var one in owned)
            one.Dispose();
    }
}
