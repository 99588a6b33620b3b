using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>Item sequences of different lengths as compressed sparse rows, oldest item first.</summary>
/// <remarks>Item ids are <c>1..N</c>; <c>0</c> is kept for padding and never occurs in a row.</remarks>
public sealed class Histories : RichObject
{
    private readonly long[] offsets;
    private readonly int[] items;
    private readonly int[]? users;
    private readonly int first;

    /// <summary>Wraps arrays without copying them.</summary>
    /// <param name="offsets">Row <c>r</c> holds <c>items[offsets[r]..offsets[r + 1]]</c>; <c>[rows + 1]</c>, non-decreasing.</param>
    /// <param name="items">Item ids, row after row.</param>
    /// <param name="users">Whose each row is, <c>[rows]</c>; null where a row stands for no known user.</param>
    /// <exception cref="ArgumentException">The offsets decrease or leave the items, or a user is missing.</exception>
    public Histories(long[] offsets, int[] items, int[]? users = null)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ArgumentNullException.ThrowIfNull(items);
        if (offsets.Length == 0)
            throw new ArgumentException("Offsets need at least one entry: [0] for no rows.", nameof(offsets));
        for (var row = 0; row + 1 < offsets.Length; row++)
            if (offsets[row] > offsets[row + 1])
                throw new ArgumentException($"Offsets decrease after row {row}.", nameof(offsets));
        if (offsets[0] < 0 || offsets[^1] > items.Length)
            throw new ArgumentException(
                $"Offsets {offsets[0]}..{offsets[^1]} leave the {items.Length} items.",
                nameof(offsets)
            );
        (this.offsets, this.items, this.users, Count) = (offsets, items, users, offsets.Length - 1);
        if (users is not null && users.Length != Count)
            throw new ArgumentException($"There are {users.Length} users for {Count} rows.", nameof(users));
    }

    private Histories(Histories all, int first, int count)
    {
        (offsets, items, users, this.first, Count) = (all.offsets, all.items, all.users, all.first + first, count);
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Whose each row is, <c>[Count]</c>; empty where rows stand for no known users.</summary>
    public ReadOnlySpan<int> Users => users is null ? [] : users.AsSpan(first, Count);

    /// <summary>One row, oldest item first; may be empty.</summary>
    public ReadOnlySpan<int> this[int row] =>
        (uint)row < (uint)Count
            ? items.AsSpan((int)offsets[first + row], (int)(offsets[first + row + 1] - offsets[first + row]))
            : throw new ArgumentOutOfRangeException(nameof(row), row, $"There are {Count} rows.");

    /// <summary>Number of items in a row.</summary>
    public int LengthOf(int row) => this[row].Length;

    /// <summary>A view of <paramref name="count"/> rows from <paramref name="start"/>; nothing is copied.</summary>
    public Histories Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Count, nameof(count));
        return new Histories(this, start, count);
    }

    /// <summary>Copies rows into new arrays.</summary>
    public static Histories From(IEnumerable<IReadOnlyList<int>> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var (offsets, items) = (new List<long> { 0 }, new List<int>());
        foreach (var row in rows)
        {
            items.AddRange(row);
            offsets.Add(items.Count);
        }
        return new Histories([.. offsets], [.. items]);
    }
}
