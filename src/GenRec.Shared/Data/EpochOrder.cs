using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Which rows a batch holds: all rows in a new order each epoch, or drawn with replacement.</summary>
/// <remarks>A function of the generator's seed and the step; one thread at a time.</remarks>
internal sealed class EpochOrder(CounterRandom random, int[] rows, int batchSize, bool withReplacement = false)
{
    private int[] shuffled = [];
    private long shuffledEpoch = -1;

    /// <summary>Batches in a pass over the rows; the last one may be smaller.</summary>
    public int StepsPerEpoch => (rows.Length + batchSize - 1) / batchSize;

    /// <summary>The rows of one step, counted from 0 over all epochs.</summary>
    public ReadOnlySpan<int> At(long step)
    {
        if (withReplacement)
        {
            var drawn = new int[batchSize];
            for (var i = 0; i < drawn.Length; i++)
                drawn[i] = rows[random.At((ulong)step, (ulong)i).Below(rows.Length)];
            return drawn;
        }
        var (epoch, first) = (step / StepsPerEpoch, (int)(step % StepsPerEpoch) * batchSize);
        if (epoch != shuffledEpoch)
        {
            shuffled = [.. rows];
            random.Shuffle(shuffled.AsSpan(), (ulong)epoch);
            shuffledEpoch = epoch;
        }
        return shuffled.AsSpan(first, Math.Min(batchSize, rows.Length - first));
    }
}
