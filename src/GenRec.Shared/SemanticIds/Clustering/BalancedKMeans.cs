using GenRec.Shared.Data.Importers;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>k-means with clusters of equal size.</summary>
/// <remarks>
/// Algorithm 1 of OneRec (arXiv:2502.18965): in each sweep the clusters, in order, take their <c>w = N / K</c> nearest points
/// among those still free, and their centre becomes the mean; it ends when a sweep changes nothing. Where K does not
/// divide N the first <c>N mod K</c> clusters are one larger. The order matters: the last clusters get what is left over.
/// <see cref="BalancedOrder.NearestPairFirst"/> is ours, and free of both: pairs go by distance, and the <c>N mod K</c> places above
/// <c>w</c> to whoever asks first.
/// </remarks>
internal static class BalancedKMeans
{
    private const long MostPairs = 200_000_000; // some 2 GB

    public static KMeansResult Run(Tensor points, Tensor centres, KMeansOptions options)
    {
        var (rows, width, clusters) = ((int)points.shape[0], (int)points.shape[1], (int)centres.shape[0]);
        var labels = new int[rows];
        var (inertia, round) = (0.0, 0);
        for (var changed = true; changed && round < options.Rounds; round++)
        {
            var found =
                options.Order == BalancedOrder.NearestPairFirst
                    ? TakeNearestPairs(points, centres, rows, clusters)
                    : Take(points, centres, rows, clusters);
            changed = round == 0 || !found.AsSpan().SequenceEqual(labels);
            labels = found;
            var unused = new float[rows]; // no cluster is empty, so that no point is asked for
            KMeans.Average(NearestCodes.Floats(points), labels, unused, NearestCodes.Floats(centres), width, clusters);
        }
        var values = NearestCodes.Floats(points);
        var kept = NearestCodes.Floats(centres).ToArray();
        for (var row = 0; row < rows; row++)
            inertia += SquaredDistance(values.Slice(row * width, width), kept.AsSpan(labels[row] * width, width));
        return new KMeansResult(new EmbeddingMatrix(clusters, width, kept), labels, inertia, round);
    }

    /// <summary>One sweep: each cluster in turn takes its nearest free points.</summary>
    private static int[] Take(Tensor points, Tensor centres, int rows, int clusters)
    {
        using var scope = NewDisposeScope();
        var halves = NearestCodes.HalfSquaredNorms(NearestCodes.Floats(centres), (int)centres.shape[1]);
        var norms = NearestCodes.HalfSquaredNorms(NearestCodes.Floats(points), (int)points.shape[1]);
        var products = centres.mm(points.t()).contiguous(); // [k, n]: a cluster reads its own row
        var scores = NearestCodes.Floats(products);
        var labels = new int[rows];
        var free = Enumerable.Range(0, rows).ToArray();
        var keys = new float[rows];
        var left = rows;
        for (var cluster = 0; cluster < clusters; cluster++)
        {
            var size = rows / clusters + (cluster < rows % clusters ? 1 : 0);
            var row = scores.Slice(cluster * rows, rows);
            for (var at = 0; at < left; at++)
                keys[at] = norms[free[at]] + halves[cluster] - row[free[at]];
            Nearest(keys.AsSpan(0, left), free.AsSpan(0, left), size);
            for (var at = 0; at < size; at++)
                labels[free[at]] = cluster;
            free.AsSpan(size, left - size).CopyTo(free);
            left -= size;
        }
        return labels;
    }

    /// <summary>One sweep: pairs of a point and a cluster by their distance, equal ones by point and then by cluster.</summary>
    private static int[] TakeNearestPairs(Tensor points, Tensor centres, int rows, int clusters)
    {
        if ((long)rows * clusters > MostPairs)
            throw new ArgumentException(
                $"{rows} points and {clusters} clusters make {(long)rows * clusters} pairs, at most {MostPairs} are sorted; take "
                    + $"{nameof(BalancedOrder)}.{nameof(BalancedOrder.ClusterAfterCluster)}."
            );
        using var scope = NewDisposeScope();
        var halves = NearestCodes.HalfSquaredNorms(NearestCodes.Floats(centres), (int)centres.shape[1]);
        var norms = NearestCodes.HalfSquaredNorms(NearestCodes.Floats(points), (int)points.shape[1]);
        var products = NearestCodes.Floats(points.mm(centres.t()).contiguous()); // [n, k]
        var pairs = new (float Distance, int Pair)[rows * clusters];
        for (var pair = 0; pair < pairs.Length; pair++)
            pairs[pair] = (norms[pair / clusters] + halves[pair % clusters] - products[pair], pair);
        Array.Sort(pairs);
        var (labels, taken, larger) = (new int[rows], new int[clusters], rows % clusters);
        Array.Fill(labels, -1);
        foreach (var (_, pair) in pairs)
        {
            var (row, cluster) = (pair / clusters, pair % clusters);
            var room = rows / clusters + (larger > 0 ? 1 : 0);
            if (labels[row] >= 0 || taken[cluster] >= room)
                continue;
            labels[row] = cluster;
            if (++taken[cluster] > rows / clusters)
                larger--;
        }
        return labels;
    }

    /// <summary>Brings the smallest keys, with their items, to the front (quickselect); ties go to the smaller item.</summary>
    internal static void Nearest(Span<float> keys, Span<int> items, int count)
    {
        var (low, high) = (0, keys.Length - 1);
        while (low < high && count > 0 && count <= high)
        {
            var middle = low + (high - low) / 2;
            var pivot = (Key: keys[middle], Item: items[middle]);
            var (left, right) = (low, high);
            while (left <= right)
            {
                while (Less((keys[left], items[left]), pivot))
                    left++;
                while (Less(pivot, (keys[right], items[right])))
                    right--;
                if (left > right)
                    continue;
                (keys[left], keys[right], items[left], items[right]) = (
                    keys[right],
                    keys[left],
                    items[right],
                    items[left]
                );
                left++;
                right--;
            }
            if (count <= right + 1)
                high = right;
            else if (count > left)
                low = left;
            else
                break;
        }

        static bool Less((float Key, int Item) a, (float Key, int Item) b) =>
            a.Key < b.Key || (a.Key == b.Key && a.Item < b.Item);
    }

    private static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)(a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
