using GenRec.Shared.Display;

namespace GenRec.Shared.Decoding;

/// <summary>Which column of the logits each code of each level has.</summary>
/// <param name="Sizes">Codes of each level, <c>[levels]</c>; codes are <c>0..size-1</c>.</param>
/// <param name="Starts">Column of code 0 of each level, <c>[levels]</c>.</param>
public sealed record TokenLayout(IReadOnlyList<int> Sizes, IReadOnlyList<int> Starts) : RichRecord
{
    /// <summary>Number of levels.</summary>
    public int Levels => Sizes.Count;

    /// <summary>One vocabulary for all levels, each behind the one before, as TIGER has it.</summary>
    /// <param name="sizes">Codes of each level.</param>
    /// <param name="first">Column of the first code of the first level; what lies below is for padding and special tokens.</param>
    public static TokenLayout Joint(IReadOnlyList<int> sizes, int first = 1)
    {
        Check(sizes);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        var starts = new int[sizes.Count];
        for (var level = 0; level < starts.Length; level++)
            starts[level] = level == 0 ? first : starts[level - 1] + sizes[level - 1];
        return new TokenLayout([.. sizes], starts);
    }

    /// <summary>Logits of each level on their own: column = code. For decoders with one head a level.</summary>
    /// <param name="sizes">Codes of each level.</param>
    public static TokenLayout PerLevel(IReadOnlyList<int> sizes)
    {
        Check(sizes);
        return new TokenLayout([.. sizes], new int[sizes.Count]);
    }

    /// <summary>The column of a code.</summary>
    /// <param name="level">0-based.</param>
    /// <param name="code"><c>0..Sizes[level]-1</c>.</param>
    public int TokenOf(int level, int code) => Starts[level] + code;

    private static void Check(IReadOnlyList<int> sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Count == 0)
            throw new ArgumentException("Ids need at least one level.", nameof(sizes));
        if (sizes.Any(size => size < 1))
            throw new ArgumentException($"A level of {sizes.Min()} codes holds nothing.", nameof(sizes));
    }
}
