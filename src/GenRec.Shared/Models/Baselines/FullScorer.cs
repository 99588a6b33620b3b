using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models.Baselines;

/// <summary>A scorer whose lists are the best of its scores.</summary>
public abstract class FullScorer : RichObject, IFullScorer
{
    /// <inheritdoc/>
    public abstract Tensor ScoreAll(Histories histories);

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var scores = ScoreAll(histories);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, (int)scores.shape[1] - 1);
        scores[.., 0] = float.NegativeInfinity;
        var (values, items) = scores.topk(k);
        return (items.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope());
    }
}
