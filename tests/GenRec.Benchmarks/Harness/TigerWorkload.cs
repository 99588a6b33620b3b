using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Harness;

/// <summary>What both sides of a TIGER comparison share: windows of Beauty, published ids, fresh weights.</summary>
/// <param name="Split">Beauty, leave-one-out.</param>
/// <param name="Ids">Ids of its items.</param>
internal sealed record TigerWorkload(Split Split, SemanticIdTable Ids)
{
    public const double LearningRate = 1e-3;

    /// <summary>The paper's sizes, batch and history.</summary>
    public static TigerOptions Model { get; } =
        new() { Precision = Precision.BFloat16, Source = "Rajput et al., section 4" };

    public static TigerWorkload Load(BenchmarkOptions options)
    {
        var split = BenchmarkData.Load(BenchmarkData.Beauty, options);
        return new TigerWorkload(split, SemanticIdTable.From(BeamWorkload.CodesOf(split.Train.ItemCount, options)));
    }

    /// <summary>A model with fresh weights, equal on both sides.</summary>
    public Tiger MakeModel(BenchmarkOptions options)
    {
        Compute.Seed(options.Seed);
        return new Tiger(Ids, Model);
    }

    /// <summary>The windows of a step, the same on both sides.</summary>
    public TigerBatcher MakeBatcher(Tiger model, BenchmarkOptions options) =>
        new(Split.Train, model.Tokens, Model, options.Seed);

    /// <summary>A batch as the repositories have it: padded on the right to its longest input.</summary>
    public static (Tensor Ids, Tensor IsReal, Tensor Targets) Pad(TigerBatch batch)
    {
        var longest = batch.Groups.Max(group => group.Length);
        var (ids, isReal) = (new long[batch.Rows * longest], new bool[batch.Rows * longest]);
        var (row, at) = (0, 0);
        foreach (var group in batch.Groups)
            for (var one = 0; one < group.Count; one++, row++, at += group.Length)
            {
                batch.Ids.AsSpan(at, group.Length).CopyTo(ids.AsSpan(row * longest));
                isReal.AsSpan(row * longest, group.Length).Fill(true);
            }
        return (
            tensor(ids).view(batch.Rows, longest),
            tensor(isReal).view(batch.Rows, longest),
            tensor(batch.Targets).view(batch.Rows, batch.Levels)
        );
    }
}
