using BenchmarkDotNet.Attributes;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Kernels;

/// <summary>A training batch of 128 Beauty users, newest 50 items, one negative a position.</summary>
public class BatchBenchmark : KernelBenchmark
{
    private IComparisonSide library = null!;
    private IComparisonSide prefetched = null!;
    private NextItemBatcher batcher = null!;
    private long step;

    [Benchmark(Baseline = true, Description = "TorchSharp's DataLoader")]
    public double Library() => library.Step();

    [Benchmark(Description = "made ahead, as tensors")]
    public double Prefetched() => prefetched.Step();

    [Benchmark(Description = "filled arrays")]
    public int Filled() => batcher.At(step++).Rows;

    [GlobalCleanup]
    public void Cleanup()
    {
        library.Dispose();
        prefetched.Dispose();
    }

    protected override void Prepare()
    {
        var comparison = new Batching();
        (library, prefetched) = (comparison.Peer(Options), comparison.Ours(Options));
        batcher = new NextItemBatcher(
            BenchmarkData.Load(BenchmarkData.Beauty, Options).Train,
            Batching.Wanted(Options)
        );
    }
}
