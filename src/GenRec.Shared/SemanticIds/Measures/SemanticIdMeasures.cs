using System.Runtime.InteropServices;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;

namespace GenRec.Shared.SemanticIds.Measures;

/// <summary>What ids say about vectors and categories, measured alike for every method.</summary>
internal static class SemanticIdMeasures
{
    /// <summary>Share of the vectors' variance that the first levels explain, <c>[ContentLevels]</c>, rising.</summary>
    /// <remarks>
    /// Codebooks are refitted, so that sets whose codebooks are not published compare: on each level the code's vector is the mean of
    /// what the levels before left over. In a tree a prefix stands for the mean of its items.
    /// </remarks>
    public static double[] Explained(SemanticIdTable ids, EmbeddingMatrix vectors)
    {
        var width = vectors.Columns;
        var residual = vectors.Values.ToArray();
        RemoveMeans(residual, width, new int[ids.ItemCount], 1);
        var whole = SquaredSum(residual);
        var explained = new double[ids.ContentLevels];
        for (var level = 0; level < explained.Length; level++)
        {
            var (labels, groups) =
                ids.Structure == CodeStructure.Tree
                    ? (ids.Label(level + 1).Labels, ids.Label(level + 1).Counts.Length)
                    : (Column(ids, level), ids.CodebookSizes[level]);
            RemoveMeans(residual, width, labels, groups);
            explained[level] = whole == 0 ? 1 : 1 - SquaredSum(residual) / whole;
        }
        return explained;
    }

    /// <summary>
    /// Normalised mutual information of two labellings, <c>2 I / (H + H')</c>, 0..1; items that lack one are left out.
    /// </summary>
    public static double MutualInformation(IReadOnlyList<int> first, IReadOnlyList<int> second)
    {
        var (joint, left, right) = (
            new Dictionary<(int, int), int>(),
            new Dictionary<int, int>(),
            new Dictionary<int, int>()
        );
        var total = 0.0;
        for (var at = 0; at < first.Count; at++)
        {
            if (first[at] < 0 || second[at] < 0)
                continue;
            Count(joint, (first[at], second[at]));
            Count(left, first[at]);
            Count(right, second[at]);
            total++;
        }
        var (a, b, both) = (Entropy(left.Values), Entropy(right.Values), Entropy(joint.Values));
        return a + b == 0 ? 0 : 2 * (a + b - both) / (a + b);

        double Entropy(IEnumerable<int> counts) => -counts.Sum(count => count / total * Math.Log(count / total));

        static void Count<T>(Dictionary<T, int> counts, T key)
            where T : notnull => CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;
    }

    /// <summary>
    /// Share of an item's nearest neighbours by cosine that are also its nearest by id: by shared leading codes, or by the number of
    /// equal codes where codes have no order. Where several items are equally near by id, their expected share counts.
    /// </summary>
    public static double Neighbours(SemanticIdTable ids, EmbeddingMatrix vectors, SemanticIdEvidence evidence)
    {
        using var all = NearestCodes.ToTensor(vectors.Values, vectors.Rows, vectors.Columns);
        return Neighbours(ids, Neighbourhood.Of(all, evidence));
    }

    /// <summary>The same where the neighbours by cosine are known: they stay while ids change.</summary>
    public static double Neighbours(SemanticIdTable ids, Neighbourhood near)
    {
        if (near.Wanted < 1)
            return 1;
        var prefixes =
            ids.Structure == CodeStructure.Product
                ? null
                : Enumerable.Range(0, ids.ContentLevels + 1).Select(ids.Label).ToArray();
        var (counts, hits, found) = (new int[ids.ContentLevels + 1], new int[ids.ContentLevels + 1], 0.0);
        for (var at = 0; at < near.Sample.Length; at++)
        {
            var own = near.Sample[at];
            Array.Clear(counts);
            Array.Clear(hits);
            if (prefixes is null)
                CountEqualCodes(ids, own, counts);
            else
                for (var depth = 0; depth < counts.Length; depth++)
                    counts[depth] =
                        Sharing(prefixes[depth], own)
                        - (depth + 1 < counts.Length ? Sharing(prefixes[depth + 1], own) : 1); // itself
            foreach (var row in near.Rows.AsSpan(at * near.Wanted, near.Wanted))
                hits[prefixes is null ? EqualCodes(ids, own, row) : SharedPrefix(prefixes, own, row)]++;
            var left = near.Wanted;
            for (var degree = counts.Length - 1; degree >= 0 && left > 0; degree--)
            {
                var taken = Math.Min(left, counts[degree]);
                if (taken > 0)
                    found += hits[degree] * (taken / (double)counts[degree]);
                left -= taken;
            }
        }
        return found / (near.Wanted * (double)near.Sample.Length);

        static int Sharing((int[] Labels, int[] Counts) prefix, int row) => prefix.Counts[prefix.Labels[row]];
    }

