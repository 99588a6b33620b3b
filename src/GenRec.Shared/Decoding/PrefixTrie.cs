using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.SemanticIds;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>All ids of a catalogue as a prefix tree in compressed sparse rows, on the device that decodes.</summary>
/// <remarks>
/// The legal tokens behind a prefix are a run of two arrays, so a search step is a few gathers of fixed shape for all beams
/// at once: Su et al., "Vectorizing the Trie" (STATIC), arXiv:2602.22647; the idea of decoding with a trie is GENRE's, De Cao et
/// al., arXiv:2010.00904. Differs from STATIC: no dense tables for the first levels, states numbered so that a child's number
/// is its place among the edges, and a run of leaves kept for each state, from which <see cref="TrieView"/>s are made. A trie
/// never changes: <see cref="With(int[], int[], int)"/> gives a new one.
/// </remarks>
public sealed class PrefixTrie : RichObject, IDisposable
{
    private readonly Lazy<Tensor> edges; // [S - 1], each state but the root as parent * radix + token
    private readonly Lazy<Tensor>[] used; // of each level
    private readonly Lazy<int[]> itemsOnHost;
    private readonly Lazy<long[]> itemFirstOnHost;

    private PrefixTrie(TrieTables tables, TokenLayout layout, int? endToken)
    {
        (Tables, Layout, EndToken) = (tables, layout, endToken);
        using var scope = NewDisposeScope();
        var (count, device) = (tables.Items.shape[0], tables.Items.device);
        var leafOfRow =
            searchsorted(tables.ItemFirst, arange(count, dtype: ScalarType.Int64, device: device), right: true) - 1;
        MaxItem = (int)tables.Items.max().item<long>();
        LeafOfItem = full(MaxItem + 1, -1, dtype: ScalarType.Int64, device: device);
        LeafOfItem.scatter_(0, tables.Items, leafOfRow);
        LeafOfItem.DetachFromDisposeScope();
        itemsOnHost = new(() => [.. Host(tables.Items).Select(item => (int)item)]);
        itemFirstOnHost = new(() => Host(tables.ItemFirst));
        IsUniform = tables.LeafStates.ge(tables.LevelFirst[^2]).all().item<bool>();
        LargestToken = [.. Enumerable.Range(0, Depth).Select(level => (int)TokensOf(level).max().item<long>())];
        edges = new(Edges);
        used = [.. Enumerable.Range(0, Depth).Select(level => new Lazy<Tensor>(() => Unique(level)))];
        All = new TrieView(this, null);
    }

    /// <summary>Items that have an id.</summary>
    public int ItemCount => (int)Tables.Items.shape[0];

    /// <summary>The largest item id.</summary>
    public int MaxItem { get; }

    /// <summary>Different ids; less than <see cref="ItemCount"/> where items share one.</summary>
    public int LeafCount => (int)Tables.LeafStates.shape[0];

    /// <summary>S, different prefixes, the empty one and whole ids counted.</summary>
    public long StateCount => Tables.LevelFirst[^1];

    /// <summary>Tokens of the longest id, its end token counted.</summary>
    public int Depth => Tables.Branching.Length;

    /// <summary>Whether all ids are equally long.</summary>
    public bool IsUniform { get; }

    /// <summary>Whether no two items share an id.</summary>
    public bool IsUnique => LeafCount == ItemCount;

    /// <summary>The token behind the last code of each id, or null where ids need none.</summary>
    public int? EndToken { get; }

    /// <summary>Columns of the logits.</summary>
    public TokenLayout Layout { get; }

    /// <summary>Where the arrays lie.</summary>
    public Device Device => Tables.First.device;

    /// <summary>The view that allows every item.</summary>
    public TrieView All { get; }

    /// <summary>Bytes of all arrays.</summary>
    public long Bytes => Tables.All.Append(LeafOfItem).Sum(tensor => tensor.numel() * tensor.element_size());

    internal TrieTables Tables { get; }

