using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>A short row of whole numbers for each item: its semantic id as some quantiser made it.</summary>
public sealed class ItemCodes : RichObject
{
    private readonly int[] codes;

    /// <summary>Wraps codes without copying them.</summary>
    /// <param name="levels">Codes of one item, at least 1.</param>
    /// <param name="codes"><c>[N * levels]</c>, item after item, from item 1; at least 0.</param>
    /// <exception cref="ArgumentException">The number of codes does not fit, or one is negative.</exception>
    public ItemCodes(int levels, int[] codes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentNullException.ThrowIfNull(codes);
        if (codes.Length % levels != 0)
            throw new ArgumentException($"{codes.Length} codes do not make rows of {levels}.", nameof(codes));
        if (codes.AsSpan().IndexOfAnyInRange(int.MinValue, -1) is >= 0 and var at)
            throw new ArgumentException($"Item {at / levels + 1} has the code {codes[at]}.", nameof(codes));
        (Levels, ItemCount, this.codes) = (levels, codes.Length / levels, codes);
    }

    /// <summary>N, the number of items.</summary>
    public int ItemCount { get; }

    /// <summary>Codes of one item.</summary>
    public int Levels { get; }

    /// <summary>All codes, <c>[N * Levels]</c>, item after item.</summary>
    public ReadOnlySpan<int> Codes => codes;

    /// <summary>The codes of one item, <c>[Levels]</c>.</summary>
    /// <param name="item">Item id, <c>1..N</c>.</param>
    public ReadOnlySpan<int> this[int item] =>
        item >= 1 && item <= ItemCount
            ? codes.AsSpan((item - 1) * Levels, Levels)
            : throw new ArgumentOutOfRangeException(nameof(item), item, $"Items are 1..{ItemCount}.");

    /// <summary>Number of different codes on a level.</summary>
    /// <param name="level">0-based.</param>
    public int DistinctOn(int level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(level, Levels);
        return Enumerable.Range(1, ItemCount).Select(item => this[item][level]).Distinct().Count();
    }

    /// <summary>Number of items that do not have their full row of codes to themselves.</summary>
    public int SharedItems() =>
        Enumerable
            .Range(1, ItemCount)
            .GroupBy(item => string.Join(' ', this[item].ToArray()))
            .Where(group => group.Count() > 1)
            .Sum(group => group.Count());
}
