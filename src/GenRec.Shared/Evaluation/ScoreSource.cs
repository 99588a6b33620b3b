using GenRec.Shared.Data;
using static TorchSharp.torch;

namespace GenRec.Shared.Evaluation;

/// <summary>Asks a model for scores without gradients and in evaluation mode, and restores its mode at the end.</summary>
internal sealed class ScoreSource : IDisposable
{
    private readonly IFullScorer model;
    private readonly long columns;
    private readonly nn.Module? training;
    private readonly Tensor? items; // [D, N + 1], a view
    private readonly bool lowPrecision;

    public ScoreSource(IFullScorer model, int itemCount, bool lowPrecision)
    {
        (this.model, columns, this.lowPrecision) = (model, itemCount + 1L, lowPrecision);
        training = model is nn.Module { training: true } module ? module : null;
        training?.eval();
        try
        {
            items = model is IDotProductScorer factors ? Items(factors) : null;
        }
        catch
        {
            training?.train();
            throw;
        }
    }

    /// <summary>Scores <c>[B, N + 1]</c> of B histories, in the caller's scope.</summary>
    public Tensor Score(Histories histories)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor scores;
        if (items is not null)
        {
            var users = ((IDotProductScorer)model).UserVectors(histories); // [B, D]
            scores = users.to(items.dtype).matmul(items); // [B, N + 1]
        }
        else
            scores = model.ScoreAll(histories);
        if (scores.dim() != 2 || scores.shape[0] != histories.Count || scores.shape[1] != columns)
            throw new InvalidOperationException(
                $"{model.GetType().Name} gave scores [{string.Join(", ", scores.shape)}], need [{histories.Count}, {columns}]:"
                    + " one row a history and one column an item, padding first."
            );
        return scores.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        items?.Dispose();
        training?.train();
    }

    private Tensor Items(IDotProductScorer factors)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var vectors = factors.ItemVectors(); // [N + 1, D]
        if (vectors.dim() != 2 || vectors.shape[0] != columns)
            throw new InvalidOperationException(
                $"{model.GetType().Name} gave item vectors [{string.Join(", ", vectors.shape)}], need [{columns}, D]:"
                    + " one row an item, padding first."
            );
        var turned = vectors.to(lowPrecision ? ScalarType.BFloat16 : ScalarType.Float32).t(); // [D, N + 1]
        return turned.DetachFromDisposeScope();
    }
}
