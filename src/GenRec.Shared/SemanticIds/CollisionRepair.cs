using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;

namespace GenRec.Shared.SemanticIds;

/// <summary>Tells apart items that share all codes.</summary>
public static class CollisionRepair
{
    private const int SinkhornRounds = 20; // LC-Rec, index/generate_indices.py

    /// <summary>Applies a policy; the outcome says what was found, and what is left.</summary>
    /// <param name="ids">The quantiser's own codes.</param>
    /// <param name="policy">What to do.</param>
    /// <param name="codec">Gives the costs of last codes; needed by <see cref="CollisionPolicy.Sinkhorn"/> and <see cref="CollisionPolicy.FreeCode"/>.</param>
    /// <param name="vectors">The items' vectors, needed by the same.</param>
    /// <returns>Ids whose origin names the outcome, and the outcome.</returns>
    /// <exception cref="ArgumentException">The policy needs costs and there are none, or the vectors are of other items.</exception>
    public static (SemanticIdTable Ids, CollisionOutcome Outcome) Apply(
        SemanticIdTable ids,
        CollisionPolicy policy,
        ICodec? codec = null,
        EmbeddingMatrix? vectors = null
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        var before = CollisionCounts.Of(ids);
        var repaired = ids;
        if (before.SharedItems > 0)
            repaired = policy switch
            {
                CollisionPolicy.ExtraToken => Numbered(ids, before.LargestGroup),
                CollisionPolicy.Sinkhorn => BySinkhorn(ids, Costs(ids, policy, codec, vectors)),
                CollisionPolicy.FreeCode => ByFreeCodes(ids, Costs(ids, policy, codec, vectors)),
                _ => ids,
            };
        var outcome = new CollisionOutcome(policy, before, CollisionCounts.Of(repaired), Moved(ids, repaired));
        var origin = (repaired.Origin ?? new SemanticIdOrigin("unknown")) with { Collisions = outcome.Summary };
        var named = new SemanticIdTable(
            repaired.CodebookSizes.ToArray(),
            repaired.Codes.ToArray(),
            repaired.Structure,
            repaired.IsNumbered
        )
        {
            Origin = origin,
        };
        return (named, outcome);
    }

    /// <summary>The item that a tuple stands for where several share it: a random member, the same for the same draw.</summary>
    /// <returns>An item id, or 0 where no item has the tuple.</returns>
    public static int Member(SemanticIdTable ids, ReadOnlySpan<int> id, CounterDraw draw)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var members = ids.ItemsOf(id);
        return members.Count == 0 ? 0 : members[draw.Below(members.Count)];
    }

    private static SemanticIdTable Numbered(SemanticIdTable ids, int largestGroup)
    {
        var (labels, counts) = ids.Label(ids.Levels);
        var (next, levels) = (new int[counts.Length], ids.Levels);
        var codes = new int[ids.ItemCount * (levels + 1)];
        for (var row = 0; row < ids.ItemCount; row++)
        {
            ids[row + 1].CopyTo(codes.AsSpan(row * (levels + 1)));
            codes[row * (levels + 1) + levels] = next[labels[row]]++;
        }
        return ids.With([.. ids.CodebookSizes, largestGroup], codes, isNumbered: true);
    }

    private static SemanticIdTable BySinkhorn(SemanticIdTable ids, Func<IReadOnlyList<int>, float[]> costsOf)
    {
        var (codes, levels, columns) = (ids.Codes.ToArray(), ids.Levels, ids.CodebookSizes[^1]);
        var now = ids;
        for (var round = 0; round < SinkhornRounds && !now.IsUnique; round++)
        {
            foreach (var group in now.SharedTuples())
            {
                var chosen = Sinkhorn.Assign(costsOf(group), columns);
                for (var at = 0; at < group.Count; at++)
                    codes[group[at] * levels - 1] = chosen[at];
            }
            now = ids.With(ids.CodebookSizes.ToArray(), [.. codes], ids.IsNumbered);
        }
        return now;
    }

    private static SemanticIdTable ByFreeCodes(SemanticIdTable ids, Func<IReadOnlyList<int>, float[]> costsOf)
    {
        var (codes, levels, columns) = (ids.Codes.ToArray(), ids.Levels, ids.CodebookSizes[^1]);
        var (prefixes, counts) = ids.Label(levels - 1);
        var members = counts.Select(count => new List<int>(count)).ToArray();
        for (var item = 1; item <= ids.ItemCount; item++)
            members[prefixes[item - 1]].Add(item);
        foreach (var prefix in members)
        {
            var last = prefix.Select(item => codes[item * levels - 1]).ToHashSet();
            if (last.Count == prefix.Count)
                continue;
            // Of more items than codes the first ones get codes of their own; the others keep theirs and stay shared.
            var moved = prefix.Take(columns).ToList();
            var chosen = MinimumCostAssignment.Solve(costsOf(moved), columns);
            for (var at = 0; at < moved.Count; at++)
                codes[moved[at] * levels - 1] = chosen[at];
        }
        return ids.With(ids.CodebookSizes.ToArray(), codes, ids.IsNumbered);
    }

    private static Func<IReadOnlyList<int>, float[]> Costs(
        SemanticIdTable ids,
        CollisionPolicy policy,
        ICodec? codec,
        EmbeddingMatrix? vectors
    )
    {
        if (codec is not { HasCosts: true } || vectors is null)
            throw new ArgumentException(
                $"The policy '{policy}' moves items to the next best code and needs a codec with costs and the vectors; "
                    + $"{ids.Origin?.Method ?? "this quantiser"} has none. Use ExtraToken.",
                nameof(policy)
            );
        if (vectors.Rows != ids.ItemCount)
            throw new ArgumentException(
                $"There are {vectors.Rows} vectors for {ids.ItemCount} items.",
                nameof(vectors)
            );
        return items =>
        {
            var rows = new float[items.Count * vectors.Columns];
            var codes = new int[items.Count * ids.Levels];
            for (var at = 0; at < items.Count; at++)
            {
                vectors[items[at] - 1].CopyTo(rows.AsSpan(at * vectors.Columns));
                ids[items[at]].CopyTo(codes.AsSpan(at * ids.Levels));
            }
            return codec.LastLevelCosts(new EmbeddingMatrix(items.Count, vectors.Columns, rows), codes);
        };
    }

    private static int Moved(SemanticIdTable before, SemanticIdTable after)
    {
        var moved = 0;
        for (var item = 1; item <= before.ItemCount; item++)
            if (!before[item].SequenceEqual(after[item][..before.Levels]))
                moved++;
        return moved;
    }
}
