using CsCheck;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Clustering;

namespace GenRec.Shared.Tests.SemanticIds;

public class KMeansTests
{
    [Theory]
    [InlineData(3, 5)]
    [InlineData(20, 7)]
    [InlineData(64, 1)]
    [InlineData(300, 33)]
    public void TheFastNearestCodeIsThatOfAPlainLoop(int codes, int width)
    {
        var points = Clouds.Around(50, 500, width, noise: 1, seed: 3);
        var centres = Clouds.Around(50, codes, width, noise: 1, seed: 4);
        using var p = NearestCodes.ToTensor(points.Values, 500, width);
        using var c = NearestCodes.ToTensor(centres.Values, codes, width);
        var (nearest, distances) = (new int[500], new float[500]);
        NearestCodes.AssignByProducts(p, c, nearest, distances);
        Check();
        Array.Clear(nearest);
        Array.Clear(distances);
        NearestCodes.AssignInRegisters(p, new PackedCodes(centres.Values, width), nearest, distances);
        Check();

        void Check()
        {
            for (var row = 0; row < 500; row++)
            {
                var all = Enumerable.Range(0, codes).Select(code => Distance(points[row], centres[code])).ToArray();
                Assert.InRange(all[nearest[row]] - all.Min(), 0, 1e-4);
                Assert.InRange(distances[row] - all.Min(), -1e-3, 1e-3);
            }
        }
    }

    [Fact]
    public void OfEqualCodesTheFirstIsTakenWhereverItLies() =>
        Gen.Select(Gen.Int[1, 150], Gen.Int[1, 20], Gen.Int[1, 5])
            .Sample(
                (codes, rows, width) =>
                {
                    // Whole numbers: every score is exact, so that copies of a code have equal ones.
                    var random = new CounterRandom((ulong)(codes * 100 + rows * 10 + width));
                    var book = Numbers(codes * width, 0);
                    var points = Numbers(rows * width, 1);
                    var nearest = new int[rows];
                    new PackedCodes(book, width).Search(points, nearest, []);
                    return Enumerable
                        .Range(0, rows)
                        .All(row =>
                        {
                            var point = points.AsSpan(row * width, width).ToArray();
                            var all = Enumerable
                                .Range(0, codes)
                                .Select(code => Distance(point, book.AsSpan(code * width, width)))
                                .ToArray();
                            return nearest[row] == Array.IndexOf(all, all.Min());
                        });

                    float[] Numbers(int count, ulong stream) =>
                        [.. Enumerable.Range(0, count).Select(at => (float)(random.At(stream, (ulong)at).UInt64 % 3))];
                }
            );

    [Fact]
    public void RangesCoverEveryRowOnceOnAnyNumberOfThreads() =>
        Gen.Select(Gen.Int[1, 5000], Gen.Int[1, 1 << 24])
            .Sample(
                (rows, products) =>
                {
                    var seen = new int[rows];
                    NearestCodes.InRanges(
                        rows,
                        products,
                        (start, size) =>
                        {
                            for (var row = start; row < start + size; row++)
                                Interlocked.Increment(ref seen[row]);
                        }
                    );
                    return seen.All(times => times == 1);
                },
                iter: 50
            );

    [Fact]
    public void OfEqualScoresTheFirstWins() =>
        Gen.Int[1, 40]
            .SelectMany(length =>
                Data.DataGen.Arrays(Gen.Int[0, 3], length, length)
                    .Select(values => Array.ConvertAll(values, v => (float)v))
            )
            .Sample(scores =>
                NearestCodes.ArgMax(scores, new float[scores.Length], out var largest)
                    == Array.IndexOf(scores, scores.Max())
                && largest == scores.Max()
            );

