namespace GenRec.Shared.Decoding;

/// <summary>Checks of the ids that a trie is built from, and their tokens.</summary>
internal static class TrieInput
{
    /// <summary>The layout of plain codes: each level as large as its largest code asks.</summary>
    public static TokenLayout LayoutOf(int[] codes, int levels)
    {
        RequireShape(codes, levels);
        var sizes = new int[levels];
        for (var at = 0; at < codes.Length; at++)
            sizes[at % levels] = Math.Max(sizes[at % levels], Math.Min(codes[at], int.MaxValue - 1) + 1);
        return TokenLayout.PerLevel([.. sizes.Select(size => Math.Max(1, size))]);
    }

    /// <summary>Tokens of ids of one length, <c>[N * levels]</c>.</summary>
    public static long[] Rows(int[] codes, int levels, TokenLayout layout)
    {
        RequireShape(codes, levels);
        if (layout.Levels < levels)
            throw new ArgumentException($"The layout has {layout.Levels} levels, the ids {levels}.", nameof(layout));
        var rows = new long[codes.Length];
        for (var level = 0; level < levels; level++)
        {
            var (size, start) = (layout.Sizes[level], layout.Starts[level]);
            for (var at = level; at < codes.Length; at += levels)
            {
                if ((uint)codes[at] >= (uint)size)
                    throw OutOfRange(at / levels, level, codes[at], size);
                rows[at] = start + codes[at];
            }
        }
        return rows;
    }

    /// <summary>Tokens of ids of different lengths, <c>[N * width]</c>, -1 behind each end.</summary>
    public static (long[] Rows, int Width) Ragged(
        IReadOnlyList<IReadOnlyList<int>> ids,
        TokenLayout layout,
        int? endToken
    )
    {
        if (ids.Count == 0)
            throw Nothing();
        if (endToken is < 0)
            throw new ArgumentOutOfRangeException(nameof(endToken), endToken, "A token is at least 0.");
        var longest = ids.Max(id => id.Count);
        if (longest > layout.Levels)
            throw new ArgumentException(
                $"The layout has {layout.Levels} levels, the longest id {longest}.",
                nameof(layout)
            );
        var width = longest + (endToken is null ? 0 : 1);
        var rows = new long[ids.Count * width];
        Array.Fill(rows, -1);
        for (var row = 0; row < ids.Count; row++)
        {
            if (ids[row].Count == 0)
                throw new ArgumentException(
                    $"Id {row} (counted from 0) is empty; an id has at least one code.",
                    nameof(ids)
                );
            for (var level = 0; level < ids[row].Count; level++)
            {
                var code = ids[row][level];
                if ((uint)code >= (uint)layout.Sizes[level])
                    throw OutOfRange(row, level, code, layout.Sizes[level]);
                rows[row * width + level] = layout.TokenOf(level, code);
            }
            if (endToken is { } end)
                rows[row * width + ids[row].Count] = end;
        }
        return (rows, width);
    }

    /// <summary>Items of the ids, <c>1..N</c> where none are named.</summary>
    public static long[] Items(IReadOnlyList<int>? items, int count)
    {
        if (items is null)
            return [.. Enumerable.Range(1, count).Select(item => (long)item)];
        if (items.Count != count)
            throw new ArgumentException($"There are {items.Count} items for {count} ids.", nameof(items));
        var sorted = items.ToArray();
        Array.Sort(sorted);
        if (sorted[0] < 1)
            throw new ArgumentException($"Item {sorted[0]} cannot be; items are numbered from 1.", nameof(items));
        for (var at = 1; at < sorted.Length; at++)
            if (sorted[at] == sorted[at - 1])
                throw new ArgumentException($"Item {sorted[at]} occurs twice; an item has one id.", nameof(items));
        return [.. items.Select(item => (long)item)];
    }

    private static void RequireShape(int[] codes, int levels)
    {
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        if (codes.Length == 0)
            throw Nothing();
        if (codes.Length % levels != 0)
            throw new ArgumentException($"{codes.Length} codes do not make rows of {levels}.", nameof(codes));
    }

    private static ArgumentException Nothing() =>
        new("There are no ids: a trie needs at least one, because nothing could be generated from an empty one.");

    private static ArgumentException OutOfRange(int row, int level, int code, int size) =>
        new($"Id {row} (counted from 0) has the code {code} on level {level + 1}, whose codes are 0..{size - 1}.");
}
