using GenRec.Shared.Display;

namespace GenRec.Shared.SemanticIds.Measures;

/// <summary>How the items use the codes of one level.</summary>
/// <param name="Level">0-based.</param>
/// <param name="Size">K, codes there are.</param>
/// <param name="Used">Codes that some item has.</param>
/// <param name="Perplexity"><c>exp(-sum p ln p)</c>: as many codes, used alike, would be as hard to guess. <c>1..K</c>.</param>
/// <param name="Balance"><c>1 - (1 / 2N) sum |n_k - N / K|</c>: 1 where all codes have equally many items (ETEGRec's utilities).</param>
/// <param name="TopShare">Share of items that have one of the most frequent tenth of the codes: 0.1 where all are alike.</param>
public sealed record CodeUsage(int Level, int Size, int Used, double Perplexity, double Balance, double TopShare)
    : RichRecord
{
    /// <summary>Share of the codes in use.</summary>
    public double Usage => Used / (double)Size;

    /// <summary>Counts one level.</summary>
    /// <param name="ids">Any ids.</param>
    /// <param name="level">0-based.</param>
    public static CodeUsage Of(SemanticIdTable ids, int level)
    {
        var counts = CountsOf(ids, level);
        var (items, size) = ((double)ids.ItemCount, counts.Length);
        var sorted = counts.OrderDescending().ToArray();
        return new CodeUsage(
            level,
            size,
            counts.Count(count => count > 0),
            PerplexityOf(counts),
            1 - counts.Sum(count => Math.Abs(count - items / size)) / (2 * items),
            sorted.Take(Math.Max(1, (size + 9) / 10)).Sum() / items
        );
    }

    /// <summary>Items of each code of a level, <c>[K]</c>.</summary>
    public static int[] CountsOf(SemanticIdTable ids, int level)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(level, ids.Levels);
        var counts = new int[ids.CodebookSizes[level]];
        for (var at = level; at < ids.Codes.Length; at += ids.Levels)
            counts[ids.Codes[at]]++;
        return counts;
    }

    /// <summary><c>exp</c> of the entropy of counts.</summary>
    internal static double PerplexityOf(IReadOnlyCollection<int> counts)
    {
        double total = counts.Sum();
        return Math.Exp(-counts.Where(count => count > 0).Sum(count => count / total * Math.Log(count / total)));
    }
}
