using BenchmarkDotNet.Attributes;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;

namespace GenRec.Benchmarks.Kernels;

/// <summary>Ranks of 1,024 Beauty users' test items in the whole catalogue, given user and item vectors.</summary>
public class RankingBenchmark : KernelBenchmark
{
    private const int Cases = 1024;
    private NextItemCases cases = null!;
    private NewestItemScorer scorer = null!;

    [Benchmark(Baseline = true, Description = "score all, sort")]
    public double Sorted() => ReferenceRanking.Rank(scorer, cases).Recall10;

    [Benchmark(Description = "blocks, counted ranks")]
    public int Counted() => FullRanking.Evaluate(scorer, cases).Count;

    [Benchmark(Description = "blocks, counted ranks and top 10")]
    public int CountedWithLists() =>
        FullRanking.Evaluate(scorer, cases, options: new RankingOptions { TopK = 10 }).Count;

    [GlobalCleanup]
    public void Cleanup() => scorer.Dispose();

    protected override void Prepare()
    {
        var all = BenchmarkData.Load(BenchmarkData.Beauty, Options).Test;
        var count = Math.Min(Cases, all.Count);
        cases = new NextItemCases(
            all.Users[..count],
            all.Histories.Slice(0, count),
            all.Targets[..count],
            all.ItemCount
        );
        scorer = new NewestItemScorer(cases.ItemCount, width: 50, Options.Seed);
    }
}
