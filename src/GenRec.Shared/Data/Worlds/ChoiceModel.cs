using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>The law of one choice: first a reason, then an item for that reason.</summary>
/// <remarks>
/// <c>p(item) = sum over reasons r of p(r | state, history) p(item | r, state, history)</c>. The simulator draws from
/// the two factors one after the other, the oracle adds them up; both read the same weights from here. Not for use by
/// two threads at once.
/// </remarks>
internal sealed class ChoiceModel(Catalogue items, WorldPreset preset)
{
    public const int Reasons = 6;

    private const double SequelFading = 0.75; // a step: a series begun long ago is still remembered
    private const double ComplementFading = 0.5;
    private const int ComplementReach = 4; // items back

    // Taste, attribute need, sequel, complement, mood, noise: shares before those without a candidate are left out.
    private static readonly double[] OpeningShares = [0.36, 0.04, 0.28, 0.18, 0.08, 0.06];
    private static readonly double[] LaterShares = [0.08, 0.14, 0.25, 0.24, 0.24, 0.05];
    private static readonly double[] UnorderedShares = [0.88, 0, 0, 0, 0, 0.12];

    private readonly bool[] seen = new bool[items.Count + 1];
    private readonly List<int> candidates = [];
    private readonly List<double> weights = [];

    /// <summary>Draws one reason and one item.</summary>
    public (ChoiceReason Reason, int Item) Choose(
        UserTraits user,
        in Moment now,
        ReadOnlySpan<int> history,
        CounterDraw forReason,
        CounterDraw forItem
    )
    {
        Mark(history, true);
        var reason = (ChoiceReason)forReason.Categorical(ReasonShares(user, now, history));
        FindCandidates(reason, user, now, history);
        var item = candidates[forItem.Categorical(CollectionsMarshal.AsSpan(weights))];
        Mark(history, false);
        return (reason, item);
    }

    /// <summary>Probability of each item; <paramref name="probabilities"/> is <c>[N + 1]</c> and is overwritten.</summary>
    public void Distribute(UserTraits user, in Moment now, ReadOnlySpan<int> history, Span<double> probabilities)
    {
        probabilities.Clear();
        Mark(history, true);
        var shares = ReasonShares(user, now, history);
        var totalShare = Sum(shares);
        for (var reason = 0; reason < Reasons; reason++)
        {
            if (shares[reason] == 0)
                continue;
            FindCandidates((ChoiceReason)reason, user, now, history);
            var total = Sum(CollectionsMarshal.AsSpan(weights));
            var scale = shares[reason] / totalShare / total;
            for (var c = 0; c < candidates.Count; c++)
                probabilities[candidates[c]] += scale * weights[c];
        }
        Mark(history, false);
    }

    /// <summary>Probability of each reason, <c>[reasons]</c>.</summary>
    public double[] ReasonProbabilities(UserTraits user, in Moment now, ReadOnlySpan<int> history)
    {
        Mark(history, true);
        var shares = ReasonShares(user, now, history);
        Mark(history, false);
        var total = Sum(shares);
        return [.. shares.Select(share => share / total)];
    }

    private double[] ReasonShares(UserTraits user, in Moment now, ReadOnlySpan<int> history)
    {
        if (!preset.OrderEffects)
            return UnorderedShares;
        var shares = (double[])(now.OpensSession ? OpeningShares : LaterShares).Clone();
        for (var reason = 0; reason < Reasons; reason++)
            shares[reason] *= user.Inclination[reason];
        if (now.NeedItem == 0)
            shares[(int)ChoiceReason.AttributeNeed] = 0;
        if (now.Intent < 0)
            shares[(int)ChoiceReason.Mood] = 0;
        foreach (var reason in (ReadOnlySpan<ChoiceReason>)[ChoiceReason.Sequel, ChoiceReason.Complement])
        {
            FindCandidates(reason, user, now, history);
            if (candidates.Count == 0)
                shares[(int)reason] = 0;
        }
        return shares;
    }

    private void FindCandidates(ChoiceReason reason, UserTraits user, in Moment now, ReadOnlySpan<int> history)
    {
        candidates.Clear();
        weights.Clear();
        switch (reason)
        {
            case ChoiceReason.Taste:
                for (var k = 0; k < now.Interests.Topics.Length; k++)
                    AddFitting(user, items.ByTopic[now.Interests.Topics[k]], now.Interests.Weights[k]);
                break;
            case ChoiceReason.AttributeNeed:
                AddFitting(user, items.WithAttributeOf(now.NeedItem, now.NeedAttribute), 1);
                break;
            case ChoiceReason.Mood:
                AddFitting(user, items.ByTopic[now.Intent], 1);
                break;
            case ChoiceReason.Sequel:
                AddSequels(history);
                break;
            case ChoiceReason.Complement:
                AddComplements(history);
                break;
            default:
                for (var item = 1; item <= items.Count; item++)
                    Add(item, items.Popularity[item] * (seen[item] ? preset.RepeatWeight : 1));
                break;
        }
    }

    // The group gets this share in all; within it an item's popularity and its fit count.
    private void AddFitting(UserTraits user, int[] group, double share)
    {
        var (start, total) = (weights.Count, 0.0);
        foreach (var item in group)
        {
            var weight = items.Popularity[item] * user.Fit(items, item) * (seen[item] ? preset.RepeatWeight : 1);
            Add(item, weight);
            total += weight;
        }
        for (var c = start; c < weights.Count; c++)
            weights[c] = weights[c] / total * share;
    }

    private void AddSequels(ReadOnlySpan<int> history)
    {
        var weight = 1.0;
        for (var at = history.Length - 1; at >= 0; at--, weight *= SequelFading)
            if (items.NextVolume[history[at]] is > 0 and var next && !seen[next])
                Add(next, weight);
    }

    private void AddComplements(ReadOnlySpan<int> history)
    {
        var weight = 1.0;
        for (var at = history.Length - 1; at >= Math.Max(0, history.Length - ComplementReach); at--)
        {
            for (var c = 0; c < Catalogue.ComplementWeights.Length; c++)
                if (items.Complements[history[at]][c] is var other && !seen[other])
                    Add(other, weight * Catalogue.ComplementWeights[c]);
            weight *= ComplementFading;
        }
    }

    private void Add(int item, double weight)
    {
        candidates.Add(item);
        weights.Add(weight);
    }

    private void Mark(ReadOnlySpan<int> history, bool value)
    {
        foreach (var item in history)
            seen[item] = value;
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