    internal Tensor LeafOfItem { get; } // [MaxItem + 1], -1 where an item has no id

    internal int[] LargestToken { get; } // [Depth]

    /// <summary>The state that no id leads to.</summary>
    internal long Dead => StateCount;

    private long Radix => LargestToken.Max() + 1L;

    internal int[] ItemsOnHost => itemsOnHost.Value;

    internal long[] ItemFirstOnHost => itemFirstOnHost.Value;

    /// <summary>Builds the trie of ids of one length.</summary>
    /// <param name="codes"><c>[N * levels]</c>, item after item; each <c>0..size-1</c> of its level.</param>
    /// <param name="levels">Codes of one id, at least 1.</param>
    /// <param name="items">Item of each row, each at least 1 and all different; null stands for <c>1..N</c>.</param>
    /// <param name="layout">Columns of the logits; null takes codes as columns, each level on its own.</param>
    /// <param name="device">Where the arrays go; null is the CPU.</param>
    /// <returns>The trie, owned by the caller. Items that share an id share a leaf.</returns>
    /// <exception cref="ArgumentException">There are no ids, sizes do not fit, a code is out of range, or an item occurs twice.</exception>
    public static PrefixTrie Build(
        int[] codes,
        int levels,
        int[]? items = null,
        TokenLayout? layout = null,
        Device? device = null
    )
    {
        layout ??= TrieInput.LayoutOf(codes, levels);
        var rows = TrieInput.Rows(codes, levels, layout);
        return Build(rows, levels, TrieInput.Items(items, rows.Length / levels), layout, null, device);
    }

    /// <summary>Builds the trie of published or imported codes, items <c>1..N</c>.</summary>
    /// <inheritdoc cref="Build(int[], int, int[], TokenLayout, Device)"/>
    public static PrefixTrie Build(ItemCodes codes, TokenLayout? layout = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(codes);
        return Build(codes.Codes.ToArray(), codes.Levels, null, layout, device);
    }

    /// <summary>Builds the trie of a table of semantic ids, items <c>1..N</c>; each level has as many codes as its codebook.</summary>
    /// <param name="ids">Ids of all items.</param>
    /// <param name="layout">Columns of the logits; null takes codes as columns, each level on its own.</param>
    /// <param name="device">Where the arrays go; null is the CPU.</param>
    /// <returns>The trie, owned by the caller. Items that share an id share a leaf.</returns>
    /// <exception cref="ArgumentException">The layout has fewer levels or codes than the table.</exception>
    public static PrefixTrie Build(SemanticIdTable ids, TokenLayout? layout = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        layout ??= TokenLayout.PerLevel(ids.CodebookSizes.ToArray());
        return Build(ids.Codes.ToArray(), ids.Levels, null, layout, device);
    }

    /// <summary>Builds the trie of ids of different lengths.</summary>
    /// <param name="ids">Codes of each id, at least one.</param>
    /// <param name="items">Item of each id; null stands for <c>1..N</c>.</param>
    /// <param name="layout">Columns of the logits, of as many levels as the longest id.</param>
    /// <param name="endToken">
    /// Column of the token that ends an id. Needed where one id is the beginning of another; null: no token ends an id.
    /// </param>
    /// <param name="device">Where the arrays go; null is the CPU.</param>
    /// <exception cref="ArgumentException">There are no ids, one is empty or the beginning of another, or a code is out of range.</exception>
    public static PrefixTrie BuildRagged(
        IReadOnlyList<IReadOnlyList<int>> ids,
        IReadOnlyList<int>? items,
        TokenLayout layout,
        int? endToken = null,
        Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(layout);
        var (rows, width) = TrieInput.Ragged(ids, layout, endToken);
        return Build(rows, width, TrieInput.Items(items, ids.Count), layout, endToken, device);
    }

