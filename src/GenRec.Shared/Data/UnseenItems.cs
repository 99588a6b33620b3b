using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Draws items uniformly, from all or from those that a user has not chosen.</summary>
/// <remarks>Every draw is a function of the generator's seed, the stream and the place alone.</remarks>
internal sealed class UnseenItems(Interactions train)
{
    private const ulong MostDraws = 100;
    private const ulong Again = 1ul << 32; // where a place's further draws lie, beyond all first ones
    private readonly Histories chosen = train.ByUser;
    private readonly int itemCount = train.ItemCount;

    /// <summary>Fills places with items <c>1..N</c>; the bias of 32-bit draws is below <c>N / 2^32</c>.</summary>
    public static void FillUniform(Span<long> places, CounterRandom random, long stream, int itemCount)
    {
        Span<ulong> bits = stackalloc ulong[2]; // one block of the generator serves four places
        for (var place = 0; place < places.Length; place++)
        {
            if (place % 4 == 0)
            {
                var draw = random.At((ulong)stream, (ulong)place / 4);
                (bits[0], bits[1]) = (draw.UInt64, draw.Second);
            }
            var word = (uint)(bits[place % 4 / 2] >> (place % 2 * 32));
            places[place] = 1 + (long)((ulong)word * (ulong)itemCount >> 32);
        }
    }

    /// <summary>Draws again, at each place that holds an item its user has chosen, until none does.</summary>
    /// <param name="places">Places of one user.</param>
    /// <param name="first">Number of the first place.</param>
    /// <param name="random">The generator that filled the places.</param>
    /// <param name="stream">The stream that filled them.</param>
    /// <param name="user">The user.</param>
    /// <exception cref="InvalidOperationException">The user has chosen nearly everything.</exception>
    public void ReplaceSeen(Span<long> places, int first, CounterRandom random, long stream, int user)
    {
        var seen = chosen[user];
        for (var i = 0; i < places.Length; i++)
        for (var attempt = 1ul; seen.Contains((int)places[i]); attempt++)
        {
            if (attempt > MostDraws)
                throw new InvalidOperationException(
                    $"User {user} has seen {seen.Length} of {itemCount} items: no unseen one was found in {MostDraws} draws. "
                        + "Set ExcludeSeen to false."
                );
            places[i] = 1 + random.At((ulong)stream, attempt * Again + (uint)(first + i)).Below(itemCount);
        }
    }
}
