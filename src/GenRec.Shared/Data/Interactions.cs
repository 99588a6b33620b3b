using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>Who interacted with what, in time order: compressed sparse rows, one row a user.</summary>
/// <remarks>
/// Users are rows <c>0..Users-1</c>. Items are <c>1..ItemCount</c>; <c>0</c> is kept for padding. Plain arrays: no tensor
/// library is loaded.
/// </remarks>
public sealed class Interactions : RichObject
{
    private readonly long[] offsets;
    private readonly int[] items;
    private readonly long[]? times;

    /// <summary>Wraps arrays without copying them.</summary>
    /// <param name="itemCount">N: item ids are <c>1..N</c>.</param>
    /// <param name="offsets"><c>[Users + 1]</c>, starts with 0.</param>
    /// <param name="items">Item ids, user after user, oldest first.</param>
    /// <param name="times">Unix seconds of each interaction, or null where the source has none.</param>
    /// <param name="feedback">Optional columns (rating, watch seconds, like ...), each as long as <paramref name="items"/>.</param>
    /// <param name="userKeys">The source's user names, <c>[Users]</c>, or null.</param>
    /// <param name="itemKeys">The source's item names, <c>[ItemCount]</c>, entry <c>i</c> for item <c>i + 1</c>, or null.</param>
    /// <exception cref="ArgumentException">A length does not fit, an id is outside <c>1..N</c>, or times run backwards.</exception>
    public Interactions(
        int itemCount,
        long[] offsets,
        int[] items,
        long[]? times = null,
        IReadOnlyDictionary<string, float[]>? feedback = null,
        IReadOnlyList<string>? userKeys = null,
        IReadOnlyList<string>? itemKeys = null
    )
    {
        ByUser = new Histories(offsets, items);
        (ItemCount, this.offsets, this.items, this.times) = (itemCount, offsets, items, times);
        (UserKeys, ItemKeys) = (userKeys, itemKeys);
        Feedback = feedback ?? new Dictionary<string, float[]>();
        if (offsets[0] != 0 || offsets[^1] != items.Length)
            throw new ArgumentException($"Offsets must run from 0 to {items.Length}.", nameof(offsets));
        for (var i = 0; i < items.Length; i++)
            if (items[i] < 1 || items[i] > itemCount)
                throw new ArgumentException(
                    $"Interaction {i} names item {items[i]}; ids are 1..{itemCount}.",
                    nameof(items)
                );
        Need(times?.Length ?? items.Length, items.Length, nameof(times));
        Need(userKeys?.Count ?? Users, Users, nameof(userKeys));
        Need(itemKeys?.Count ?? itemCount, itemCount, nameof(itemKeys));
        foreach (var (name, column) in Feedback)
            Need(column.Length, items.Length, name);
        for (var user = 0; times is not null && user < Users; user++)
        for (var i = offsets[user] + 1; i < offsets[user + 1]; i++)
            if (times[i] < times[i - 1])
                throw new ArgumentException($"Times of user {user} run backwards at {times[i]}.", nameof(times));
    }

    /// <summary>Number of users.</summary>
    public int Users => ByUser.Count;

    /// <summary>N, the number of items; ids are <c>1..N</c>.</summary>
    public int ItemCount { get; }

    /// <summary>Number of interactions.</summary>
    public int Count => items.Length;

    /// <summary>Whether the source gave times.</summary>
    public bool HasTimes => times is not null;

    /// <summary>All rows.</summary>
    public Histories ByUser { get; }

    /// <summary>Optional columns, each with one value an interaction.</summary>
    public IReadOnlyDictionary<string, float[]> Feedback { get; }

    /// <summary>The source's user names, or null.</summary>
    public IReadOnlyList<string>? UserKeys { get; }

    /// <summary>The source's item names (entry <c>i</c> for item <c>i + 1</c>), or null.</summary>
    public IReadOnlyList<string>? ItemKeys { get; }

    /// <summary><c>[Users + 1]</c>: where each user's row starts.</summary>
    public ReadOnlySpan<long> Offsets => offsets;

    /// <summary>Item ids, user after user.</summary>
    public ReadOnlySpan<int> Items => items;

    /// <summary>Items of one user, oldest first.</summary>
    public ReadOnlySpan<int> ItemsOf(int user) => ByUser[user];

    /// <summary>Unix seconds of one user's interactions; empty where the source has no times.</summary>
    public ReadOnlySpan<long> TimesOf(int user) =>
        times is null ? [] : times.AsSpan((int)offsets[user], (int)(offsets[user + 1] - offsets[user]));

    /// <summary>Unix seconds of all interactions, user after user; empty where the source has no times.</summary>
    public ReadOnlySpan<long> Times => times;

    /// <summary>How often each item occurs; <c>[ItemCount + 1]</c>, entry 0 is 0.</summary>
    public int[] ItemCounts()
    {
        var counts = new int[ItemCount + 1];
        foreach (var item in items)
            counts[item]++;
        return counts;
    }

    /// <summary>The same events with other names for users and items.</summary>
    public Interactions WithKeys(IReadOnlyList<string>? newUserKeys, IReadOnlyList<string>? newItemKeys) =>
        new(ItemCount, offsets, items, times, Feedback, newUserKeys, newItemKeys);

    /// <summary>Some of the events; users and items stay as they are.</summary>
    /// <param name="keep">Whether to keep the event of a user at a place <c>0..</c> of the user's row.</param>
    public Interactions Where(Func<int, int, bool> keep)
    {
        ArgumentNullException.ThrowIfNull(keep);
        var (rows, newOffsets) = (new List<int>(Count), new long[Users + 1]);
        for (var user = 0; user < Users; user++)
        {
            for (var place = 0; place < ByUser.LengthOf(user); place++)
                if (keep(user, place))
                    rows.Add((int)offsets[user] + place);
            newOffsets[user + 1] = rows.Count;
        }
        return At([.. rows], newOffsets, times);
    }

    /// <summary>The same users and items with the events at other places of the rows.</summary>
    /// <param name="rows">Which event comes at each place; stays within the user.</param>
    /// <param name="newTimes">Time of each event where it is now.</param>
    internal Interactions Reordered(int[] rows, long[] newTimes) => At(rows, offsets, newTimes);

    private Interactions At(int[] rows, long[] newOffsets, long[]? eventTimes) =>
        new(
            ItemCount,
            newOffsets,
            Array.ConvertAll(rows, row => items[row]),
            eventTimes is null ? null : Array.ConvertAll(rows, row => eventTimes[row]),
            Feedback.ToDictionary(column => column.Key, column => Array.ConvertAll(rows, row => column.Value[row])),
            UserKeys,
            ItemKeys
        );

    private static void Need(int length, int wanted, string what)
    {
        if (length != wanted)
            throw new ArgumentException($"{what} has {length} entries, need {wanted}.", what);
    }
}
