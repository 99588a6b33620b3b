using BenchmarkDotNet.Attributes;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Benchmarks.Kernels;

/// <summary>Dropout of activations <c>[128, 50, 64]</c> and of attention weights <c>[128, 1, 200, 200]</c>.</summary>
public class DropoutBenchmark : KernelBenchmark
{
    private const double Probability = 0.2;
    private Tensor x = null!;
    private DropoutStream stream = null!;

    [Params("128x50x64", "128x1x200x200")]
    public string Shape { get; set; } = "";

    [Benchmark(Baseline = true, Description = "torch's dropout")]
    public void Library() => F.dropout(x, Probability, training: true).Dispose();

    [Benchmark(Description = "counter-based mask")]
    public void Ours() => SeededDropout.Apply(x, Probability, stream).Dispose();

    [GlobalCleanup]
    public void Cleanup() => x.Dispose();

    protected override void Prepare()
    {
        x = randn([.. Shape.Split('x').Select(long.Parse)]);
        stream = new DropoutStream(Options.Seed, step: 0);
    }
}
