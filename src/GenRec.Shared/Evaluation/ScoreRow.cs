using System.Numerics;
using System.Runtime.InteropServices;

namespace GenRec.Shared.Evaluation;

/// <summary>What one pass over a case's scores finds; plain spans, so it runs without a tensor library.</summary>
internal static class ScoreRow
{
    /// <summary>Counts candidates above and level with the target.</summary>
    /// <param name="scores"><c>[N + 1]</c>; entry 0 is padding and is ignored.</param>
    /// <param name="target">The target's item id, <c>1..N</c>.</param>
    /// <param name="seen">Items that are no candidates; may repeat and may hold the target, which stays.</param>
    /// <param name="marks">Scratch, <c>[N + 1]</c>, all false before and after.</param>
    /// <param name="rank">The target's place.</param>
    /// <returns>Whether all of the scores are finite; otherwise <paramref name="rank"/> means nothing.</returns>
    public static bool TryRank(
        ReadOnlySpan<float> scores,
        int target,
        ReadOnlySpan<int> seen,
        Span<bool> marks,
        out TargetRank rank
    )
    {
        var score = scores[target];
        var (above, level, finite) = Count(scores[1..], score);
        level--; // the target itself
        foreach (var item in seen)
        {
            if (item == target || marks[item])
                continue;
            marks[item] = true;
            above -= scores[item] > score ? 1 : 0;
            level -= scores[item] == score ? 1 : 0;
        }
        foreach (var item in seen)
            marks[item] = false;
        rank = new TargetRank(above, level);
        return finite;
    }

    /// <summary>The k best candidates, ties by the lower id.</summary>
    /// <param name="scores"><c>[N + 1]</c>, finite; entry 0 is ignored.</param>
    /// <param name="target">Stays a candidate though it is seen; 0 for none.</param>
    /// <param name="seen">Items that are no candidates.</param>
    /// <param name="marks">Scratch, <c>[N + 1]</c>, all false before and after.</param>
    /// <param name="items">Receives item ids, best first, 0 where candidates ran out; <c>[k]</c>.</param>
    /// <param name="best">Receives their scores, negative infinity where candidates ran out; <c>[k]</c>.</param>
    public static void Top(
        ReadOnlySpan<float> scores,
        int target,
        ReadOnlySpan<int> seen,
        Span<bool> marks,
        Span<int> items,
        Span<float> best
    )
    {
        items.Clear();
        best.Fill(float.NegativeInfinity);
        foreach (var item in seen)
            marks[item] = item != target;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(scores);
        for (var v = 0; v < vectors.Length; v++)
        {
            if (!Vector.GreaterThanAny(vectors[v], new Vector<float>(best[^1])))
                continue; // nothing here enters the list: true of nearly all vectors
            var first = v * Vector<float>.Count;
            for (var item = Math.Max(first, 1); item < first + Vector<float>.Count; item++)
                Insert(scores[item], item, marks, items, best);
        }
        for (var item = Math.Max(vectors.Length * Vector<float>.Count, 1); item < scores.Length; item++)
            Insert(scores[item], item, marks, items, best);
        foreach (var item in seen)
            marks[item] = false;
    }

    private static void Insert(float score, int item, ReadOnlySpan<bool> marks, Span<int> items, Span<float> best)
    {
        if (!(score > best[^1]) || marks[item])
            return;
        var place = best.Length - 1;
        for (; place > 0 && score > best[place - 1]; place--)
            (best[place], items[place]) = (best[place - 1], items[place - 1]);
        (best[place], items[place]) = (score, item);
    }

    private static (int Above, int Level, bool Finite) Count(ReadOnlySpan<float> scores, float score)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(scores);
        var (target, above, level) = (new Vector<float>(score), Vector<int>.Zero, Vector<int>.Zero);
        var residue = Vector<float>.Zero; // x - x is 0 for a finite x, else NaN
        foreach (var vector in vectors)
        {
            above -= Vector.GreaterThan(vector, target); // a true lane is -1
            level -= Vector.Equals(vector, target);
            residue += vector - vector;
        }
        var (aboveCount, levelCount, rest) = (Vector.Sum(above), Vector.Sum(level), Vector.Sum(residue));
        foreach (var x in scores[(vectors.Length * Vector<float>.Count)..])
        {
            aboveCount += x > score ? 1 : 0;
            levelCount += x == score ? 1 : 0;
            rest += x - x;
        }
        return (aboveCount, levelCount, rest == 0);
    }
}
