using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>A table of ids in lexicographic order, and the trie that lies in it.</summary>
/// <remarks>
/// In sorted order the items below a prefix are one run of rows. A level's states are therefore the rows at which its prefix
/// changes, and everything else follows from sums and searches over whole columns: no state is ever visited by itself.
/// </remarks>
internal sealed class TrieTables
{
    /// <summary>Tokens in sorted order, -1 behind an id's end, <c>[N, L]</c>, int64.</summary>
    public required Tensor Rows { get; init; }

    /// <summary>Items in that order, <c>[N]</c>, int64.</summary>
    public required Tensor Items { get; init; }

    /// <summary>First child of each state; the children of s are <c>First[s]..First[s + 1]</c>. <c>[S + 2]</c>, int64.</summary>
    /// <remarks>State 0 is the root, states are numbered level by level, and state S is the one that no id leads to.</remarks>
    public required Tensor First { get; init; }

    /// <summary>Token that leads to each state, <c>[S + 1]</c>, int64.</summary>
    public required Tensor Tokens { get; init; }

    /// <summary>State that each state continues, <c>[S + 1]</c>, int64.</summary>
    public required Tensor Parents { get; init; }

    /// <summary>Leaves below each state, <c>LeafFirst[s]..LeafLast[s]</c>; <c>[S + 1]</c>, int64 each.</summary>
    public required Tensor LeafFirst { get; init; }

    /// <inheritdoc cref="LeafFirst"/>
    public required Tensor LeafLast { get; init; }

    /// <summary>State of each leaf, <c>[leaves]</c>, int64.</summary>
    public required Tensor LeafStates { get; init; }

    /// <summary>Items of leaf f are <c>Items[ItemFirst[f]..ItemFirst[f + 1]]</c>; <c>[leaves + 1]</c>, int64.</summary>
    public required Tensor ItemFirst { get; init; }

    /// <summary>First state of each level, from the root's, and the number of states at the end; <c>[depth + 2]</c>.</summary>
    public required long[] LevelFirst { get; init; }

    /// <summary>Most children of a state, level by level, <c>[depth]</c>.</summary>
    public required int[] Branching { get; init; }

    public IEnumerable<Tensor> All => [Rows, Items, First, Tokens, Parents, LeafFirst, LeafLast, LeafStates, ItemFirst];

    /// <summary>Brings rows into lexicographic order, items of equal rows ascending.</summary>
    /// <param name="rows"><c>[N, L]</c>, int64, -1 behind an id's end.</param>
    /// <param name="items"><c>[N]</c>, int64.</param>
    public static (Tensor Rows, Tensor Items) Sort(Tensor rows, Tensor items)
    {
        using var scope = NewDisposeScope();
        var order = items.argsort(); // items differ, so any order of equals will do
        foreach (var key in Keys(rows).Reverse())
        {
            var (_, next) = key.index_select(0, order).sort(0, stable: true);
            order = order.index_select(0, next);
        }
        return (
            rows.index_select(0, order).MoveToOuterDisposeScope(),
            items.index_select(0, order).MoveToOuterDisposeScope()
        );
    }

    /// <summary>Rows as few whole numbers as possible, the most significant first; their order is that of the rows.</summary>
    public static Tensor[] Keys(Tensor rows, long? largest = null)
    {
        var radix = (largest ?? rows.max().item<long>()) + 2; // -1 becomes 0
        var perKey = 1;
        for (var room = long.MaxValue / radix; room >= radix; room /= radix)
            perKey++;
        var keys = new List<Tensor>();
        for (var level = 0; level < rows.shape[1]; level += perKey)
        {
            var key = rows.select(1, level) + 1;
            for (var next = level + 1; next < Math.Min(level + perKey, rows.shape[1]); next++)
                key = key * radix + rows.select(1, next) + 1;
            keys.Add(key);
        }
        return [.. keys];
    }

