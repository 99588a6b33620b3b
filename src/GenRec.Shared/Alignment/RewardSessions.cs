using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Alignment;

/// <summary>What a session is judged by; OneRec (arXiv:2502.18965, section 3.3.1) calls them xtr.</summary>
public enum SessionHead
{
    /// <summary>swt: session watch time, mapped to <c>[0, 1]</c> by <see cref="WatchTimeScale"/>.</summary>
    WatchTime,

    /// <summary>vtr: share of the session's items that were effectively viewed.</summary>
    View,

    /// <summary>wtr: whether an author was followed.</summary>
    Follow,

    /// <summary>ltr: whether something was liked.</summary>
    Like,
}

/// <summary>How session watch time becomes a label in <c>[0, 1]</c>: seconds over a cap, and 1 from the cap on.</summary>
/// <remarks>
/// The paper trains its swt head by cross-entropy and does not say how seconds are mapped. We take the straight line because the
/// prediction that minimises cross-entropy is then the mean of the label: expected seconds over the cap, as long as few sessions
/// reach it, so that heads can be added up in the unit of seconds. Ranks would lose the unit, logarithms the sum over items.
/// </remarks>
/// <param name="CapSeconds">Seconds that count 1. Above 0.</param>
public sealed record WatchTimeScale([property: Range(1e-3, 1e9)] double CapSeconds) : RichRecord
{
    /// <summary>The label of a session, <c>[0, 1]</c>.</summary>
    public float Of(double seconds) => (float)Math.Clamp(seconds / CapSeconds, 0, 1);

    /// <summary>Caps at a quantile of the watch time of a log's sessions.</summary>
    /// <param name="log">Sessions, at least one.</param>
    /// <param name="quantile">Above 0, at most 1. The default leaves one session of a hundred above the cap.</param>
    /// <exception cref="ArgumentException">The log is empty, or nothing was watched in it.</exception>
    public static WatchTimeScale Quantile(SlateLog log, double quantile = 0.99)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(quantile);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        if (log.Count == 0)
            throw new ArgumentException("The log has no session, so its watch time has no quantile.", nameof(log));
        var seconds = new double[log.Count];
        for (var request = 0; request < log.Count; request++)
            foreach (var watched in log.WatchSeconds.Slice(request * log.SlateLength, log.SlateLength))
                seconds[request] += watched;
        Array.Sort(seconds);
        var cap = seconds[Math.Clamp((int)Math.Ceiling(quantile * log.Count) - 1, 0, log.Count - 1)];
        return cap > 0
            ? new WatchTimeScale(cap)
            : throw new ArgumentException($"The {quantile:P0} quantile of session watch time is 0.", nameof(log));
    }
}

/// <summary>Sessions with what a reward model reads and what it is to predict.</summary>
/// <remarks>Labels of one session: <c>swt, vtr, wtr, ltr</c> in the order of <see cref="SessionHead"/>; NaN is a missing label.</remarks>
public sealed class RewardSessions : RichObject
{
    /// <summary>Number of heads.</summary>
    public const int Heads = 4;

    /// <summary>Wraps arrays; nothing is copied.</summary>
    /// <param name="itemCount">N; item ids are <c>1..N</c>.</param>
    /// <param name="users">Whose session, <c>[R]</c>.</param>
    /// <param name="histories">Behaviours before the session, newest first, 0 behind the oldest, <c>[R x n]</c>.</param>
    /// <param name="slates">Item ids, <c>[R x m]</c>.</param>
    /// <param name="labels"><c>[R x 4]</c>, in <c>[0, 1]</c> or NaN.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, an item is unknown, a history is empty, or a label is no label.</exception>
    public RewardSessions(int itemCount, int[] users, int[] histories, int[] slates, float[] labels)
    {
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentNullException.ThrowIfNull(slates);
        ArgumentNullException.ThrowIfNull(labels);
        (ItemCount, Users, Histories, Slates, Labels) = (itemCount, users, histories, slates, labels);
        if (Count == 0)
            throw new ArgumentException("There are no sessions.", nameof(users));
        if (histories.Length % Count != 0 || slates.Length % Count != 0 || labels.Length != Count * Heads)
            throw new ArgumentException(
                $"{Count} sessions have {histories.Length} behaviours, {slates.Length} items and {labels.Length} labels; "
                    + $"need [R x n], [R x m] and [R x {Heads}]."
            );
        CheckItems(histories, HistoryLength, least: 0, itemCount, "history");
        CheckItems(slates, SlateLength, least: 1, itemCount, "slate");
        for (var row = 0; row < Count; row++)
            if (histories[row * HistoryLength] == 0)
                throw new ArgumentException(
                    $"Session {row} of user {users[row]} has an empty history; target attention needs at least one behaviour."
                );
        for (var at = 0; at < labels.Length; at++)
            if (!float.IsNaN(labels[at]) && labels[at] is not (>= 0 and <= 1))
                throw new ArgumentException(
                    $"Session {at / Heads} has label {labels[at]} for {(SessionHead)(at % Heads)}; labels lie in [0, 1]."
                );
    }

    /// <summary>N, the number of items.</summary>
    public int ItemCount { get; }

    /// <summary>R, the number of sessions.</summary>
    public int Count => Users.Length;

    /// <summary>n, behaviours of a session.</summary>
    public int HistoryLength => Histories.Length / Count;

    /// <summary>m, items of a session.</summary>
    public int SlateLength => Slates.Length / Count;

    /// <summary>Sessions that a log had besides these, left out because their users had no behaviour before.</summary>
    public int WithoutHistory { get; private init; }

