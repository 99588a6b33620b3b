using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Evaluation;

/// <summary>The frozen negatives of a sampled ranking.</summary>
/// <remarks>
/// A case's negatives depend on the seed, its user, its target and the length of its history, and on nothing else: not
/// on the model, not on which other cases are measured, not on their order or blocks. They are distinct, never the
/// target and never filtered. (kang205/SASRec util.py draws with repetition, filters the training items alone, and may
/// draw the target.)
/// </remarks>
public sealed class NegativeDraws : RichObject
{
    private readonly NextItemCases cases;
    private readonly SampledNegatives wanted;
    private readonly Histories? seen;
    private readonly CounterRandom random;
    private readonly long[] upTo; // upTo[i]: weights of the items 1..i

    /// <summary>Prepares the draws.</summary>
    /// <param name="cases">What is asked.</param>
    /// <param name="protocol">Must name negatives.</param>
    /// <param name="train">Training interactions, needed for popularity and for <see cref="SeenFilter.Train"/>.</param>
    /// <exception cref="ArgumentException">The protocol names no negatives, or training interactions are missing.</exception>
    public NegativeDraws(NextItemCases cases, EvaluationProtocol protocol, Interactions? train = null)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(protocol);
        wanted =
            protocol.Negatives
            ?? throw new ArgumentException(
                $"The protocol '{protocol.Ranking}' samples no negatives.",
                nameof(protocol)
            );
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(wanted.Count, nameof(protocol));
        if (wanted.Sampler == NegativeSampler.Popularity && train is null)
            throw new ArgumentException(
                "Popularity negatives need the training interactions; pass them.",
                nameof(train)
            );
        this.cases = cases;
        seen = SeenItems.Of(cases, protocol.SeenFilter, train);
        random = new CounterRandom(wanted.Seed).Fork("negatives");
        var counts = wanted.Sampler == NegativeSampler.Popularity ? train!.ItemCounts() : null;
        upTo = new long[cases.ItemCount + 1];
        for (var item = 1; item <= cases.ItemCount; item++)
            upTo[item] =
                upTo[item - 1]
                + (
                    counts is null ? 1
                    : item < counts.Length ? counts[item]
                    : 0
                );
    }

    /// <summary>Draws one case's negatives, in the order they were drawn.</summary>
    /// <returns>Item ids, <c>[Count of the protocol]</c>.</returns>
    /// <exception cref="ArgumentException">The catalogue has too few items left for the case.</exception>
    public int[] For(int index)
    {
        var (negatives, target) = (new int[wanted.Count], cases.Targets[index]);
        var excluded = new HashSet<int>(seen is null ? [] : seen[index].ToArray()) { target };
        var stream = (ulong)(uint)cases.Users[index] << 32 | (uint)target;
        var counter = (ulong)cases.Histories.LengthOf(index) << 32;
        var patience = counter + 100 + 20 * (ulong)wanted.Count;
        for (var i = 0; i < negatives.Length; i++)
        {
            var item = 0;
            while (item == 0 && counter < patience)
            {
                var drawn = Draw(random.At(stream, counter++).UInt64);
                item = excluded.Contains(drawn) ? 0 : drawn;
            }
            if (item == 0) // little is left to draw from: draw from just that
                item = DrawRest(random.At(stream, counter++).UInt64, excluded, index);
            excluded.Add(item);
            negatives[i] = item;
        }
        return negatives;
    }

    private int Draw(ulong bits)
    {
        var place = (long)Math.BigMul(bits, (ulong)upTo[^1], out _); // 0 .. total - 1
        var (low, high) = (1, upTo.Length - 1); // the first item whose running sum exceeds the place
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = upTo[middle] > place ? (low, middle) : (middle + 1, high);
        }
        return low;
    }

    private int DrawRest(ulong bits, HashSet<int> excluded, int index)
    {
        var total = upTo[^1] - excluded.Sum(Weight);
        if (total <= 0)
            throw new ArgumentException(
                $"Case {index} (user {cases.Users[index]}) has too few items to draw {wanted.Count} negatives from;"
                    + " sample fewer, or filter less."
            );
        var place = (long)Math.BigMul(bits, (ulong)total, out _);
        for (var item = 1; ; item++)
            if (!excluded.Contains(item) && (place -= Weight(item)) < 0)
                return item;
    }

    private long Weight(int item) => upTo[item] - upTo[item - 1];
}
