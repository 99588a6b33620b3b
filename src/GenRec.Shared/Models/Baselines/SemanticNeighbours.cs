using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using static TorchSharp.torch;

namespace GenRec.Shared.Models.Baselines;

/// <summary>Offers what reads like the items chosen last: cosine of content vectors. TIGER's Semantic-KNN, for new items above all.</summary>
/// <remarks>The paper does not say whose neighbours are taken; here it is the mean direction of the newest items.</remarks>
public sealed class SemanticNeighbours : FullScorer, IDisposable
{
    private readonly Tensor vectors; // [N + 1, D], unit length; row 0 is padding
    private readonly int newest;

    /// <summary>Takes one vector an item.</summary>
    /// <param name="vectors">Row i belongs to item i + 1.</param>
    /// <param name="newest">Items of a history that are read, at least 1.</param>
    public SemanticNeighbours(EmbeddingMatrix vectors, int newest = 3)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentOutOfRangeException.ThrowIfLessThan(newest, 1);
        using var scope = NewDisposeScope();
        var items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        var length = items.square().sum(1L, keepdim: true).sqrt_().clamp_min_(1e-12);
        this.vectors = cat([zeros(1, vectors.Columns), items / length]).DetachFromDisposeScope();
        this.newest = newest;
    }

    /// <inheritdoc/>
    public override Tensor ScoreAll(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        using var scope = NewDisposeScope();
        var read = new long[histories.Count * newest];
        for (var row = 0; row < histories.Count; row++)
        {
            var items = histories[row];
            for (var at = 0; at < Math.Min(newest, items.Length); at++)
                read[row * newest + at] = items[^(at + 1)];
        }
        var mean = vectors.index_select(0, tensor(read)).view(histories.Count, newest, -1).mean([1]); // [B, D]
        return mean.mm(vectors.t()).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the vectors.</summary>
    public void Dispose() => vectors.Dispose();
}
