using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Importers;

/// <summary>Which user and item of one numbering are which of another.</summary>
/// <param name="Users">User <c>u</c> of the first is user <c>Users[u]</c> of the second, <c>[users]</c>.</param>
/// <param name="Items">Item <c>i</c> of the first is item <c>Items[i]</c> of the second, <c>[N + 1]</c>; entry 0 is 0.</param>
/// <param name="Ambiguous">Items that could as well be another one, because the same users have both at the same places.</param>
public sealed record Renumbering(int[] Users, int[] Items, int Ambiguous) : RichRecord;

/// <summary>Finds out how two numberings of the same events belong together, from the events alone.</summary>
/// <remarks>
/// Repositories publish sequences with numbers of their own and without the names behind them; the official files have the
/// names. Colour refinement (Weisfeiler and Leman) tells them apart: an item's colour starts as its number of events, a
/// user's is made of the colours of the items, an item's next one of those of its users, until no new colour appears.
/// Of what keeps the same colour one of each side is paired and refinement goes on; a pair that leads nowhere (equal colours
/// need not be exchangeable, as in a ring of six and two rings of three) is taken back and the next one tried.
/// </remarks>
public static class NumberingMatch
{
    private const int MostPairings = 2_000; // real sets need a handful; beyond, the events say too little

    /// <summary>Finds the numbering of <paramref name="other"/> behind that of <paramref name="known"/>.</summary>
    /// <param name="known">The events in the first numbering.</param>
    /// <param name="other">The same events in the second.</param>
    /// <param name="inOrder">Whether each user's events stand in the same order; if not, only who has what counts.</param>
    /// <param name="cancel">Stops the search.</param>
    /// <returns>
    /// The numbering, checked event by event; null where the two do not hold the same events, or where so much looks alike
    /// that 2,000 pairs did not settle it.
    /// </returns>
    public static Renumbering? Find(
        Interactions known,
        Interactions other,
        bool inOrder,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(other);
        if ((known.Users, known.ItemCount, known.Count) != (other.Users, other.ItemCount, other.Count))
            return null;
        var pairings = 0;
        return Match(new Colours(known, inOrder), new Colours(other, inOrder), depth: 0);

        Renumbering? Match(Colours here, Colours there, int depth)
        {
            cancel.ThrowIfCancellationRequested();
            here.Refine();
            there.Refine();
            if (!here.EqualsAsSets(there))
                return null;
            var ambiguous = here.CountShared();
            if (here.FirstShared() is not { } item)
            {
                var found = new Renumbering(Pair(here.Users, there.Users), Pair(here.Items, there.Items), ambiguous);
                return Holds(known, other, found, inOrder) ? found : null;
            }
            foreach (var candidate in there.AllOf(here.Items[item]))
            {
                if (pairings++ == MostPairings)
                    return null;
                if (Match(here.Marked(item, depth), there.Marked(candidate, depth), depth + 1) is { } found)
                    return found with { Ambiguous = ambiguous };
            }
            return null;
        }
    }

    // Equal colours are paired in the order of their numbers.
    private static int[] Pair(ulong[] here, ulong[] there)
    {
        var (mine, theirs) = (Order(here), Order(there));
        var pairs = new int[here.Length];
        for (var i = 0; i < mine.Length; i++)
            pairs[mine[i]] = theirs[i];
        return pairs;

        static int[] Order(ulong[] colours) =>
            [.. Enumerable.Range(0, colours.Length).OrderBy(i => colours[i]).ThenBy(i => i)];
    }

    private static bool Holds(Interactions known, Interactions other, Renumbering found, bool inOrder)
    {
        for (var user = 0; user < known.Users; user++)
        {
            var translated = Array.ConvertAll(known.ItemsOf(user).ToArray(), item => found.Items[item]);
            var original = other.ItemsOf(found.Users[user]).ToArray();
            if (!inOrder)
            {
                Array.Sort(translated);
                Array.Sort(original);
            }
            if (!translated.AsSpan().SequenceEqual(original))
                return false;
        }
        return true;
    }

    /// <summary>The colours of one side; entry 0 of the items is the padding's and never changes.</summary>
    private sealed class Colours
    {
        private readonly Interactions events;
        private readonly bool inOrder;

        public Colours(Interactions events, bool inOrder)
        {
            (this.events, this.inOrder) = (events, inOrder);
            Items = Array.ConvertAll(events.ItemCounts(), count => (ulong)count);
            Items[0] = ulong.MaxValue; // not the colour of an item without events
            Users = new ulong[events.Users];
        }

        private Colours(Colours before)
        {
            (events, inOrder) = (before.events, before.inOrder);
            (Items, Users) = ([.. before.Items], new ulong[before.Users.Length]);
        }

        public ulong[] Items { get; }

        public ulong[] Users { get; }

        public void Refine()
        {
            for (var before = -1; ; )
            {
                var sums = new ulong[Items.Length];
                for (var user = 0; user < Users.Length; user++)
                    Refine(user, sums);
                for (var item = 1; item < Items.Length; item++)
                    Items[item] = Mix(Items[item] * 3 + sums[item]);
                var now = Items.Distinct().Count();
                if (now == before)
                    return;
                before = now;
            }
        }

        public bool EqualsAsSets(Colours other) =>
            Items.Order().SequenceEqual(other.Items.Order()) && Users.Order().SequenceEqual(other.Users.Order());

        /// <summary>The first item that shares its colour, or null.</summary>
        public int? FirstShared()
        {
            var counts = Items.CountBy(colour => colour).ToDictionary();
            var at = Array.FindIndex(Items, colour => counts[colour] > 1);
            return at < 0 ? null : at;
        }

        public int CountShared() => Items.CountBy(colour => colour).Where(class_ => class_.Value > 1).Sum(c => c.Value);

        public int[] AllOf(ulong colour) =>
            [.. Enumerable.Range(1, Items.Length - 1).Where(item => Items[item] == colour)];

        /// <summary>A copy in which one item has a colour of its own.</summary>
        public Colours Marked(int item, int number)
        {
            var copy = new Colours(this);
            copy.Items[item] = Mix(ulong.MaxValue - (ulong)number);
            return copy;
        }

        private void Refine(int user, ulong[] sums)
        {
            var row = events.ItemsOf(user);
            var colour = (ulong)row.Length;
            foreach (var item in row)
                colour = inOrder ? Mix(colour * 5 + Items[item]) : colour + Mix(Items[item]);
            Users[user] = colour;
            for (var place = 0; place < row.Length; place++)
                sums[row[place]] += Mix(colour + (inOrder ? (ulong)place * 0x9E3779B97F4A7C15 : 0));
        }

        // SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014).
        private static ulong Mix(ulong x)
        {
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }
}
