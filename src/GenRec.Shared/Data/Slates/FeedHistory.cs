using System.Runtime.InteropServices;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Slates;

/// <summary>All that a platform has seen one user do, oldest video first. Grows while the user is served.</summary>
public sealed class FeedHistory : RichObject
{
    private const FeedActions Engaged = FeedActions.View | FeedActions.Like | FeedActions.Follow | FeedActions.Share;

    private readonly List<int> items = [];
    private readonly List<float> watch = [];
    private readonly List<FeedActions> actions = [];

    /// <summary>Videos reached.</summary>
    public int Count => items.Count;

    /// <summary>Item ids; valid until the user is served again.</summary>
    public ReadOnlySpan<int> Items => CollectionsMarshal.AsSpan(items);

    /// <summary>Seconds watched of each.</summary>
    public ReadOnlySpan<float> WatchSeconds => CollectionsMarshal.AsSpan(watch);

    /// <summary>What was done with each.</summary>
    public ReadOnlySpan<FeedActions> Actions => CollectionsMarshal.AsSpan(actions);

    /// <summary>The latest positively engaged items (effective view, like, follow or share, without dislike), oldest first.</summary>
    /// <param name="maxLength">Most items, at least 1.</param>
    public int[] Positives(int maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxLength);
        var found = new List<int>(Math.Min(maxLength, Count));
        for (var at = Count - 1; at >= 0 && found.Count < maxLength; at--)
            if (IsPositive(actions[at]))
                found.Add(items[at]);
        found.Reverse();
        return [.. found];
    }

    internal static bool IsPositive(FeedActions done) => (done & Engaged) != 0 && (done & FeedActions.Dislike) == 0;

    internal void Add(int item, float seconds, FeedActions done)
    {
        items.Add(item);
        watch.Add(seconds);
        actions.Add(done);
    }

    internal FeedHistory Copy()
    {
        var copy = new FeedHistory();
        copy.items.AddRange(items);
        copy.watch.AddRange(watch);
        copy.actions.AddRange(actions);
        return copy;
    }
}
