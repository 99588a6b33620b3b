namespace GenRec.Benchmarks.Harness;

/// <summary>What the command line says about every measurement.</summary>
/// <param name="Threads">Threads of one tensor operation.</param>
/// <param name="Synthetic">Measure on small generated data instead of the public sets.</param>
/// <param name="Seed">Seed of weights, batches and generated data.</param>
internal sealed record BenchmarkOptions(int Threads, bool Synthetic, int Seed);

/// <summary>How long a comparison is measured.</summary>
/// <param name="Pairs">Pairs of runs, ours and the peer's, wanted; the order is swapped from pair to pair.</param>
/// <param name="SecondsPerSide">Least length of one run; at least one step is done.</param>
/// <param name="BudgetSeconds">No new pair starts after this time, once three are done.</param>
internal sealed record PairPlan(int Pairs, double SecondsPerSide, double BudgetSeconds);
