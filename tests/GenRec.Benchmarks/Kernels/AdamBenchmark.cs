using BenchmarkDotNet.Attributes;
using GenRec.Shared.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Kernels;

/// <summary>One Adam update of an item table <c>[12,102, 64]</c> and 40 small tensors.</summary>
public class AdamBenchmark : KernelBenchmark
{
    private readonly List<Parameter> weights = [];
    private Adam library = null!;
    private FusedAdam fused = null!;

    [Benchmark(Baseline = true, Description = "TorchSharp's Adam")]
    public void Library()
    {
        using var scope = NewDisposeScope();
        library.step();
    }

    [Benchmark(Description = "fused Adam")]
    public void Fused() => fused.Step(learningRate: 1e-3);

    [GlobalCleanup]
    public void Cleanup()
    {
        library.Dispose();
        fused.Dispose();
        weights.ForEach(weight => weight.Dispose());
    }

    protected override void Prepare()
    {
        weights.Add(new Parameter(randn(12_102, 64)));
        for (var i = 0; i < 20; i++)
            weights.AddRange([new Parameter(randn(64, 64)), new Parameter(randn(64))]);
        foreach (var weight in weights)
            weight.grad = randn_like(weight) * 0.01;
        library = optim.Adam(weights, lr: 1e-3);
        var named = weights.Select((weight, i) => ($"weight{i}", weight));
        fused = new FusedAdam([new ParameterGroup("all", [.. named])]);
    }
}
