using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Some of a trie's items: what is in stock, what is cold, what may be shown. Making one takes a few sums, no rebuild.</summary>
/// <remarks>
/// The leaves below a state are one run, so a state is open as long as its run holds an allowed leaf. The view counts
/// allowed leaves only, hence each state's run in its own counting; closed states have empty runs.
/// </remarks>
public sealed class TrieView : RichObject, IDisposable
{
    private readonly Tensor? allowed; // [MaxItem + 1], bool; null: all
    private readonly Lazy<long[]> leafOfItemOnHost;
    private readonly Lazy<long[]> itemFirstOnHost;
    private readonly bool owns;

    internal TrieView(PrefixTrie trie, Tensor? allowed)
    {
        (Trie, this.allowed, owns) = (trie, allowed?.DetachFromDisposeScope(), allowed is not null);
        var tables = trie.Tables;
        if (allowed is null)
        {
            (LeafFirst, LeafLast) = (tables.LeafFirst, tables.LeafLast);
            (ItemFirst, Items, LeafOfItem) = (tables.ItemFirst, tables.Items, trie.LeafOfItem);
        }
        else
        {
            using var scope = NewDisposeScope();
            var isAllowed = allowed.index_select(0, tables.Items); // [N]
            var itemsBefore = Before(isAllowed); // [N + 1]
            var borders = itemsBefore.index_select(0, tables.ItemFirst); // [leaves + 1]
            var leaves = tables.LeafStates.shape[0];
            var isOpen = borders.narrow(0, 1, leaves).gt(borders.narrow(0, 0, leaves)); // [leaves]
            var leavesBefore = Before(isOpen); // [leaves + 1]
            LeafFirst = leavesBefore.index_select(0, tables.LeafFirst).DetachFromDisposeScope();
            LeafLast = leavesBefore.index_select(0, tables.LeafLast).DetachFromDisposeScope();
            var open = isOpen.nonzero().view(-1);
            ItemFirst = cat([borders.index_select(0, open), itemsBefore.narrow(0, itemsBefore.shape[0] - 1, 1)])
                .DetachFromDisposeScope();
            Items = tables.Items.index_select(0, isAllowed.nonzero().view(-1)).DetachFromDisposeScope();
            var known = trie.LeafOfItem.clamp_min(0);
            LeafOfItem = leavesBefore
                .index_select(0, known)
                .masked_fill_(allowed.logical_and(trie.LeafOfItem.ge(0)).logical_not(), -1)
                .DetachFromDisposeScope();
        }
        leafOfItemOnHost = new(() => Host(LeafOfItem));
        itemFirstOnHost = new(() => Host(ItemFirst));
    }

    /// <summary>The trie it shows.</summary>
    public PrefixTrie Trie { get; }

    /// <summary>Whether every item of the trie is allowed.</summary>
    public bool IsFull => allowed is null;

    /// <summary>Allowed items.</summary>
    public int ItemCount => (int)Items.shape[0];

    /// <summary>Different ids of allowed items.</summary>
    public int LeafCount => (int)ItemFirst.shape[0] - 1;

    internal Tensor LeafFirst { get; } // [S + 1]

    internal Tensor LeafLast { get; } // [S + 1]

    internal Tensor ItemFirst { get; } // [open leaves + 1]

    internal Tensor Items { get; } // [allowed items]

    internal Tensor LeafOfItem { get; } // [MaxItem + 1], -1 where an item is not allowed

    /// <summary>The view of those items alone; items that this view does not allow stay out.</summary>
    /// <param name="items">Item ids, at least 1; those without an id are passed over.</param>
    /// <returns>A view, owned by the caller. It may be empty: a search in it finds nothing.</returns>
    /// <exception cref="ArgumentException">An item id is below 1.</exception>
    public TrieView Only(IEnumerable<int> items) => Restrict(Mask(items));

    /// <summary>The view of all items but those.</summary>
    /// <inheritdoc cref="Only"/>
    public TrieView Without(IEnumerable<int> items)
    {
        using var mask = Mask(items);
        return Restrict(mask.logical_not());
    }

    /// <summary>What each user may not be shown, for one search.</summary>
    /// <param name="seen">Items of each user; those that are not allowed anyway are passed over.</param>
    /// <returns>The exclusion, owned by the caller.</returns>
    public UserExclusion Exclude(Histories seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return UserExclusion.Make(this, seen, leafOfItemOnHost.Value, itemFirstOnHost.Value);
    }

    /// <summary>Frees the view's own arrays; the trie stays.</summary>
    public void Dispose()
    {
        if (!owns)
            return;
        foreach (var tensor in new[] { allowed!, LeafFirst, LeafLast, ItemFirst, Items, LeafOfItem })
            tensor.Dispose();
    }

    private TrieView Restrict(Tensor mask)
    {
        using var scope = NewDisposeScope();
        return new TrieView(Trie, allowed is null ? mask.alias() : mask.logical_and(allowed));
    }

    private Tensor Mask(IEnumerable<int> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var mask = new bool[Trie.MaxItem + 1];
        foreach (var item in items)
        {
            if (item < 1)
                throw new ArgumentException($"Item {item} cannot be; items are numbered from 1.", nameof(items));
            if (item < mask.Length)
                mask[item] = true;
        }
        return tensor(mask, device: Trie.Device);
    }

    /// <summary>How many are true before each place, <c>[n + 1]</c>.</summary>
    private static Tensor Before(Tensor flags) =>
        cat([zeros(1, dtype: ScalarType.Int64, device: flags.device), flags.cumsum(0)]);

    private static long[] Host(Tensor tensor)
    {
        using var here = tensor.cpu().contiguous();
        return MemoryMarshal.Cast<byte, long>(here.bytes).ToArray();
    }
}
