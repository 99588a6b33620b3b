namespace GenRec.Shared.Data;

/// <summary>Puts the parts of a split that came in several files back together: same users, same items.</summary>
/// <remarks>A user's events stand part after part; times are dropped where a part has none.</remarks>
internal sealed class ShippedParts
{
    private readonly List<int[]>[] rows; // [user][part]

    /// <summary>Joins parts by the users' keys; item ids must be the source's own in all of them.</summary>
    public ShippedParts(IReadOnlyList<Interactions> parts)
    {
        var keys = parts.SelectMany(part => part.UserKeys!).Distinct().ToArray();
        var rowOf = keys.Select((key, row) => (key, row)).ToDictionary(pair => pair.key, pair => pair.row);
        rows = Array.ConvertAll(keys, _ => parts.Select(_ => Array.Empty<int>()).ToList());
        for (var part = 0; part < parts.Count; part++)
        for (var user = 0; user < parts[part].Users; user++)
            rows[rowOf[parts[part].UserKeys![user]]][part] = parts[part].ItemsOf(user).ToArray();
        var itemCount = parts.Max(part => part.ItemCount);
        All = Join(parts.Count, null);
        var times = new long[keys.Length][];
        for (var user = 0; user < parts[0].Users; user++)
            times[rowOf[parts[0].UserKeys![user]]] = parts[0].TimesOf(user).ToArray();
        Train = Join(1, parts[0].HasTimes ? [.. times.SelectMany(row => row ?? [])] : null);

        Interactions Join(int count, long[]? joinedTimes)
        {
            var offsets = new long[keys.Length + 1];
            for (var user = 0; user < keys.Length; user++)
                offsets[user + 1] = offsets[user] + rows[user].Take(count).Sum(part => part.Length);
            int[] items = [.. rows.SelectMany(parts => parts.Take(count)).SelectMany(part => part)];
            return new Interactions(itemCount, offsets, items, joinedTimes, userKeys: keys);
        }
    }

    /// <summary>All events, without times.</summary>
    public Interactions All { get; }

    /// <summary>The first part, with times where it has them.</summary>
    public Interactions Train { get; }

    /// <summary>Asks for each event of a part; the history is what the parts before hold.</summary>
    public NextItemCases CasesOf(int part)
    {
        var cases = new List<(int User, int[] History, int Target)>();
        for (var user = 0; user < rows.Length; user++)
        {
            int[] history = [.. rows[user].Take(part).SelectMany(items => items)];
            cases.AddRange(rows[user][part].Select(target => (user, history, target)));
        }
        return new NextItemCases(
            [.. cases.Select(each => each.User)],
            Histories.From(cases.Select(each => each.History)),
            [.. cases.Select(each => each.Target)],
            All.ItemCount
        );
    }
}
