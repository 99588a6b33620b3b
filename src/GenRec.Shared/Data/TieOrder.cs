using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Order of a user's events that carry the same time.</summary>
public enum TieOrder
{
    /// <summary>As the source has them.</summary>
    AsGiven,

    /// <summary>The source's order reversed.</summary>
    Reversed,

    /// <summary>Drawn at random from a seed.</summary>
    Shuffled,
}

/// <summary>Events of one user that share a time: how many there are, and what another order of them changes.</summary>
/// <remarks>
/// Amazon reviews carry whole days. The order inside a day is an accident of the file, yet it decides which item is a
/// user's last, and so the test item. Woolridge et al., "Sequence or Pseudo-Sequence?", ORSUM 2021.
/// </remarks>
public static class Ties
{
    /// <summary>Counts neighbouring events that share a time.</summary>
    /// <param name="interactions">Interactions with times.</param>
    /// <param name="resolution">Times within the same multiple of it are equal; whole seconds, one second when null.</param>
    /// <exception cref="ArgumentException">The interactions have no times, or the resolution is not in whole seconds.</exception>
    public static TieStatistics Count(Interactions interactions, TimeSpan? resolution = null)
    {
        var seconds = CheckedResolution(interactions, resolution);
        var (pairs, tied, users, lastTied) = (0L, 0L, 0, 0);
        for (var user = 0; user < interactions.Users; user++)
        {
            var times = interactions.TimesOf(user);
            for (var i = 1; i < times.Length; i++)
            {
                var same = Floor(times[i], seconds) == Floor(times[i - 1], seconds);
                tied += same ? 1 : 0;
                lastTied += same && i == times.Length - 1 ? 1 : 0;
            }
            pairs += Math.Max(0, times.Length - 1);
            users += times.Length > 1 ? 1 : 0;
        }
        return new TieStatistics(pairs, tied, users, lastTied);
    }

    /// <summary>The same events with another order inside each time.</summary>
    /// <param name="interactions">Interactions with times.</param>
    /// <param name="order">The order wanted.</param>
    /// <param name="seed">Seed of <see cref="TieOrder.Shuffled"/>; each group of ties has a stream of its own.</param>
    /// <param name="resolution">
    /// Times within the same multiple of it are equal, and come out as that multiple; one second when null.
    /// </param>
    /// <exception cref="ArgumentException">The interactions have no times, or the resolution is not in whole seconds.</exception>
    public static Interactions Reorder(
        Interactions interactions,
        TieOrder order,
        ulong seed = 0,
        TimeSpan? resolution = null
    )
    {
        var seconds = CheckedResolution(interactions, resolution);
        var random = new CounterRandom(seed).Fork("order of ties");
        var (rows, times) = (new int[interactions.Count], new long[interactions.Count]);
        for (var user = 0; user < interactions.Users; user++)
        {
            var first = (int)interactions.Offsets[user];
            var given = interactions.TimesOf(user);
            for (var from = 0; from < given.Length; )
            {
                var to = from;
                for (; to < given.Length && Floor(given[to], seconds) == Floor(given[from], seconds); to++)
                    (rows[first + to], times[first + to]) = (first + to, Floor(given[to], seconds));
                var group = rows.AsSpan(first + from, to - from);
                if (order == TieOrder.Reversed)
                    group.Reverse();
                else if (order == TieOrder.Shuffled)
                    random.Shuffle(group, (ulong)(first + from));
                from = to;
            }
        }
        return interactions.Reordered(rows, times);
    }

    private static long CheckedResolution(Interactions interactions, TimeSpan? resolution)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        if (!interactions.HasTimes)
            throw new ArgumentException("Ties need times, and these interactions have none.", nameof(interactions));
        var span = resolution ?? TimeSpan.FromSeconds(1);
        if (span < TimeSpan.FromSeconds(1) || span.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentException(
                $"The resolution is {span}; need whole seconds, at least one.",
                nameof(resolution)
            );
        return (long)span.TotalSeconds;
    }

    private static long Floor(long time, long seconds)
    {
        var rest = time % seconds;
        return time - (rest < 0 ? rest + seconds : rest);
    }
}

/// <summary>How much of an order rests on ties.</summary>
/// <param name="Pairs">Neighbouring events of one user.</param>
/// <param name="TiedPairs">Those of them that share a time.</param>
/// <param name="Users">Users with at least two events.</param>
/// <param name="UsersWithTiedLast">Those of them whose last two events share a time.</param>
public sealed record TieStatistics(long Pairs, long TiedPairs, int Users, int UsersWithTiedLast) : RichRecord
{
    /// <summary>Share of neighbouring events that share a time, 0..1; NaN without pairs.</summary>
    public double PairShare => (double)TiedPairs / Pairs;

    /// <summary>Share of users whose last event shares its time with the one before, 0..1; NaN without users.</summary>
    public double LastShare => (double)UsersWithTiedLast / Users;
}
