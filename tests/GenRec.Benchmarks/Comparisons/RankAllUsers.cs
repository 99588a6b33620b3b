using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Runtime;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Ranking the catalogue for every user: our blocks with top-k against scoring all and sorting, batch by batch.</summary>
internal sealed class RankAllUsers : IPeerComparison
{
    private const int Width = 50;
    private const int TopK = 10;

    public string Name => "full-ranking";

    public string Unit => "users/s";

    public string EqualWork =>
        $"one test user's target ranked among all items and the {TopK} best named, user and item vectors of width {Width} "
        + "given; a step is all users";

    public double? Goal => 3;

    public string? Unavailable(BenchmarkOptions options) => BenchmarkData.Unavailable(BenchmarkData.Beauty, options);

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var (cases, scorer) = Prepare(options);
        var ranking = new RankingOptions { TopK = TopK };
        return new StepSide(() => FullRanking.Evaluate(scorer, cases, options: ranking).Count, scorer);
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var (cases, scorer) = Prepare(options);
        return new StepSide(
            () =>
            {
                ReferenceRanking.Rank(scorer, cases);
                return cases.Count;
            },
            scorer
        );
    }

    private static (NextItemCases, NewestItemScorer) Prepare(BenchmarkOptions options)
    {
        var cases = BenchmarkData.Load(BenchmarkData.Beauty, options).Test;
        return (cases, new NewestItemScorer(cases.ItemCount, Width, options.Seed));
    }
}
