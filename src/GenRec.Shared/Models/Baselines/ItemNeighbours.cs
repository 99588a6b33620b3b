using GenRec.Shared.Data;
using static TorchSharp.torch;

namespace GenRec.Shared.Models.Baselines;

/// <summary>
/// ItemKNN: items are alike when the same users chose them; a user is offered what is like what the user chose. Cosine
/// similarity with shrinkage, Sarwar et al., WWW 2001, section 3.1; shrinkage after Bell and Koren, ICDM 2007.
/// </summary>
public sealed class ItemNeighbours : FullScorer
{
    private readonly int itemCount;
    private readonly long[] offsets; // neighbours of item i: offsets[i]..offsets[i + 1]
    private readonly int[] neighbours;
    private readonly float[] similarities;

    /// <summary>Finds each item's nearest neighbours.</summary>
    /// <param name="train">What users chose; an item counts once a user.</param>
    /// <param name="k">Neighbours kept for each item, at least 1.</param>
    /// <param name="shrinkage">Added to the denominator, so that items with few users in common count as less alike; at least 0.</param>
    public ItemNeighbours(Interactions train, int k = 100, double shrinkage = 10)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(shrinkage);
        itemCount = train.ItemCount;
        var byUser = Enumerable.Range(0, train.Users).Select(user => Distinct(train.ItemsOf(user))).ToArray();
        var byItem = Invert(byUser);
        offsets = new long[itemCount + 2];
        var (found, values) = (new List<int>(), new List<float>());
        var together = new int[itemCount + 1];
        var touched = new List<int>();
        for (var item = 1; item <= itemCount; item++)
        {
            foreach (var user in byItem[item])
            foreach (var other in byUser[user])
                if (other != item && together[other]++ == 0)
                    touched.Add(other);
            var best = touched
                .Select(other =>
                    (
                        Other: other,
                        Similarity: Similarity(together[other], byItem[item].Count, byItem[other].Count, shrinkage)
                    )
                )
                .OrderByDescending(pair => pair.Similarity)
                .ThenBy(pair => pair.Other)
                .Take(k);
            foreach (var (other, similarity) in best)
            {
                found.Add(other);
                values.Add(similarity);
            }
            offsets[item + 1] = found.Count;
            foreach (var other in touched)
                together[other] = 0;
            touched.Clear();
        }
        (neighbours, similarities) = ([.. found], [.. values]);
    }

    /// <summary>Nearest neighbours of one item, nearest first.</summary>
    public IEnumerable<(int Item, float Similarity)> Of(int item)
    {
        for (var at = offsets[item]; at < offsets[item + 1]; at++)
            yield return (neighbours[at], similarities[at]);
    }

    /// <summary>Sums, over the items of a history, their similarity to each item.</summary>
    /// <inheritdoc/>
    public override Tensor ScoreAll(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        var width = itemCount + 1;
        var scores = new float[(long)histories.Count * width];
        for (var row = 0; row < histories.Count; row++)
            foreach (var item in histories[row])
                for (var at = offsets[item]; at < offsets[item + 1]; at++)
                    scores[row * width + neighbours[at]] += similarities[at];
        return tensor(scores).view(histories.Count, width);
    }

    private static float Similarity(int together, int first, int second, double shrinkage) =>
        (float)(together / (Math.Sqrt((double)first * second) + shrinkage));

    private static int[] Distinct(ReadOnlySpan<int> items) => [.. new HashSet<int>(items.ToArray())];

    private List<int>[] Invert(int[][] byUser)
    {
        var byItem = new List<int>[itemCount + 1];
        for (var item = 0; item <= itemCount; item++)
            byItem[item] = [];
        for (var user = 0; user < byUser.Length; user++)
            foreach (var item in byUser[user])
                byItem[item].Add(user);
        return byItem;
    }
}