    [Fact]
    public void LloydIsThatOfAPlainLoopFromTheSameCentres()
    {
        var points = Clouds.Around(6, 200, 5, noise: 0.8);
        var once = KMeans.Fit(points, 6, new CounterRandom(1), new KMeansOptions { Rounds = 1, Tolerance = 0 });
        var twice = KMeans.Fit(points, 6, new CounterRandom(1), new KMeansOptions { Rounds = 2, Tolerance = 0 });
        for (var cluster = 0; cluster < 6; cluster++)
        {
            var own = Enumerable.Range(0, 200).Where(row => once.Labels[row] == cluster).ToArray();
            for (var i = 0; i < 5; i++)
                Assert.Equal(own.Average(row => points[row][i]), twice.Centres[cluster][i], 3);
        }
        Assert.True(twice.Inertia <= once.Inertia);
        Assert.InRange(KMeans.Fit(points, 6, new CounterRandom(1)).Rounds, 2, 20); // does not stop before it has begun
    }

    [Fact]
    public void ResidualCodesAreThoseOfAPlainLoop()
    {
        var vectors = Clouds.Around(20, 120, 6, noise: 0.5);
        using var fit = new ResidualKMeans(new() { Levels = 3, Codes = 7 }).Fit(
            vectors,
            new FitOptions { Collisions = CollisionPolicy.None }
        );
        var codec = (ResidualCodebooks)fit.Codec;
        for (var item = 1; item <= 120; item++)
        {
            var residual = vectors[item - 1].ToArray();
            for (var level = 0; level < 3; level++)
            {
                var book = codec.Codebook(level);
                var nearest = Enumerable.Range(0, 7).MinBy(code => Distance(residual, book[code]));
                Assert.Equal(nearest, fit.Ids[item][level]);
                for (var i = 0; i < 6; i++)
                    residual[i] -= book[nearest][i];
            }
        }
    }

    [Fact]
    public void EveryLevelLowersTheError()
    {
        var vectors = Clouds.Around(20, 200, 6, noise: 0.5);
        var errors = Enumerable
            .Range(1, 4)
            .Select(levels =>
            {
                using var fit = new ResidualKMeans(new() { Levels = levels, Codes = 7 }).Fit(vectors);
                return Clouds.Error(vectors, fit.Codec.Reconstruct(fit.Codec.Assign(vectors)));
            })
            .ToArray();
        Assert.Equal(errors.OrderDescending(), errors);
    }

    [Theory]
    [InlineData(100, 10, BalancedOrder.ClusterAfterCluster)]
    [InlineData(103, 10, BalancedOrder.ClusterAfterCluster)]
    [InlineData(9, 9, BalancedOrder.ClusterAfterCluster)]
    [InlineData(100, 10, BalancedOrder.NearestPairFirst)]
    [InlineData(103, 10, BalancedOrder.NearestPairFirst)]
    [InlineData(9, 9, BalancedOrder.NearestPairFirst)]
    public void BalancedClustersAreEquallyLarge(int rows, int clusters, BalancedOrder order)
    {
        var made = KMeans.Fit(
            Clouds.Around(3, rows, 4),
            clusters,
            new CounterRandom(1),
            new KMeansOptions { Balanced = true, Order = order }
        );
        var counts = made.Labels.CountBy(label => label).Select(pair => pair.Value).ToArray();
        Assert.Equal(clusters, counts.Length);
        Assert.True(counts.Max() - counts.Min() <= 1);
    }

