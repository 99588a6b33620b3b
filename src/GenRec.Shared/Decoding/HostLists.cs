using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>The items of generated ids on the CPU, in plain loops.</summary>
/// <remarks>By operators a list takes dozens of calls, which last a tenth of the search that found it.</remarks>
internal static class HostLists
{
    /// <summary>Whether ids can be read in place.</summary>
    public static bool Fits(Tensor states) => states.device_type == DeviceType.CPU;

    /// <summary><see cref="GeneratedIds.IsItem"/>, in the caller's scope.</summary>
    /// <param name="trie">Of all items.</param>
    /// <param name="states"><c>[B, W]</c>, int64.</param>
    /// <param name="scores"><c>[B, W]</c>, float32.</param>
    public static Tensor IsItem(PrefixTrie trie, Tensor states, Tensor scores)
    {
        using var mine = states.contiguous();
        using var theirs = scores.contiguous();
        var at = Numbers<long>(mine);
        var score = Numbers<float>(theirs);
        var first = Numbers<long>(trie.Tables.First);
        var result = empty(states.shape, dtype: ScalarType.Bool);
        var isItem = Numbers<bool>(result);
        for (var row = 0; row < isItem.Length; row++)
            isItem[row] =
                at[row] != trie.Dead
                && score[row] > float.NegativeInfinity
                && first[(int)at[row]] == first[(int)at[row] + 1];
        return result;
    }

    /// <summary>The lists of <see cref="GeneratedIds.ToItems"/>, <c>[B, k]</c> each, in the caller's scope.</summary>
    /// <param name="view">The items that may be found.</param>
    /// <param name="states"><c>[B, W]</c>, int64.</param>
    /// <param name="scores"><c>[B, W]</c>, float32.</param>
    /// <param name="isItem"><c>[B, W]</c>, bool.</param>
    /// <param name="excluded">Items that are left out, ascending, <c>[B, E]</c>; null: none.</param>
    /// <param name="k">Places.</param>
    public static (Tensor Items, Tensor Scores) Make(
        TrieView view,
        Tensor states,
        Tensor scores,
        Tensor isItem,
        Tensor? excluded,
        int k
    )
    {
        var (users, width, perUser) = ((int)states.shape[0], (int)states.shape[1], (int)(excluded?.shape[1] ?? 0));
        var items = zeros(users, k, dtype: ScalarType.Int64);
        var values = full(users, k, float.NegativeInfinity, dtype: ScalarType.Float32);
        using var ownStates = states.contiguous();
        using var ownScores = scores.contiguous();
        using var ownExcluded = excluded?.contiguous();
        var seen = new long[width];
        for (var user = 0; user < users; user++)
            Fill(
                view,
                Numbers<long>(ownStates).Slice(user * width, width),
                Numbers<float>(ownScores).Slice(user * width, width),
                Numbers<bool>(isItem).Slice(user * width, width),
                ownExcluded is null ? [] : Numbers<long>(ownExcluded).Slice(user * perUser, perUser),
                seen,
                Numbers<long>(items).Slice(user * k, k),
                Numbers<float>(values).Slice(user * k, k)
            );
        return (items, values);
    }

    /// <summary>One user's list.</summary>
    private static void Fill(
        TrieView view,
        ReadOnlySpan<long> states,
        ReadOnlySpan<float> scores,
        ReadOnlySpan<bool> isItem,
        ReadOnlySpan<long> excluded,
        Span<long> seen,
        Span<long> items,
        Span<float> values
    )
    {
        var leafFirst = Numbers<long>(view.LeafFirst);
        var leafLast = Numbers<long>(view.LeafLast);
        var itemFirst = Numbers<long>(view.ItemFirst);
        var members = Numbers<long>(view.Items);
        var (places, different) = (0, 0);
        for (var beam = 0; beam < states.Length && places < items.Length; beam++)
        {
            // Groups and samples may repeat each other.
            if (!isItem[beam] || seen[..different].Contains(states[beam]))
                continue;
            seen[different++] = states[beam];
            var leaf = (int)leafFirst[(int)states[beam]];
            if (leafLast[(int)states[beam]] == leaf)
                continue; // the view does not allow it
            foreach (var item in members[(int)itemFirst[leaf]..(int)itemFirst[leaf + 1]])
                if (places < items.Length && excluded.BinarySearch(item) < 0)
                    (items[places], values[places++]) = (item, scores[beam]);
        }
    }

    private static Span<T> Numbers<T>(Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);
}
