using GenRec.Shared.Data;
using GenRec.Shared.Data.Worlds;

namespace GenRec.Shared.Tests.Worlds;

/// <summary>Worlds that several tests look at, and simple recommenders fitted on what a model may see.</summary>
internal static class WorldSamples
{
    private static readonly Lazy<World> sequences = new(() => World.Create(WorldPreset.Sequences));
    private static readonly Lazy<World> smoke = new(() => World.Create(WorldPreset.Smoke));
    private static readonly Lazy<World> unordered = new(() => World.Create(WorldPreset.Unordered));

    public static World Sequences => sequences.Value;
    public static World Smoke => smoke.Value;
    public static World Unordered => unordered.Value;

    /// <summary>The k most popular items for everybody.</summary>
    public static int[] Popularity(Split split, int k)
    {
        var best = Best(Array.ConvertAll(split.Train.ItemCounts(), count => (double)count), k);
        return [.. split.Test.Targets.SelectMany(_ => best)];
    }

    /// <summary>
    /// First-order Markov chain: what most often came right after (or, for the control, right before) the last item.
    /// Transitions of the user who is asked about are left out, so that both directions know equally much.
    /// </summary>
    public static int[] Markov(Split split, int k, bool backwards = false)
    {
        var follows = new Dictionary<int, double>[split.Train.ItemCount + 1];
        for (var item = 0; item < follows.Length; item++)
            follows[item] = [];
        for (var user = 0; user < split.Train.Users; user++)
            AddTransitions(follows, split.Train.ItemsOf(user), backwards, 1);
        var popularity = split.Train.ItemCounts();
        return
        [
            .. Enumerable
                .Range(0, split.Test.Count)
                .SelectMany(c =>
                {
                    var own = split.Train.ItemsOf(split.Test.Users[c]);
                    AddTransitions(follows, own, backwards, -1);
                    var scores = Array.ConvertAll(popularity, count => 1e-6 * count);
                    foreach (var (item, n) in follows[split.Test.Histories[c][^1]])
                        scores[item] += n;
                    AddTransitions(follows, own, backwards, 1);
                    return Best(scores, k);
                }),
        ];
    }

    /// <summary>Items that often share a history with those of this history (cosine), however they are ordered.</summary>
    public static int[] ItemNeighbours(Split split, int k)
    {
        var (items, counts) = (split.Train.ItemCount, split.Train.ItemCounts());
        var together = new Dictionary<int, double>[items + 1];
        for (var item = 0; item <= items; item++)
            together[item] = [];
        for (var user = 0; user < split.Train.Users; user++)
            foreach (var a in split.Train.ItemsOf(user))
            foreach (var b in split.Train.ItemsOf(user))
                if (a != b)
                    together[a][b] = together[a].GetValueOrDefault(b) + 1;
        return
        [
            .. Enumerable
                .Range(0, split.Test.Count)
                .SelectMany(c =>
                {
                    var scores = new double[items + 1];
                    foreach (var a in split.Test.Histories[c])
                    foreach (var (b, n) in together[a])
                        scores[b] += n / Math.Sqrt((counts[a] + 1.0) * (counts[b] + 1.0));
                    foreach (var a in split.Test.Histories[c])
                        scores[a] = -1;
                    return Best(scores, k);
                }),
        ];
    }

    private static int[] Best(double[] scores, int k)
    {
        var heap = new PriorityQueue<int, double>();
        for (var item = 1; item < scores.Length; item++)
            if (heap.Count < k)
                heap.Enqueue(item, scores[item]);
            else
                heap.EnqueueDequeue(item, scores[item]);
        var best = new int[k];
        for (var place = k - 1; place >= 0; place--)
            best[place] = heap.Dequeue();
        return best;
    }

    private static void AddTransitions(Dictionary<int, double>[] follows, ReadOnlySpan<int> row, bool back, int sign)
    {
        for (var at = 0; at + 1 < row.Length; at++)
        {
            var (from, to) = back ? (row[at + 1], row[at]) : (row[at], row[at + 1]);
            follows[from][to] = follows[from].GetValueOrDefault(to) + sign;
        }
    }
}
