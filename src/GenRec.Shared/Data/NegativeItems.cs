using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Draws the negatives of a batch: for each position, or one set for all.</summary>
internal sealed class NegativeItems(
    Interactions train,
    CounterRandom random,
    int count,
    NegativeSharing sharing,
    bool excludeSeen
)
{
    private readonly UnseenItems? unseen =
        excludeSeen && count > 0 && sharing == NegativeSharing.PerPosition ? new UnseenItems(train) : null;

    /// <summary>The negatives of one step.</summary>
    /// <param name="users">Whose each sequence is.</param>
    /// <param name="positions">Positions with a target in each sequence.</param>
    /// <param name="step">The step.</param>
    /// <returns><c>[T * k]</c> or <c>[k]</c>.</returns>
    public long[] Draw(ReadOnlySpan<int> users, ReadOnlySpan<int> positions, long step)
    {
        if (count == 0)
            return [];
        var total = 0;
        foreach (var own in positions)
            total += own;
        var drawn = new long[count * (sharing == NegativeSharing.PerBatch ? 1 : total)];
        UnseenItems.FillUniform(drawn, random, step, train.ItemCount);
        for (var (i, at) = (0, 0); unseen is not null && i < users.Length; i++)
        {
            var own = positions[i] * count;
            unseen.ReplaceSeen(drawn.AsSpan(at, own), at, random, step, users[i]);
            at += own;
        }
        return drawn;
    }
}