    /// <summary>Whose session, <c>[R]</c>.</summary>
    public int[] Users { get; }

    /// <summary>Behaviours, newest first, <c>[R x n]</c>.</summary>
    public int[] Histories { get; }

    /// <summary>Item ids, <c>[R x m]</c>.</summary>
    public int[] Slates { get; }

    /// <summary><c>[R x 4]</c>.</summary>
    public float[] Labels { get; }

    /// <summary>Reads a log: behaviours are the positively engaged items of earlier sessions.</summary>
    /// <param name="log">Sessions of each user, oldest first.</param>
    /// <param name="itemCount">N.</param>
    /// <param name="historyLength">n, most behaviours of a session, at least 1.</param>
    /// <param name="scale">How watch time becomes a label.</param>
    /// <exception cref="ArgumentException">No user has a session after a behaviour.</exception>
    public static RewardSessions Of(SlateLog log, int itemCount, int historyLength, WatchTimeScale scale)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyLength, 1);
        OptionRanges.Check(scale);
        var m = log.SlateLength;
        var (users, histories, slates) = (new List<int>(), new List<int>(), new List<int>());
        var (labels, skipped) = (new List<float>(), 0);
        for (var user = 0; user + 1 < log.Offsets.Length; user++)
        {
            var positives = new List<int>(); // oldest first
            for (var row = (int)log.Offsets[user]; row < log.Offsets[user + 1]; row++)
            {
                var items = log.SlateOf(row);
                var actions = log.Actions.Slice(row * m, m);
                if (positives.Count == 0)
                    skipped++;
                else
                {
                    users.Add(user);
                    for (var back = 1; back <= historyLength; back++)
                        histories.Add(back <= positives.Count ? positives[^back] : 0);
                    slates.AddRange(items);
                    labels.AddRange(LabelsOf(log.WatchSeconds.Slice(row * m, m), actions, scale));
                }
                for (var place = 0; place < log.Seen[row]; place++)
                    if (FeedHistory.IsPositive(actions[place]))
                        positives.Add(items[place]);
            }
        }
        if (users.Count == 0)
            throw new ArgumentException($"None of the {log.Count} sessions has a behaviour before it.", nameof(log));
        return new RewardSessions(itemCount, [.. users], [.. histories], [.. slates], [.. labels])
        {
            WithoutHistory = skipped,
        };
    }

    /// <summary>The latest sessions of each user apart from the others.</summary>
    /// <param name="share">Share of each user's sessions that is held out, rounded down; above 0, below 1.</param>
    /// <exception cref="ArgumentException">No user has enough sessions, so that one part is empty.</exception>
    public (RewardSessions Train, RewardSessions HeldOut) HoldOutLatest(double share)
    {
        if (share is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share lies between 0 and 1.");
        var (train, held) = (new List<int>(), new List<int>());
        for (var from = 0; from < Count; )
        {
            var end = from;
            while (end < Count && Users[end] == Users[from])
                end++;
            var kept = end - (int)((end - from) * share);
            train.AddRange(Enumerable.Range(from, kept - from));
            held.AddRange(Enumerable.Range(kept, end - kept));
            from = end;
        }
        if (held.Count == 0)
            throw new ArgumentException($"No user has enough sessions to hold out a share of {share}.", nameof(share));
        return (At([.. train]), At([.. held]));
    }

    /// <summary>Some of the sessions.</summary>
    /// <param name="rows">Which, at least one.</param>
    public RewardSessions At(int[] rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new RewardSessions(
            ItemCount,
            Array.ConvertAll(rows, row => Users[row]),
            Pick(Histories, HistoryLength),
            Pick(Slates, SlateLength),
            Pick(Labels, Heads)
        );

        T[] Pick<T>(T[] all, int width)
        {
            var picked = new T[rows.Length * width];
            for (var at = 0; at < rows.Length; at++)
                all.AsSpan(rows[at] * width, width).CopyTo(picked.AsSpan(at * width));
            return picked;
        }
    }

    /// <summary>Refuses sessions that lack labels of a head.</summary>
    /// <exception cref="ArgumentException">Names the head, and how many sessions lack its label.</exception>
    public void RequireLabels(IEnumerable<SessionHead> heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        foreach (var head in heads)
        {
            var missing = Enumerable.Range(0, Count).Count(row => float.IsNaN(Labels[row * Heads + (int)head]));
            if (missing > 0)
                throw new ArgumentException(
                    $"Head {head} has no label in {missing:N0} of {Count:N0} sessions; "
                        + "leave the head out of the reward model's Heads, or those sessions out of the data."
                );
        }
    }

    internal static void CheckItems(ReadOnlySpan<int> items, int width, int least, int itemCount, string what)
    {
        for (var at = 0; at < items.Length; at++)
            if (items[at] < least || items[at] > itemCount)
                throw new ArgumentException(
                    $"Place {at % width} of {what} {at / width} holds item {items[at]}; items are 1..{itemCount}."
                );
    }

    private static float[] LabelsOf(
        ReadOnlySpan<float> seconds,
        ReadOnlySpan<FeedActions> actions,
        WatchTimeScale scale
    )
    {
        var (watched, views, done) = (0.0, 0, FeedActions.None);
        for (var place = 0; place < actions.Length; place++)
        {
            watched += seconds[place];
            views += (actions[place] & FeedActions.View) != 0 ? 1 : 0;
            done |= actions[place];
        }
        return
        [
            scale.Of(watched),
            (float)views / actions.Length,
            (done & FeedActions.Follow) != 0 ? 1 : 0,
            (done & FeedActions.Like) != 0 ? 1 : 0,
        ];
    }
}
