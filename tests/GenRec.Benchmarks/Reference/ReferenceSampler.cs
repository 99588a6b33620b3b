using System.Collections.Concurrent;
using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Reference;

/// <summary>A padded training batch, <c>[B, L]</c> row after row; 0 is padding and stands on the left.</summary>
/// <param name="Sequences">What the model sees.</param>
/// <param name="Slots">Position numbers <c>1..L</c>; 0 at padding.</param>
/// <param name="Positives">The item that came next.</param>
/// <param name="Negatives">An item that the user has not met in training.</param>
/// <param name="RealPositions">Number of positions that are not padding.</param>
internal sealed record ReferenceBatch(
    long[] Sequences,
    long[] Slots,
    long[] Positives,
    long[] Negatives,
    int RealPositions
);

/// <summary>
/// The sampler of pmixer/SASRec.pytorch (fde8a9c, <c>utils.py</c>): users in shuffled order, one rejected-until-new negative a
/// position, batches made ahead in the background.
/// </summary>
/// <remarks>One background thread stands for its worker processes; it is never the slower half here.</remarks>
internal sealed class ReferenceSampler : IDisposable
{
    private const int Ahead = 10; // batches a worker may be ahead, as there
    private readonly BlockingCollection<ReferenceBatch> ready = new(Ahead);
    private readonly CancellationTokenSource stop = new();
    private readonly Thread worker;
    private readonly int[][] rows;
    private readonly int itemCount;
    private readonly int batchSize;
    private readonly int length;
    private readonly Random random;

    /// <summary>Starts sampling.</summary>
    /// <param name="train">What is learned from.</param>
    /// <param name="batchSize">B, users in a batch.</param>
    /// <param name="length">L, the longest history kept.</param>
    /// <param name="seed">The same seed gives the same batches.</param>
    public ReferenceSampler(Interactions train, int batchSize, int length, int seed)
    {
        (rows, itemCount) = (
            [.. Enumerable.Range(0, train.Users).Select(user => train.ItemsOf(user).ToArray())],
            train.ItemCount
        );
        (this.batchSize, this.length) = (batchSize, length);
        if (!rows.Any(row => row.Length > 1))
            throw new ArgumentException("No user has two training items, so there is no next item.", nameof(train));
        random = new Random(seed);
        worker = new Thread(Produce) { IsBackground = true, Name = "reference sampler" };
        worker.Start();
    }

    /// <summary>The next batch; waits where the sampler is behind.</summary>
    public ReferenceBatch Next() => ready.Take();

    public void Dispose()
    {
        stop.Cancel();
        worker.Join();
        ready.Dispose();
        stop.Dispose();
    }

    private void Produce()
    {
        var users = Enumerable.Range(0, rows.Length).ToArray();
        var (next, met) = (users.Length, new HashSet<int>());
        try
        {
            while (true)
                ready.Add(Fill(), stop.Token);
        }
        catch (OperationCanceledException) { }

        ReferenceBatch Fill()
        {
            var cells = batchSize * length;
            var batch = new ReferenceBatch(new long[cells], new long[cells], new long[cells], new long[cells], 0);
            var real = 0;
            for (var row = 0; row < batchSize; row++)
            {
                if (next == users.Length)
                {
                    random.Shuffle(users);
                    next = 0;
                }
                var items = rows[users[next++]];
                while (items.Length <= 1)
                    items = rows[random.Next(rows.Length)];
                real += FillRow(batch, row * length, items, met);
            }
            return batch with { RealPositions = real };
        }
    }

    private int FillRow(ReferenceBatch batch, int start, int[] items, HashSet<int> met)
    {
        met.Clear();
        met.UnionWith(items);
        var count = Math.Min(items.Length - 1, length);
        for (var back = 0; back < count; back++)
        {
            var cell = start + length - 1 - back;
            batch.Sequences[cell] = items[^(back + 2)];
            batch.Slots[cell] = length - back;
            batch.Positives[cell] = items[^(back + 1)];
            int negative;
            do negative = random.Next(1, itemCount + 1);
            while (met.Contains(negative));
            batch.Negatives[cell] = negative;
        }
        return count;
    }
}
