using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>Some of the users, items and events of a larger set, numbered anew.</summary>
/// <param name="Interactions">The part; users are rows <c>0..</c>, items <c>1..</c>, names are kept as keys.</param>
/// <param name="Users">Former row of each user, ascending.</param>
/// <param name="Items">Former id of each item: entry <c>i</c> for the new item <c>i + 1</c>, ascending.</param>
public sealed record InteractionSubset(Interactions Interactions, int[] Users, int[] Items) : RichRecord;

/// <summary>Leaves out events, users and items.</summary>
public static class InteractionFilters
{
    /// <summary>
    /// The largest part in which each user has at least <paramref name="userMinimum"/> events and each item at least
    /// <paramref name="itemMinimum"/>: users and items below are removed until none is left to remove.
    /// </summary>
    /// <param name="interactions">All events; a repeated event counts again.</param>
    /// <param name="userMinimum">At least 0.</param>
    /// <param name="itemMinimum">At least 0.</param>
    /// <returns>The part, which may be empty; the order of users, items and events is kept.</returns>
    public static InteractionSubset KCore(Interactions interactions, int userMinimum, int itemMinimum)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentOutOfRangeException.ThrowIfNegative(userMinimum);
        ArgumentOutOfRangeException.ThrowIfNegative(itemMinimum);
        var (users, items) = (new int[interactions.Users], interactions.ItemCounts());
        for (var user = 0; user < users.Length; user++)
            users[user] = interactions.ByUser.LengthOf(user);
        var keptUsers = Enumerable.Repeat(true, users.Length).ToArray();
        var keptItems = Enumerable.Repeat(true, items.Length).ToArray();
        for (var changed = true; changed; )
        {
            changed = false;
            for (var item = 1; item < items.Length; item++)
                keptItems[item] &= items[item] >= itemMinimum;
            for (var user = 0; user < users.Length; user++)
            {
                if (!keptUsers[user])
                    continue;
                var row = interactions.ItemsOf(user);
                users[user] = Kept(row, keptItems);
                if (users[user] >= userMinimum)
                    continue;
                keptUsers[user] = false;
                foreach (var item in row)
                    items[item]--;
                changed = true;
            }
        }
        return Select(
            interactions,
            user => keptUsers[user] && users[user] > 0,
            item => keptItems[item] && items[item] > 0,
            (_, item) => keptItems[item]
        );
    }

    /// <summary>Leaves out users and items without a single event, and numbers the others anew.</summary>
    public static InteractionSubset Compact(Interactions interactions)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        var counts = interactions.ItemCounts();
        return Select(
            interactions,
            user => interactions.ByUser.LengthOf(user) > 0,
            item => counts[item] > 0,
            (_, _) => true
        );
    }

    /// <summary>The latest events of each user, as models with a short history see them; users and items stay as they are.</summary>
    /// <param name="interactions">All events.</param>
    /// <param name="most">Most events of a user, at least 0.</param>
    public static Interactions KeepLast(Interactions interactions, int most)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        return interactions.Where((user, place) => place >= interactions.ByUser.LengthOf(user) - most);
    }

    private static int Kept(ReadOnlySpan<int> row, bool[] keptItems)
    {
        var kept = 0;
        foreach (var item in row)
            kept += keptItems[item] ? 1 : 0;
        return kept;
    }

    private static InteractionSubset Select(
        Interactions all,
        Func<int, bool> keepUser,
        Func<int, bool> keepItem,
        Func<int, int, bool> keepEvent
    )
    {
        var users = Enumerable.Range(0, all.Users).Where(keepUser).ToArray();
        var items = Enumerable.Range(1, all.ItemCount).Where(keepItem).ToArray();
        var newId = new int[all.ItemCount + 1];
        for (var i = 0; i < items.Length; i++)
            newId[items[i]] = i + 1;
        var (rows, offsets) = (new List<int>(), new long[users.Length + 1]);
        for (var u = 0; u < users.Length; u++)
        {
            var row = all.ItemsOf(users[u]);
            for (var place = 0; place < row.Length; place++)
                if (newId[row[place]] > 0 && keepEvent(users[u], row[place]))
                    rows.Add((int)all.Offsets[users[u]] + place);
            offsets[u + 1] = rows.Count;
        }
        var part = new Interactions(
            items.Length,
            offsets,
            [.. rows.Select(row => newId[all.Items[row]])],
            all.HasTimes ? [.. rows.Select(row => all.Times[row])] : null,
            all.Feedback.ToDictionary(column => column.Key, column => rows.Select(row => column.Value[row]).ToArray()),
            [.. users.Select(user => all.UserKeys?[user] ?? $"{user + 1}")],
            [.. items.Select(item => all.ItemKeys?[item - 1] ?? $"{item}")]
        );
        return new InteractionSubset(part, users, items);
    }
}
