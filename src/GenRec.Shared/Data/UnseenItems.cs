using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Draws items that a user has not chosen, uniformly among those.</summary>
internal sealed class UnseenItems
{
    private const ulong MostDraws = 100;
    private readonly Histories sorted;
    private readonly int itemCount;

    public UnseenItems(Interactions train)
    {
        var (offsets, items) = (train.Offsets.ToArray(), train.Items.ToArray());
        for (var user = 0; user < train.Users; user++)
            items.AsSpan((int)offsets[user], (int)(offsets[user + 1] - offsets[user])).Sort();
        (sorted, itemCount) = (new Histories(offsets, items), train.ItemCount);
    }

    /// <summary>The item at one place of a stream.</summary>
    /// <exception cref="InvalidOperationException">The user has chosen nearly everything.</exception>
    public int Draw(CounterRandom random, long stream, int place, int user)
    {
        var seen = sorted[user];
        for (var attempt = 0ul; attempt < MostDraws; attempt++)
        {
            var item = 1 + random.At((ulong)stream, (uint)place | attempt << 32).Below(itemCount);
            if (seen.BinarySearch(item) < 0)
                return item;
        }
        throw new InvalidOperationException(
            $"User {user} has seen {seen.Length} of {itemCount} items: no unseen one was found in {MostDraws} draws. Set ExcludeSeen to false."
        );
    }
}