    /// <summary>
    /// Mean cosine of pairs that share at least d leading codes, <c>[ContentLevels + 1]</c>; entry 0 is that of random pairs, NaN
    /// where no sampled item shares a prefix.
    /// </summary>
    public static double[] PrefixCosine(SemanticIdTable ids, EmbeddingMatrix vectors, SemanticIdEvidence evidence)
    {
        var sample = Neighbourhood.SampleOf(ids.ItemCount, evidence);
        var random = new CounterRandom(evidence.Seed).Fork("pairs");
        var means = new double[ids.ContentLevels + 1];
        for (var depth = 0; depth < means.Length; depth++)
        {
            var (labels, counts) = ids.Label(depth);
            var members = new List<int>?[counts.Length];
            foreach (var row in sample)
                if (counts[labels[row]] > 1)
                    members[labels[row]] ??= [];
            for (var row = 0; row < labels.Length; row++)
                members[labels[row]]?.Add(row);
            var (sum, pairs) = (0.0, 0);
            for (var at = 0; at < sample.Length; at++)
            {
                if (members[labels[sample[at]]] is not { } group)
                    continue;
                var place = random.At(depth, at).Below(group.Count - 1);
                if (group[place] >= sample[at])
                    place++; // skips the item itself, so that all others are equally likely
                sum += Cosine(vectors[sample[at]], vectors[group[place]]);
                pairs++;
            }
            means[depth] = pairs == 0 ? double.NaN : sum / pairs;
        }
        return means;
    }

    /// <summary>Codes of one level, <c>[N]</c>.</summary>
    public static int[] Column(SemanticIdTable ids, int level)
    {
        var column = new int[ids.ItemCount];
        for (var row = 0; row < column.Length; row++)
            column[row] = ids.Codes[row * ids.Levels + level];
        return column;
    }

    private static void CountEqualCodes(SemanticIdTable ids, int own, int[] counts)
    {
        for (var row = 0; row < ids.ItemCount; row++)
            if (row != own)
                counts[EqualCodes(ids, own, row)]++;
    }

    private static int EqualCodes(SemanticIdTable ids, int own, int other)
    {
        var a = ids[own + 1];
        var b = ids[other + 1];
        var equal = 0;
        for (var level = 0; level < ids.ContentLevels; level++)
            equal += a[level] == b[level] ? 1 : 0;
        return equal;
    }

    private static int SharedPrefix((int[] Labels, int[] Counts)[] prefixes, int own, int other)
    {
        var depth = prefixes.Length - 1;
        while (prefixes[depth].Labels[own] != prefixes[depth].Labels[other])
            depth--; // all share the empty prefix
        return depth;
    }

    private static void RemoveMeans(float[] values, int width, int[] labels, int groups)
    {
        var (sums, counts) = (new double[groups * width], new int[groups]);
        for (var row = 0; row < labels.Length; row++)
        {
            counts[labels[row]]++;
            for (var i = 0; i < width; i++)
                sums[labels[row] * width + i] += values[row * width + i];
        }
        for (var row = 0; row < labels.Length; row++)
        for (var i = 0; i < width; i++)
            values[row * width + i] -= (float)(sums[labels[row] * width + i] / counts[labels[row]]);
    }

    private static double SquaredSum(float[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += (double)value * value;
        return sum;
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (dot, left, right) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            left += (double)a[i] * a[i];
            right += (double)b[i] * b[i];
        }
        return dot / Math.Max(1e-12, Math.Sqrt(left * right));
    }
}