    /// <summary>
    /// A trie with more ids. Only the new ids are sorted; the others keep their order and are merged with them (where an id fits
    /// in 63 bits and no new id is an old one; else all are sorted again).
    /// </summary>
    /// <param name="codes">Codes of the new ids, <c>[M * levels]</c>.</param>
    /// <param name="items">Item of each new id, <c>[M]</c>; none may have an id already.</param>
    /// <param name="levels">Codes of one id; as long as the ids that are there.</param>
    /// <returns>A new trie, owned by the caller; this one stays as it is, and searches in it may go on.</returns>
    /// <exception cref="InvalidOperationException">The ids of this trie have different lengths.</exception>
    /// <exception cref="ArgumentException">A code is out of range, or an item has an id already.</exception>
    public PrefixTrie With(int[] codes, int[] items, int levels)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (EndToken is not null || !IsUniform)
            throw new InvalidOperationException("Ids of different lengths cannot be added to; build the trie again.");
        if (levels != Depth)
            throw new ArgumentException($"The new ids have {levels} codes, those of the trie {Depth}.", nameof(levels));
        using var scope = NewDisposeScope();
        var rows = TrieInput.Rows(codes, levels, Layout);
        var (more, added) = TrieTables.Sort(
            tensor(rows, device: Device).view(-1, levels),
            tensor(TrieInput.Items(items, rows.Length / levels), device: Device)
        );
        RequireNew(added);
        var radix = LargestToken.Max() + 1L;
        var largest = Math.Max(radix, more.max().item<long>());
        var (oldKeys, newKeys) = (TrieTables.Keys(Tables.Rows, largest), TrieTables.Keys(more, largest));
        var places = searchsorted(oldKeys[0], newKeys[0], right: true);
        var isShared = searchsorted(oldKeys[0], newKeys[0]).ne(places).any().item<bool>(); // items of one id are put in order
        if (oldKeys.Length > 1 || isShared)
            return FromRows(cat([Tables.Rows, more]), cat([Tables.Items, added]), Layout, EndToken);
        // Where each new row goes among the old ones; the old rows fill the places left.
        places += arange(places.shape[0], dtype: ScalarType.Int64, device: Device);
        var total = Tables.Rows.shape[0] + places.shape[0];
        var isOld = ones(total, dtype: ScalarType.Bool, device: Device).index_fill_(0, places, false);
        var oldPlaces = isOld.nonzero().view(-1);
        var merged = empty(total, levels, dtype: ScalarType.Int64, device: Device);
        merged.index_copy_(0, oldPlaces, Tables.Rows).index_copy_(0, places, more);
        var owners = empty(total, dtype: ScalarType.Int64, device: Device);
        owners.index_copy_(0, oldPlaces, Tables.Items).index_copy_(0, places, added);
        return new PrefixTrie(TrieTables.FromSorted(merged, owners), Layout, EndToken);
    }

    /// <summary>The items of an id, ascending; empty where no item has it.</summary>
    /// <param name="id">Codes, without an end token.</param>
    public IReadOnlyList<int> ItemsOf(params IReadOnlyList<int> id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (id.Count > Layout.Levels)
            return [];
        using var scope = NewDisposeScope();
        var tokens = id.Select((code, level) => (long)Layout.TokenOf(level, code)).ToList();
        if (EndToken is { } end)
            tokens.Add(end);
        var state = zeros(1, dtype: ScalarType.Int64, device: Device);
        foreach (var token in tokens)
            state = Child(state, full(1, token, dtype: ScalarType.Int64, device: Device));
        var at = state.item<long>();
        var (from, to) = (Tables.LeafFirst[at].item<long>(), Tables.LeafLast[at].item<long>());
        var isLeaf = Tables.First[at].item<long>() == Tables.First[at + 1].item<long>();
        return at == Dead || !isLeaf || from == to
            ? []
            : ItemsOnHost[(int)ItemFirstOnHost[from]..(int)ItemFirstOnHost[from + 1]];
    }

    /// <summary>Most tokens that are legal behind a prefix.</summary>
    /// <param name="level">Length of the prefix, <c>0..Depth-1</c>.</param>
    public int MaxBranching(int level) => Tables.Branching[level];

    /// <summary>Different prefixes of a length.</summary>
    /// <param name="length"><c>0..Depth</c>.</param>
    public long PrefixCount(int length) => Tables.LevelFirst[length + 1] - Tables.LevelFirst[length];

    /// <summary>The tokens in use on a level, whatever comes before them, ascending: LC-Rec's constraint.</summary>
    /// <param name="level"><c>0..Depth-1</c>.</param>
    /// <returns>int64, owned by the caller.</returns>
    public Tensor UsedTokens(int level) => Used(level).alias();

    /// <summary>Frees all arrays; views of the trie must not be used any more.</summary>
    public void Dispose()
    {
        foreach (var made in used.Append(edges).Where(one => one.IsValueCreated))
            made.Value.Dispose();
        LeafOfItem.Dispose();
        foreach (var tensor in Tables.All)
            tensor.Dispose();
    }

    /// <summary>The states that tokens lead to, <see cref="Dead"/> where no id goes on so; same shape as both, int64.</summary>
    internal Tensor Child(Tensor states, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var shape = states.shape;
        var (from, token) = (states.reshape(-1), tokens.reshape(-1));
        // Children of a state are ascending, so edges are ascending by (state, token) and one search finds all.
        var radix = Radix;
        var wanted = from * radix + token;
        var place = searchsorted(edges.Value, wanted).clamp_max_(StateCount - 2);
        var found = edges
            .Value.index_select(0, place)
            .eq(wanted)
            .logical_and(token.lt(radix))
            .logical_and(from.lt(Dead));
        return (place + 1).masked_fill_(found.logical_not(), Dead).view(shape).MoveToOuterDisposeScope();
    }

    /// <summary>Tokens that lead to each state, int64; 0 for the root.</summary>
    internal Tensor LengthOf(Tensor states)
    {
        using var borders = tensor(Tables.LevelFirst[1..^1], device: Device);
        return searchsorted(borders, states.contiguous(), right: true);
    }

    internal Tensor Used(int level) => used[level].Value;

    internal Tensor TokensOf(int level) =>
        Tables.Tokens.narrow(0, Tables.LevelFirst[level + 1], PrefixCount(level + 1));

    private static PrefixTrie Build(
        long[] rows,
        int width,
        long[] items,
        TokenLayout layout,
        int? endToken,
        Device? device
    )
    {
        using var scope = NewDisposeScope();
        return FromRows(tensor(rows, device: device).view(-1, width), tensor(items, device: device), layout, endToken);
    }

    private static PrefixTrie FromRows(Tensor rows, Tensor items, TokenLayout layout, int? endToken)
    {
        var (sorted, owners) = TrieTables.Sort(rows, items);
        return new PrefixTrie(TrieTables.FromSorted(sorted, owners), layout, endToken);
    }

    private Tensor Edges()
    {
        using var scope = NewDisposeScope();
        var parents = Tables.Parents.narrow(0, 1, StateCount - 1) * Radix;
        return (parents + Tables.Tokens.narrow(0, 1, StateCount - 1)).DetachFromDisposeScope();
    }

    private Tensor Unique(int level)
    {
        using var scope = NewDisposeScope();
        var (found, _, _) = TokensOf(level).unique();
        return found.DetachFromDisposeScope();
    }

    private void RequireNew(Tensor added)
    {
        var known = added.index_select(0, added.le(MaxItem).nonzero().view(-1));
        var taken = LeafOfItem.index_select(0, known).ge(0).nonzero().view(-1);
        if (taken.shape[0] > 0)
            throw new ArgumentException(
                $"Item {known[taken[0].item<long>()].item<long>()} has an id already; an item has one id."
            );
    }

    private static long[] Host(Tensor tensor)
    {
        using var here = tensor.cpu().contiguous();
        return MemoryMarshal.Cast<byte, long>(here.bytes).ToArray();
    }
}
