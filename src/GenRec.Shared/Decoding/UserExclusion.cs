using GenRec.Shared.Data;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Items that single users may not be shown. Their ids are closed during the search, so no beam is spent on them.</summary>
/// <remarks>
/// Kept as the sorted leaves of each user: the closed leaves below a state are counted by two binary searches. A leaf that
/// several items share is closed where all of them are excluded; else the excluded ones are left out of the list.
/// </remarks>
public sealed class UserExclusion : RichObject, IDisposable
{
    internal const long Nowhere = long.MaxValue; // behind every leaf and item

    private UserExclusion(TrieView view, Tensor leaves, Tensor? items)
    {
        (View, Leaves, Items) = (view, leaves, items);
    }

    /// <summary>Users.</summary>
    public int Users => (int)Leaves.shape[0];

    internal TrieView View { get; }

    internal Tensor Leaves { get; } // [B, E], ascending, filled up with Nowhere

    internal Tensor? Items { get; } // [B, E], ascending; null where no two items share an id

    /// <summary>Frees the arrays.</summary>
    public void Dispose()
    {
        Leaves.Dispose();
        Items?.Dispose();
    }

    internal static UserExclusion Make(TrieView view, Histories seen, long[] leafOfItem, long[] itemFirst)
    {
        var isUnique = view.LeafCount == view.ItemCount;
        var (leaves, items) = (new List<long>[seen.Count], new long[seen.Count][]);
        for (var user = 0; user < seen.Count; user++)
        {
            items[user] =
            [
                .. seen[user]
                    .ToArray()
                    .Where(item => item < leafOfItem.Length && leafOfItem[item] >= 0)
                    .Distinct()
                    .Order()
                    .Select(item => (long)item),
            ];
            leaves[user] =
            [
                .. items[user]
                    .GroupBy(item => leafOfItem[item])
                    .Where(group => group.Count() == itemFirst[group.Key + 1] - itemFirst[group.Key])
                    .Select(group => group.Key)
                    .Order(),
            ];
        }
        return new UserExclusion(view, Grid(leaves, view), isUnique ? null : Grid(items, view));
    }

    private static Tensor Grid(IReadOnlyList<IReadOnlyList<long>> rows, TrieView view)
    {
        using var scope = NewDisposeScope();
        var width = Math.Max(1, rows.Count == 0 ? 1 : rows.Max(row => row.Count));
        var cells = new long[rows.Count * width];
        Array.Fill(cells, Nowhere);
        for (var row = 0; row < rows.Count; row++)
        for (var at = 0; at < rows[row].Count; at++)
            cells[row * width + at] = rows[row][at];
        return tensor(cells, device: view.Trie.Device).view(rows.Count, width).DetachFromDisposeScope();
    }
}
