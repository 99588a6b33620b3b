using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;

namespace GenRec.Shared.SemanticIds.Measures;

/// <summary>What shared codes do to recall: the same lists of tuples, counted in three ways.</summary>
/// <param name="K">Length of the lists.</param>
/// <param name="ByTuple">The target's tuple is among the first K tuples: recall at the level of ids, as many papers report it.</param>
/// <param name="ByMember">
/// The same, worth <c>1 / group size</c>: one random member stands for its tuple (collision-corrected evaluation,
/// arXiv:2605.25330).
/// </param>
/// <param name="ByList">
/// The target is among the first K items when each tuple puts all its members on the list, in random order, before the next
/// tuple begins: what a shop could show.
/// </param>
/// <remarks>All are expected values over the random choices. Without collisions the three are equal.</remarks>
public sealed record CollisionRecall(int K, double ByTuple, double ByMember, double ByList) : RichRecord
{
    /// <summary>How much counting by tuple promises beyond a random member: 1 is a doubling. 0 where nothing is found.</summary>
    public double Inflation => ByMember == 0 ? 0 : ByTuple / ByMember - 1;

    /// <summary>Learns on tuples instead of items, lists the best tuples for each test case, and counts.</summary>
    /// <param name="ids">The items' ids, as the quantiser made them.</param>
    /// <param name="split">Interactions of the same items.</param>
    /// <param name="learn">Makes a recommender from training interactions whose "items" are tuples.</param>
    /// <param name="k">Length of the lists, at least 1.</param>
    /// <exception cref="ArgumentException">Ids and split are of different numbers of items.</exception>
    public static CollisionRecall Of(
        SemanticIdTable ids,
        Split split,
        Func<Interactions, IRecommender> learn,
        int k = 10
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(learn);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (ids.ItemCount != split.Train.ItemCount)
            throw new ArgumentException(
                $"There are ids of {ids.ItemCount} items and interactions of {split.Train.ItemCount}.",
                nameof(ids)
            );
        var (labels, sizes) = ids.Label(ids.Levels);
        var train = new Interactions(sizes.Length, split.Train.Offsets.ToArray(), Tuples(split.Train.Items));
        var test = new NextItemCases(
            split.Test.Users,
            Histories.From(Enumerable.Range(0, split.Test.Count).Select(row => Tuples(split.Test.Histories[row]))),
            Tuples(split.Test.Targets),
            sizes.Length
        );
        var lists = Evaluator.Evaluate(learn(train), test, options: new RankingOptions { TopK = k }).Top!;
        var (byTuple, byMember, byList) = (0.0, 0.0, 0.0);
        for (var row = 0; row < test.Count; row++)
        {
            var place = lists[row].IndexOf(test.Targets[row]);
            if (place < 0)
                continue;
            var (before, size) = (0, sizes[test.Targets[row] - 1]);
            foreach (var tuple in lists[row][..place])
                before += sizes[tuple - 1];
            byTuple++;
            byMember += 1.0 / size;
            byList += Math.Clamp((k - before) / (double)size, 0, 1);
        }
        return new CollisionRecall(k, byTuple / test.Count, byMember / test.Count, byList / test.Count);

        int[] Tuples(ReadOnlySpan<int> items)
        {
            var tuples = new int[items.Length];
            for (var at = 0; at < tuples.Length; at++)
                tuples[at] = labels[items[at] - 1] + 1;
            return tuples;
        }
    }
}
