using BenchmarkDotNet.Attributes;
using GenRec.Benchmarks.Harness;
using GenRec.Shared.Decoding;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Kernels;

/// <summary>
/// What a search costs besides the model: four steps over logits that are there already, for ids of 4 x 256 codes. Free search
/// is the baseline; the difference is the constraint.
/// </summary>
public class BeamStepBenchmark : KernelBenchmark
{
    private PrefixTrie trie = null!;
    private Tensor[] logits = null!;

    [Params(12_101, 1_000_000)]
    public int Items { get; set; }

    [Params(1, 32)]
    public int Users { get; set; }

    [Params(10, 50)]
    public int Beams { get; set; }

    [Benchmark(Baseline = true, Description = "free")]
    public long Free() => Search(IdConstraint.None);

    [Benchmark(Description = "the trie's children")]
    public long Constrained() => Search(IdConstraint.Trie);

    [Benchmark(Description = "tokens of the level")]
    public long PerLevel() => Search(IdConstraint.LevelTokens);

    [GlobalCleanup]
    public void Cleanup()
    {
        trie.Dispose();
        foreach (var level in logits)
            level.Dispose();
    }

    protected override void Prepare()
    {
        var codes = BeamWorkload.RandomCodes(Items, Options.Seed);
        trie = PrefixTrie.Build(codes, BeamWorkload.Layout);
        logits = [.. Enumerable.Range(0, codes.Levels).Select(_ => randn(Users, BeamWorkload.Model.Vocabulary))];
    }

    private long Search(IdConstraint constraint)
    {
        using var decoder = new HeadsStepDecoder(logits);
        using var ids = new BeamSearch(trie.All, new BeamOptions { Width = Beams, Constraint = constraint }).Run(
            decoder
        );
        return ids.Generated;
    }
}
