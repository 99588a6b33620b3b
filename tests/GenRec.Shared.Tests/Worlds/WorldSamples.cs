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
    public static int[][] Popularity(Split split, int k)
    {
        var counts = split.Train.ItemCounts();
        var best = Enumerable.Range(1, split.Train.ItemCount).OrderByDescending(i => counts[i]).Take(k).ToArray();
        return [.. split.Test.Targets.Select(_ => best)];
    }

    /// <summary>
    /// First-order Markov chain: what most often came right after (or, for the control, right before) the last item.
    /// Transitions of the user who is asked about are left out, so that both directions know equally much.
    /// </summary>
    public static int[][] Markov(Split split, int k, bool backwards = false)
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
                .Select(c =>
                {
                    var own = split.Train.ItemsOf(split.Test.Users[c]);
                    AddTransitions(follows, own, backwards, -1);
                    var last = follows[split.Test.Histories[c][^1]];
                    var list = Enumerable
                        .Range(1, split.Train.ItemCount)
                        .OrderByDescending(i => last.GetValueOrDefault(i) + 1e-6 * popularity[i])
                        .Take(k)
                        .ToArray();
                    AddTransitions(follows, own, backwards, 1);
                    return list;
                }),
        ];
    }

    /// <summary>Items that often share a history with those of this history (cosine), however they are ordered.</summary>
    public static int[][] ItemNeighbours(Split split, int k)
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
                .Select(c =>
                {
                    var scores = new double[items + 1];
                    foreach (var a in split.Test.Histories[c])
                    foreach (var (b, n) in together[a])
                        scores[b] += n / Math.Sqrt((counts[a] + 1.0) * (counts[b] + 1.0));
                    foreach (var a in split.Test.Histories[c])
                        scores[a] = -1;
                    return Enumerable.Range(1, items).OrderByDescending(i => scores[i]).Take(k).ToArray();
                }),
        ];
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
