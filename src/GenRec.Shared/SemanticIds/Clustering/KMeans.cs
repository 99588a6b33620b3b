using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>Lloyd's k-means with k-means++ seeding, and its forms with equal and with bounded cluster sizes.</summary>
/// <remarks>The same points, options and random numbers give the same clusters on the same machine.</remarks>
public static class KMeans
{
    /// <summary>Clusters points.</summary>
    /// <param name="points"><c>[n, d]</c>, finite.</param>
    /// <param name="clusters">k, <c>1..n</c>.</param>
    /// <param name="random">Where the first centres come from.</param>
    /// <param name="options">Rounds, seeding, balance.</param>
    /// <exception cref="ArgumentException">There are more clusters than points, or an option is out of range.</exception>
    public static KMeansResult Fit(
        EmbeddingMatrix points,
        int clusters,
        CounterRandom random,
        KMeansOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(points);
        FitSteps.RequireFinite(points);
        using var tensor = NearestCodes.ToTensor(points.Values, points.Rows, points.Columns);
        return Fit(tensor, clusters, random, options ?? new KMeansOptions());
    }

    internal static KMeansResult Fit(Tensor points, int clusters, CounterRandom random, KMeansOptions options)
    {
        options.Validate();
        var (rows, width) = ((int)points.shape[0], (int)points.shape[1]);
        if (clusters < 1 || clusters > rows)
            throw new ArgumentException($"{rows} points do not make {clusters} clusters.", nameof(clusters));
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var centres = Seeding(points, clusters, random, options);
        return options switch
        {
            { Balanced: true } => BalancedKMeans.Run(points, centres, options),
            { IsBounded: true } => BoundedKMeans.Run(points, centres, options),
            _ => Lloyd(points, centres, rows, width, options),
        };
    }

    private static KMeansResult Lloyd(Tensor points, Tensor centres, int rows, int width, KMeansOptions options)
    {
        var clusters = (int)centres.shape[0];
        var (labels, distances) = (new int[rows], new float[rows]);
        var (before, inertia, round) = (double.PositiveInfinity, 0.0, 0);
        while (true)
        {
            NearestCodes.Assign(points, centres, labels, distances);
            inertia = Sum(distances);
            if (round == options.Rounds || (round > 0 && before - inertia <= options.Tolerance * before))
                break;
            (before, round) = (inertia, round + 1);
            Average(NearestCodes.Floats(points), labels, distances, NearestCodes.Floats(centres), width, clusters);
        }
        var kept = new EmbeddingMatrix(clusters, width, NearestCodes.Floats(centres).ToArray());
        return new KMeansResult(kept, labels, inertia, round);
    }

    /// <summary>Moves each centre to the mean of its points; one without points goes to the point farthest from its centre.</summary>
    internal static void Average(
        ReadOnlySpan<float> points,
        int[] labels,
        float[] distances,
        Span<float> centres,
        int width,
        int clusters
    )
    {
        var counts = new int[clusters];
        var sums = new float[clusters * width];
        for (var row = 0; row < labels.Length; row++)
        {
            counts[labels[row]]++;
            NearestCodes.Add(sums.AsSpan(labels[row] * width, width), points.Slice(row * width, width));
        }
        for (var cluster = 0; cluster < clusters; cluster++)
        {
            var centre = centres.Slice(cluster * width, width);
            if (counts[cluster] > 0)
            {
                var share = 1f / counts[cluster];
                for (var i = 0; i < width; i++)
                    centre[i] = sums[cluster * width + i] * share;
                continue;
            }
            var farthest = 0;
            for (var row = 1; row < distances.Length; row++)
                if (distances[row] > distances[farthest])
                    farthest = row;
            points.Slice(farthest * width, width).CopyTo(centre);
            distances[farthest] = 0; // the next empty cluster takes another one
        }
    }

    /// <summary>First centres: each is a point, drawn in proportion to its squared distance from those before.</summary>
    private static Tensor Seeding(Tensor points, int clusters, CounterRandom random, KMeansOptions options)
    {
        var rows = (int)points.shape[0];
        var wanted = (int)Math.Min(rows, Math.Max(clusters, (long)clusters * options.SeedingPoints));
        var order = Enumerable.Range(0, rows).Select(row => (long)row).ToArray();
        random.Shuffle(order.AsSpan(), stream: 0);
        var sample = points.index_select(0, tensor(order[..wanted])); // [wanted, d]
        var norms = NearestCodes.HalfSquaredNorms(NearestCodes.Floats(sample), (int)points.shape[1]);
        var gaps = new double[wanted];
        var chosen = new long[clusters];
        Array.Fill(gaps, double.PositiveInfinity);
        for (var made = 0; made < clusters; made++)
        {
            chosen[made] = made == 0 ? 0 : Draw(gaps, random.At(1, (ulong)made).Double, chosen.AsSpan(0, made));
            using var centre = sample[(int)chosen[made]];
            using var products = sample.mv(centre);
            var dots = NearestCodes.Floats(products);
            var own = norms[chosen[made]];
            for (var row = 0; row < wanted; row++)
                gaps[row] = Math.Min(gaps[row], Math.Max(0, 2.0 * (norms[row] + own - dots[row])));
            gaps[chosen[made]] = 0;
        }
        return sample.index_select(0, tensor(chosen)).contiguous();
    }

    private static int Draw(double[] gaps, double uniform, ReadOnlySpan<long> taken)
    {
        var total = 0.0;
        foreach (var gap in gaps)
            total += gap;
        var (left, last) = (uniform * total, -1);
        for (var row = 0; row < gaps.Length; row++)
        {
            if (gaps[row] <= 0)
                continue;
            last = row;
            if ((left -= gaps[row]) < 0)
                return row;
        }
        if (last >= 0)
            return last;
        for (var row = 0; ; row++) // only copies of chosen points are left: the first that is not taken itself
            if (!taken.Contains(row))
                return row;
    }

    private static double Sum(float[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
