namespace GenRec.Shared.Data;

/// <summary>Which events after a cut become cases.</summary>
public enum CasesAfterCut
{
    /// <summary>Every event is asked.</summary>
    EveryEvent,

    /// <summary>Only a user's first event of each period is asked, so that busy users do not outweigh the others.</summary>
    FirstOfEachUser,
}

/// <summary>Divides interactions into what is learned from and what is asked.</summary>
/// <remarks>
/// In every split a case's history holds only events that come before its target in the user's row, and the training part
/// keeps the users' rows and the item ids of the whole.
/// </remarks>
public static class Splits
{
    /// <summary>Leave-one-out: a user's last event is the test target, the one before it the validation target.</summary>
    /// <param name="interactions">All events, in time order.</param>
    /// <returns>
    /// One validation and one test case for each user with at least three events; the test history holds the validation
    /// target. Users with fewer events are only trained on, with all they have.
    /// </returns>
    /// <remarks>The protocol of SASRec (Kang and McAuley, ICDM 2018) and of most papers after it.</remarks>
    public static Split LeaveOneOut(Interactions interactions)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        var (validation, test) = (new List<(int, int)>(), new List<(int, int)>());
        for (var user = 0; user < interactions.Users; user++)
            if (interactions.ByUser.LengthOf(user) is >= 3 and var length)
            {
                validation.Add((user, length - 2));
                test.Add((user, length - 1));
            }
        return new Split(
            "leave-one-out",
            interactions.Where(
                (user, place) => interactions.ByUser.LengthOf(user) is var n && (n < 3 || place < n - 2)
            ),
            Cases(interactions, validation),
            Cases(interactions, test)
        );
    }

    /// <summary>One global cut in time: what happened before is learned from, what happened after is asked.</summary>
    /// <param name="interactions">Events with times.</param>
    /// <param name="validationFrom">Events from here on, in Unix seconds, are not trained on.</param>
    /// <param name="testFrom">Events from here on are test targets; not before <paramref name="validationFrom"/>.</param>
    /// <param name="asked">Which events become cases.</param>
    /// <param name="shortestHistory">
    /// Targets with fewer earlier events are not asked. At least 0; the default 1 leaves out newcomers, about whom a
    /// sequence model has nothing to go by.
    /// </param>
    /// <param name="longestHistory">Only that many latest events are kept of each history.</param>
    /// <returns>A history holds all earlier events of the user, those after the cut too.</returns>
    /// <exception cref="ArgumentException">The interactions have no times, or the cuts are in the wrong order.</exception>
    public static Split Temporal(
        Interactions interactions,
        long validationFrom,
        long testFrom,
        CasesAfterCut asked = CasesAfterCut.EveryEvent,
        int shortestHistory = 1,
        int longestHistory = int.MaxValue
    )
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentOutOfRangeException.ThrowIfNegative(shortestHistory);
        ArgumentOutOfRangeException.ThrowIfNegative(longestHistory);
        if (!interactions.HasTimes)
            throw new ArgumentException(
                "A temporal split needs times, and these interactions have none.",
                nameof(interactions)
            );
        if (testFrom < validationFrom)
            throw new ArgumentException(
                $"The test ({testFrom}) starts before the validation ({validationFrom}).",
                nameof(testFrom)
            );
        var (validation, test) = (new List<(int, int)>(), new List<(int, int)>());
        for (var user = 0; user < interactions.Users; user++)
        {
            var times = interactions.TimesOf(user);
            var (firstValidation, firstTest) = (FirstAt(times, validationFrom), FirstAt(times, testFrom));
            for (var place = firstValidation; place < times.Length; place++)
                if (place >= shortestHistory)
                    if (
                        asked == CasesAfterCut.EveryEvent
                        || IsFirst(place, firstValidation, firstTest, shortestHistory)
                    )
                        (place < firstTest ? validation : test).Add((user, place));
        }
        return new Split(
            "temporal",
            interactions.Where((user, place) => interactions.TimesOf(user)[place] < validationFrom),
            Cases(interactions, validation, longestHistory),
            Cases(interactions, test, longestHistory)
        );
    }

    /// <summary>A global cut in time that leaves about the wanted shares of all events for validation and test.</summary>
    /// <param name="interactions">Events with times.</param>
    /// <param name="validationShare">0..1. Events of one time stay together, so the share can be larger.</param>
    /// <param name="testShare">0..1; together below 1.</param>
    /// <param name="asked">Which events become cases.</param>
    /// <param name="shortestHistory">See <see cref="Temporal"/>.</param>
    /// <param name="longestHistory">See <see cref="Temporal"/>.</param>
    /// <exception cref="ArgumentException">There are no events, or no times.</exception>
    public static Split TemporalByShare(
        Interactions interactions,
        double validationShare = 0.1,
        double testShare = 0.1,
        CasesAfterCut asked = CasesAfterCut.EveryEvent,
        int shortestHistory = 1,
        int longestHistory = int.MaxValue
    )
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentOutOfRangeException.ThrowIfNegative(validationShare);
        ArgumentOutOfRangeException.ThrowIfNegative(testShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(validationShare + testShare, 1, nameof(testShare));
        if (interactions.Times.IsEmpty)
            throw new ArgumentException("A temporal split needs events with times.", nameof(interactions));
        var times = interactions.Times.ToArray();
        Array.Sort(times);
        return Temporal(
            interactions,
            Cut(validationShare + testShare),
            Cut(testShare),
            asked,
            shortestHistory,
            longestHistory
        );

        long Cut(double share) =>
            times.Length - (int)Math.Round(share * times.Length) is var at && at < times.Length
                ? times[at]
                : times[^1] + 1;
    }

    /// <summary>Asks for the event of a user at a place of the user's row, with what came before it.</summary>
    /// <param name="interactions">All events.</param>
    /// <param name="asked">User and place <c>0..</c> of each target.</param>
    /// <param name="longestHistory">Only that many latest events are kept of each history.</param>
    /// <exception cref="ArgumentException">The histories together hold more items than an array can.</exception>
    public static NextItemCases Cases(
        Interactions interactions,
        IReadOnlyList<(int User, int Place)> asked,
        int longestHistory = int.MaxValue
    )
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentNullException.ThrowIfNull(asked);
        var offsets = new long[asked.Count + 1];
        for (var i = 0; i < asked.Count; i++)
            offsets[i + 1] = offsets[i] + Math.Min(asked[i].Place, longestHistory);
        if (offsets[^1] > Array.MaxLength)
            throw new ArgumentException(
                $"The histories hold {offsets[^1]:N0} items together; ask for fewer cases or give a longest history.",
                nameof(longestHistory)
            );
        var (items, targets) = (new int[offsets[^1]], new int[asked.Count]);
        for (var i = 0; i < asked.Count; i++)
        {
            var row = interactions.ItemsOf(asked[i].User)[..(asked[i].Place + 1)];
            targets[i] = row[^1];
            row = row[..^1];
            row[^(int)(offsets[i + 1] - offsets[i])..].CopyTo(items.AsSpan((int)offsets[i]));
        }
        var users = asked.Select(each => each.User).ToArray();
        return new NextItemCases(users, new Histories(offsets, items), targets, interactions.ItemCount);
    }

    private static int FirstAt(ReadOnlySpan<long> times, long from)
    {
        var (low, high) = (0, times.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = times[middle] < from ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    private static bool IsFirst(int place, int firstValidation, int firstTest, int shortestHistory) =>
        place == Math.Max(firstValidation, shortestHistory) || place == Math.Max(firstTest, shortestHistory);
}