    /// <summary>The trie of sorted rows.</summary>
    /// <exception cref="ArgumentException">An id is the beginning of another.</exception>
    public static TrieTables FromSorted(Tensor rows, Tensor items)
    {
        using var scope = NewDisposeScope();
        var (count, device) = (rows.shape[0], rows.device);
        var levels = FindLevels(rows);
        var levelFirst = new long[levels.Count + 2];
        levelFirst[1] = 1;
        for (var level = 0; level < levels.Count; level++)
            levelFirst[level + 2] = levelFirst[level + 1] + levels[level].Starts.shape[0];
        var states = levelFirst[^1];

        // The root comes first, the state that no id leads to last.
        var (none, all) = (
            zeros(1, dtype: ScalarType.Int64, device: device),
            full(1, count, dtype: ScalarType.Int64, device: device)
        );
        var tokens = cat([none, .. levels.Select(level => level.Tokens), none]);
        var parents = cat([none, .. levels.Select(level => level.Parents), none]); // [S + 1]
        var starts = cat([none, .. levels.Select(level => level.Starts), none]);
        var ends = cat([all, .. levels.Select(level => level.Ends), none]);
        var numbers = arange(states + 1, dtype: ScalarType.Int64, device: device);
        var first = cat([searchsorted(parents.narrow(0, 1, states - 1), numbers) + 1, numbers.narrow(0, states, 1)]); // [S + 2]
        var children = first.narrow(0, 1, states) - first.narrow(0, 0, states); // [S]
        var leafStates = children.eq(0).nonzero().view(-1); // by level
        var (leafRows, byRow) = starts.index_select(0, leafStates).sort(0);
        leafStates = leafStates.index_select(0, byRow);
        RequireNoPrefix(rows, items);
        var built = new TrieTables
        {
            Rows = rows.alias(),
            Items = items.alias(),
            First = first,
            Tokens = tokens,
            Parents = parents,
            LeafFirst = searchsorted(leafRows, starts),
            LeafLast = searchsorted(leafRows, ends),
            LeafStates = leafStates,
            ItemFirst = cat([leafRows, all]),
            LevelFirst = levelFirst,
            Branching =
            [
                .. Enumerable
                    .Range(0, levels.Count)
                    .Select(level =>
                        (int)
                            children
                                .narrow(0, levelFirst[level], levelFirst[level + 1] - levelFirst[level])
                                .max()
                                .item<long>()
                    ),
            ],
        };
        foreach (var tensor in built.All)
            tensor.DetachFromDisposeScope();
        return built;
    }

    private static List<Level> FindLevels(Tensor rows)
    {
        var (count, device) = (rows.shape[0], rows.device);
        var parentOfRow = zeros(count, dtype: ScalarType.Int64, device: device);
        var changed = zeros(count, dtype: ScalarType.Bool, device: device);
        changed[0] = true;
        var end = full(1, count, dtype: ScalarType.Int64, device: device);
        var (levels, states) = (new List<Level>(), 1L);
        for (var level = 0; level < rows.shape[1]; level++)
        {
            var column = rows.select(1, level).contiguous();
            changed
                .narrow(0, 1, count - 1)
                .logical_or_(column.narrow(0, 1, count - 1).ne(column.narrow(0, 0, count - 1)));
            var isFirst = changed.logical_and(column.ge(0));
            var starts = isFirst.nonzero().view(-1);
            if (starts.shape[0] == 0)
                break; // all ids have ended
            var borders = changed.nonzero().view(-1);
            var ends = cat([borders, end]).index_select(0, searchsorted(borders, starts, right: true));
            levels.Add(new Level(column.index_select(0, starts), parentOfRow.index_select(0, starts), starts, ends));
            parentOfRow = isFirst.cumsum(0) + (states - 1);
            states += starts.shape[0];
        }
        return levels;
    }

    /// <summary>A search cannot know whether to stop at an id that another one continues.</summary>
    private static void RequireNoPrefix(Tensor rows, Tensor items)
    {
        var last = rows.select(1, rows.shape[1] - 1);
        if (last.ge(0).all().item<bool>())
            return; // ids of one length
        // In sorted order an id that another continues comes first below its own state.
        var ended = cat([rows, full_like(rows.narrow(1, 0, 1), -1)], 1).lt(0).to_type(ScalarType.Int64).argmax(1); // its length
        var following = arange(1, rows.shape[0], dtype: ScalarType.Int64, device: rows.device);
        var (before, after) = (rows.narrow(0, 0, rows.shape[0] - 1), rows.narrow(0, 1, rows.shape[0] - 1));
        var inside = before.ge(0);
        var begins = before.eq(after).logical_or(inside.logical_not()).all(1); // the earlier row is a beginning of the later
        var longer = ended.narrow(0, 1, rows.shape[0] - 1).gt(ended.narrow(0, 0, rows.shape[0] - 1));
        var wrong = begins.logical_and(longer).nonzero().view(-1);
        if (wrong.shape[0] == 0)
            return;
        var at = wrong[0].item<long>();
        throw new ArgumentException(
            $"The id of item {items[at].item<long>()} is the beginning of the id of item {items[at + 1].item<long>()}. "
                + "Give an end token, so that a search knows where an id stops."
        );
    }

    private sealed record Level(Tensor Tokens, Tensor Parents, Tensor Starts, Tensor Ends);
}