    [Theory]
    [InlineData(BalancedOrder.ClusterAfterCluster)]
    [InlineData(BalancedOrder.NearestPairFirst)]
    public void ASweepIsThatOfAPlainLoop(BalancedOrder order)
    {
        var (points, centres) = (Clouds.Around(4, 47, 3, noise: 1, seed: 3), Clouds.Around(4, 5, 3, noise: 1, seed: 4));
        var (free, room) = (Enumerable.Range(0, 47).ToHashSet(), new[] { 10, 10, 9, 9, 9 }); // 47 = 9 x 5 + 2
        var expected = new int[47];
        if (order == BalancedOrder.ClusterAfterCluster)
            for (var cluster = 0; cluster < 5; cluster++)
                foreach (
                    var row in free.OrderBy(row => Distance(points[row], centres[cluster]))
                        .Take(room[cluster])
                        .ToArray()
                )
                {
                    expected[row] = cluster;
                    free.Remove(row);
                }
        else
            for (var (taken, larger) = (new int[5], 2); free.Count > 0; )
            {
                var (row, cluster) = free.SelectMany(row => Enumerable.Range(0, 5).Select(cluster => (row, cluster)))
                    .Where(pair => taken[pair.cluster] < 9 + (larger > 0 ? 1 : 0))
                    .MinBy(pair => Distance(points[pair.row], centres[pair.cluster]));
                expected[row] = cluster;
                larger -= ++taken[cluster] > 9 ? 1 : 0;
                free.Remove(row);
            }
        Assert.Equal(expected, Sweep(points, centres, order).Labels);
    }

    [Fact]
    public void TheLastClustersGetWhatIsLeftUnlessNearestPairsGoFirst() // order effects
    {
        var (points, centres) = (
            Clouds.Around(6, 120, 4, noise: 1, seed: 5),
            Clouds.Around(6, 8, 4, noise: 1, seed: 6)
        );
        var backwards = new EmbeddingMatrix(
            8,
            4,
            [.. Enumerable.Range(0, 8).Reverse().SelectMany(code => centres[code].ToArray())]
        );
        foreach (var order in Enum.GetValues<BalancedOrder>())
        {
            var (labels, renumbered) = (Sweep(points, centres, order).Labels, Sweep(points, backwards, order).Labels);
            var same = labels.Zip(renumbered, (one, other) => one == 7 - other).All(isSame => isSame);
            Assert.Equal(order == BalancedOrder.NearestPairFirst, same); // 120 = 8 x 15: no remainder hides the difference
        }
        var inOrder = Sweep(points, centres, BalancedOrder.ClusterAfterCluster).Labels;
        double Spread(int cluster) =>
            Enumerable
                .Range(0, 120)
                .Where(row => inOrder[row] == cluster)
                .Average(row => Distance(points[row], centres[cluster]));
        Assert.True(Spread(7) > 2 * Spread(0), $"{Spread(7)} {Spread(0)}");
        var all = Sweep(points, centres, BalancedOrder.NearestPairFirst).Labels;
        double Total(int[] of) => Enumerable.Range(0, 120).Sum(row => Distance(points[row], centres[of[row]]));
        Assert.True(Total(all) < Total(inOrder));
    }

    [Fact]
    public void BalancedIdsThatWereLearnedFromAPartKeepTheBalanceThere()
    {
        var vectors = Clouds.Around(5, 90, 4, noise: 1);
        int[] learned = [.. Enumerable.Range(1, 90).Where(item => item % 3 != 0)];
        using var fit = new ResidualKMeans(
            new()
            {
                Levels = 2,
                Codes = 6,
                Clustering = new() { Balanced = true },
            }
        ).Fit(vectors, new FitOptions { Collisions = CollisionPolicy.None, LearnFrom = learned });
        foreach (var level in new[] { 0, 1 })
            Assert.All(learned.CountBy(item => fit.Ids[item][level]), code => Assert.Equal(10, code.Value)); // 60 / 6
    }

    private static KMeansResult Sweep(EmbeddingMatrix points, EmbeddingMatrix centres, BalancedOrder order)
    {
        using var p = NearestCodes.ToTensor(points.Values, points.Rows, points.Columns);
        using var c = NearestCodes.ToTensor(centres.Values, centres.Rows, centres.Columns);
        return BalancedKMeans.Run(
            p,
            c,
            new KMeansOptions
            {
                Rounds = 1,
                Balanced = true,
                Order = order,
            }
        );
    }

