using GenRec.Shared.Data;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Scores items whose codes are predicted all at once: the mean of table look-ups, one a level.</summary>
/// <remarks>
/// RPG, Hou et al., KDD 2025, arXiv:2506.05781: codes of an item are independent given the user, so an item's score is the mean
/// of its codes' log-probabilities, and ranking the whole catalogue exactly takes N times m look-ups.
/// </remarks>
public sealed class ParallelItemScorer : RichObject, IDisposable
{
    private const int BlockItems = 4096;

    private readonly Tensor columns; // [m, N], code + level * K
    private readonly Tensor byItem; // [N + 1, m], row 0 is padding

    /// <summary>Prepares the items' codes.</summary>
    /// <param name="codes">Codes of the items <c>1..N</c>.</param>
    /// <param name="codebookSize">K, codes of a level, equal for all levels.</param>
    /// <param name="device">Where the tables go; null is the CPU.</param>
    /// <exception cref="ArgumentException">There are no items, or a code is outside the codebook.</exception>
    public ParallelItemScorer(ItemCodes codes, int codebookSize, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentOutOfRangeException.ThrowIfLessThan(codebookSize, 1);
        if (codes.ItemCount == 0)
            throw new ArgumentException("There are no items to score.", nameof(codes));
        (ItemCount, Levels, CodebookSize) = (codes.ItemCount, codes.Levels, codebookSize);
        var cells = new long[codes.Codes.Length];
        for (var at = 0; at < cells.Length; at++)
        {
            if ((uint)codes.Codes[at] >= (uint)codebookSize)
                throw new ArgumentException(
                    $"Item {at / Levels + 1} has the code {codes.Codes[at]} on level {at % Levels + 1}, whose codes are "
                        + $"0..{codebookSize - 1}.",
                    nameof(codes)
                );
            cells[at] = codes.Codes[at] + (long)(at % Levels) * codebookSize;
        }
        using var scope = NewDisposeScope();
        var table = tensor(cells, device: device).view(ItemCount, Levels);
        columns = table.t().contiguous().DetachFromDisposeScope();
        byItem = cat([table.narrow(0, 0, 1), table]).DetachFromDisposeScope();
    }

    /// <summary>N, items.</summary>
    public int ItemCount { get; }

    /// <summary>m, codes of an item.</summary>
    public int Levels { get; }

    /// <summary>K, codes of a level.</summary>
    public int CodebookSize { get; }

    /// <summary>Scores every item.</summary>
    /// <param name="logProbabilities">Of each code of each level, <c>[B, m, K]</c>, float32.</param>
    /// <returns><c>[B, N + 1]</c>, float32, owned by the caller; padding has negative infinity.</returns>
    public Tensor ScoreAll(Tensor logProbabilities)
    {
        Check(logProbabilities);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var users = logProbabilities.shape[0];
        // Codes as rows: one look-up then copies the values of all users, which lie side by side.
        var table = logProbabilities.reshape(users, -1).t().contiguous(); // [m K, B]
        var scores = empty(ItemCount + 1, users, dtype: ScalarType.Float32, device: table.device);
        scores[0] = float.NegativeInfinity;
        for (var from = 0; from < ItemCount; from += BlockItems)
        {
            using var block = NewDisposeScope();
            var count = Math.Min(BlockItems, ItemCount - from);
            var sum = scores.narrow(0, from + 1, count).zero_();
            for (var level = 0; level < Levels; level++)
                sum.add_(table.index_select(0, columns[level].narrow(0, from, count)));
            sum.div_(Levels);
        }
        return scores.t().contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Scores some items of each user.</summary>
    /// <param name="logProbabilities"><c>[B, m, K]</c>, float32.</param>
    /// <param name="items">Item ids <c>1..N</c>, <c>[B, C]</c>, int64.</param>
    /// <returns><c>[B, C]</c>, float32, owned by the caller.</returns>
    public Tensor Score(Tensor logProbabilities, Tensor items)
    {
        Check(logProbabilities);
        ArgumentNullException.ThrowIfNull(items);
        using var scope = NewDisposeScope();
        var (users, count) = (items.shape[0], items.shape[1]);
        var cells = byItem.index_select(0, items.reshape(-1)).view(users, count * Levels);
        var values = logProbabilities.reshape(users, -1).gather(1, cells).view(users, count, Levels);
        return values.mean([-1]).MoveToOuterDisposeScope();
    }

    /// <summary>The best items of the whole catalogue.</summary>
    /// <param name="logProbabilities"><c>[B, m, K]</c>, float32.</param>
    /// <param name="k">Places in each list; beyond N they stay empty.</param>
    /// <param name="allowed">False for items that may not be shown, <c>[N + 1]</c> or <c>[B, N + 1]</c>, bool; null: all may.</param>
    /// <returns>Exact lists, owned by the caller.</returns>
    public DecodedItems Best(Tensor logProbabilities, int k, Tensor? allowed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var scores = ScoreAll(logProbabilities);
        if (allowed is not null)
            scores = scores.masked_fill(allowed.logical_not(), float.NegativeInfinity);
        var (values, items) = TotalOrder.Best(scores, Math.Min(k, ItemCount + 1));
        using var found = new DecodedItems(items.masked_fill(values.eq(float.NegativeInfinity), 0), values);
        var (lists, sized) = found.Resize(k);
        return new DecodedItems(lists.MoveToOuterDisposeScope(), sized.MoveToOuterDisposeScope())
        {
            Scored = logProbabilities.shape[0] * ItemCount,
        };
    }

    /// <summary>Frees the tables.</summary>
    public void Dispose()
    {
        columns.Dispose();
        byItem.Dispose();
    }

    private void Check(Tensor logProbabilities)
    {
        ArgumentNullException.ThrowIfNull(logProbabilities);
        if (
            logProbabilities.dim() != 3
            || logProbabilities.shape[1] != Levels
            || logProbabilities.shape[2] != CodebookSize
        )
            throw new ArgumentException(
                $"Log-probabilities are [{string.Join(", ", logProbabilities.shape)}], need [B, {Levels}, {CodebookSize}].",
                nameof(logProbabilities)
            );
    }
}
