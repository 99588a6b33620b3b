using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Slates;

/// <summary>Histories, and one or several sessions for each: what a session policy learns from and is asked about. Plain arrays.</summary>
/// <remarks>Item ids, not codes: how an item is spelled is the model's affair.</remarks>
public sealed class SessionBatch : RichObject
{
    private readonly int[] items;

    /// <summary>Wraps arrays without copying them.</summary>
    /// <param name="histories">B rows of positively engaged items, oldest first, none empty; with users where the model reads them.</param>
    /// <param name="items">Item ids <c>[B x S x m]</c>: all sessions of a history side by side, first position first.</param>
    /// <param name="length">m, items of a session, at least 1.</param>
    /// <param name="perHistory">S, sessions of each history; with S above 1 a model encodes each history once. Default 1.</param>
    /// <exception cref="ArgumentException">
    /// Sizes do not fit, a history is empty, an item id is below 1, or a session has an item twice.
    /// </exception>
    public SessionBatch(Histories histories, int[] items, int length, int perHistory = 1)
    {
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(perHistory, 1);
        (Histories, this.items, Length, PerHistory) = (histories, items, length, perHistory);
        if (items.LongLength != (long)histories.Count * perHistory * length)
            throw new ArgumentException(
                $"{items.Length} items, need {histories.Count} histories x {perHistory} sessions x {length} items.",
                nameof(items)
            );
        RequireHistories(histories);
        for (var session = 0; session < Count; session++)
            Check(this[session], session);
    }

    /// <summary>What each user engaged with before, <c>[B]</c> rows, oldest first.</summary>
    public Histories Histories { get; }

    /// <summary>m, items of a session.</summary>
    public int Length { get; }

    /// <summary>S, sessions of each history.</summary>
    public int PerHistory { get; }

    /// <summary>B S, all sessions.</summary>
    public int Count => Histories.Count * PerHistory;

    /// <summary>Item ids, <c>[B x S x m]</c>.</summary>
    public ReadOnlySpan<int> Items => items;

    /// <summary>Items of one session, <c>[m]</c>.</summary>
    /// <param name="session"><c>history S + s</c>.</param>
    public ReadOnlySpan<int> this[int session] => items.AsSpan(session * Length, Length);

    /// <summary>Throws where a history is empty: there is nothing that an answer could depend on.</summary>
    /// <exception cref="ArgumentException">Names the row.</exception>
    public static void RequireHistories(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        for (var row = 0; row < histories.Count; row++)
            if (histories.LengthOf(row) == 0)
                throw new ArgumentException(
                    $"History {row} is empty. Leave users without a positively engaged item out, or serve them another way.",
                    nameof(histories)
                );
    }

    private static void Check(ReadOnlySpan<int> session, int number)
    {
        for (var at = 0; at < session.Length; at++)
        {
            if (session[at] < 1)
                throw new ArgumentException(
                    $"Session {number} has the item {session[at]} at place {at}; items are numbered from 1."
                );
            if (session[..at].Contains(session[at]))
                throw new ArgumentException(
                    $"Session {number} has item {session[at]} twice; no session repeats an item."
                );
        }
    }
}
