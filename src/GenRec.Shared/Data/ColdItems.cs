using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>A split whose cases are kept apart by whether the target occurs in training.</summary>
/// <param name="Split">The split that training uses; its cases are those below together.</param>
/// <param name="Items">Cold items: targets that never occur in training, ascending.</param>
/// <param name="WarmValidation">Validation cases whose target occurs in training.</param>
/// <param name="ColdValidation">Validation cases whose target does not.</param>
/// <param name="WarmTest">Test cases whose target occurs in training.</param>
/// <param name="ColdTest">Test cases whose target does not.</param>
public sealed record ColdItemSplit(
    Split Split,
    int[] Items,
    NextItemCases WarmValidation,
    NextItemCases ColdValidation,
    NextItemCases WarmTest,
    NextItemCases ColdTest
) : RichRecord;

/// <summary>Items that a model meets for the first time when it is asked about them.</summary>
public static class ColdItems
{
    /// <summary>Keeps the cases of a split apart by whether the target occurs in training.</summary>
    /// <remarks>
    /// LIGER (arXiv:2411.18814) reports such cases apart. Its counts are the distinct targets of <c>ColdTest</c> under
    /// leave-one-out after <see cref="InteractionFilters.KeepLast"/> of 20 events: 43 for Beauty, 81 for Sports.
    /// </remarks>
    public static ColdItemSplit Separate(Split split)
    {
        ArgumentNullException.ThrowIfNull(split);
        var counts = split.Train.ItemCounts();
        var cold = split.Validation.Targets.Concat(split.Test.Targets).Where(item => counts[item] == 0);
        return new ColdItemSplit(
            split,
            [.. cold.Distinct().Order()],
            Part(split.Validation, cold: false),
            Part(split.Validation, cold: true),
            Part(split.Test, cold: false),
            Part(split.Test, cold: true)
        );

        NextItemCases Part(NextItemCases cases, bool cold) =>
            cases.At([.. Enumerable.Range(0, cases.Count).Where(i => counts[cases.Targets[i]] == 0 == cold)]);
    }

    /// <summary>Makes chosen items cold: takes all their events out of a split's training part.</summary>
    /// <param name="split">Any split; its cases stay as they are, and so do their histories, because the events did happen.</param>
    /// <param name="items">Items to hold out, ids <c>1..N</c>.</param>
    /// <remarks>As in TIGER's cold-start experiment (arXiv:2305.05065), which holds out 5 % of the test items.</remarks>
    public static ColdItemSplit HoldOut(Split split, IEnumerable<int> items)
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(items);
        var held = new bool[split.Train.ItemCount + 1];
        foreach (var item in items)
            held[item is >= 1 && item < held.Length ? item : throw OutOfRange(item)] = true;
        var train = split.Train.Where((user, place) => !held[split.Train.ItemsOf(user)[place]]);
        return Separate(split with { Name = $"{split.Name}-cold", Train = train });

        ArgumentOutOfRangeException OutOfRange(int item) =>
            new(nameof(items), item, $"Items are 1..{split.Train.ItemCount}.");
    }

    /// <summary>Draws a share of the distinct test targets, the same ones for the same seed on every machine.</summary>
    /// <param name="split">The split whose test targets are drawn from.</param>
    /// <param name="share">0..1; the number is rounded.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <returns>Item ids, ascending.</returns>
    public static int[] Draw(Split split, double share, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var targets = split.Test.Targets.Distinct().Order().ToArray();
        new CounterRandom(seed).Fork("cold items").Shuffle(targets.AsSpan(), 0);
        return [.. targets.Take((int)Math.Round(share * targets.Length)).Order()];
    }
}