    [Fact]
    public void QuickselectFindsTheSmallest() =>
        Data
            .DataGen.Arrays(Gen.Int[0, 5], 1, 30)
            .Sample(values =>
            {
                for (var count = 0; count <= values.Length; count++)
                {
                    var keys = Array.ConvertAll(values, value => (float)value);
                    var items = Enumerable.Range(0, values.Length).ToArray();
                    BalancedKMeans.Nearest(keys, items, count);
                    var expected = values
                        .Select((value, item) => (value, item))
                        .Order()
                        .Take(count)
                        .Select(x => x.item);
                    Assert.Equal(expected.Order(), items.Take(count).Order());
                }
            });

    [Fact]
    public void TheBoundedAssignmentIsTheCheapestOfAll() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 3], Gen.Int[0, 1_000_000])
            .Sample(
                (points, clusters, seed) =>
                {
                    var random = new CounterRandom((ulong)seed);
                    var costs = Enumerable
                        .Range(0, points * clusters)
                        .Select(at => (float)(random.At(0, (ulong)at).UInt64 % 20)) // ties, too
                        .ToArray();
                    var fewest = (int)(random.At(1, 0).UInt64 % (ulong)(points / clusters + 1));
                    var least = (points + clusters - 1) / clusters;
                    var most = least + (int)(random.At(1, 1).UInt64 % 3);
                    var labels = BoundedKMeans.Assign(costs, clusters, fewest, most);
                    var best = double.PositiveInfinity;
                    for (var code = 0; code < Math.Pow(clusters, points); code++)
                    {
                        var tried = Enumerable
                            .Range(0, points)
                            .Select(p => code / (int)Math.Pow(clusters, p) % clusters)
                            .ToArray();
                        if (IsWithin(tried))
                            best = Math.Min(best, CostOf(tried));
                    }
                    return IsWithin(labels) && CostOf(labels) == best;

                    bool IsWithin(int[] given) =>
                        Enumerable
                            .Range(0, clusters)
                            .All(c => given.Count(label => label == c) is var size && size >= fewest && size <= most);
                    double CostOf(int[] given) => given.Select((label, p) => (double)costs[p * clusters + label]).Sum();
                },
                iter: 300
            );

    [Fact]
    public void BoundedClustersKeepTheirBoundsAndCostLittleMoreThanFreeOnes()
    {
        var points = Clouds.Around(4, 300, 6, noise: 0.5); // few places for many clusters: free sizes differ much
        var free = KMeans.Fit(points, 12, new CounterRandom(1));
        var options = new KMeansOptions { FewestPoints = 15, MostPoints = 40 };
        var bounded = KMeans.Fit(points, 12, new CounterRandom(1), options);
        var sizes = bounded.Labels.CountBy(label => label).Select(count => count.Value).ToArray();
        Assert.Equal(12, sizes.Length);
        Assert.All(sizes, size => Assert.InRange(size, 15, 40));
        Assert.InRange(bounded.Inertia / free.Inertia, 0.7, 1.5);
    }

    [Theory]
    [InlineData(30, 0)]
    [InlineData(0, 20)]
    [InlineData(25, 24)]
    public void BoundsThatNoSizesCanKeepAreRefused(int fewest, int most)
    {
        var points = Clouds.Around(4, 300, 6);
        var options = new KMeansOptions { FewestPoints = fewest, MostPoints = most };
        Assert.Throws<ArgumentException>(() => KMeans.Fit(points, 12, new CounterRandom(1), options));
    }

    [Fact]
    public void FewerDifferentPointsThanClustersStillEnd()
    {
        var same = new EmbeddingMatrix(10, 2, Enumerable.Repeat(1f, 20).ToArray());
        var made = KMeans.Fit(same, 4, new CounterRandom(1));
        Assert.Equal(0, made.Inertia, 6);
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += Math.Pow((double)a[i] - b[i], 2);
        return sum;
    }
}
