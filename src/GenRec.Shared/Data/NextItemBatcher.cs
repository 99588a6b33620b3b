using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Makes the packed training batch of any step; the batch is a function of the seed and the step alone.</summary>
/// <remarks>
/// Users with fewer than two training items have nothing to predict and are left out. A batch is filled with block
/// copies from one array of all items, so it costs tens of microseconds; it is meant to be made ahead of its step, by
/// one thread at a time.
/// </remarks>
public sealed class NextItemBatcher : RichObject
{
    private readonly NextItemBatching options;
    private readonly CounterRandom order;
    private readonly CounterRandom negatives;
    private readonly int itemCount;
    private readonly int[] users; // rows with something to predict
    private readonly long[] offsets;
    private readonly long[] items; // widened once, so that a batch is filled by block copies
    private readonly long[] count; // 0, 1, 2 ...
    private int[] shuffled = [];
    private long shuffledEpoch = -1;
    private readonly UnseenItems? unseen;

    /// <summary>Prepares batches over a training set.</summary>
    /// <exception cref="ArgumentException">No user has two items, or an option is out of its range.</exception>
    public NextItemBatcher(Interactions train, NextItemBatching options)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLength, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Negatives);
        (this.options, itemCount) = (options, train.ItemCount);
        (order, negatives) = (
            new CounterRandom(options.Seed).Fork("users"),
            new CounterRandom(options.Seed).Fork("negatives")
        );
        users = [.. Enumerable.Range(0, train.Users).Where(user => train.ItemsOf(user).Length >= 2)];
        if (users.Length == 0)
            throw new ArgumentException(
                "No user has two training items: there is no next item to learn from.",
                nameof(train)
            );
        offsets = train.Offsets.ToArray();
        items = new long[train.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = train.Items[i];
        count = new long[Math.Max(options.BatchSize, 1) * options.MaxLength];
        for (var i = 0; i < count.Length; i++)
            count[i] = i;
        if (options is { Sharing: NegativeSharing.PerPosition, ExcludeSeen: true, Negatives: > 0 })
            unseen = new UnseenItems(train);
    }

    /// <summary>Batches in a pass over the users; the last one may be smaller.</summary>
    public int StepsPerEpoch => (users.Length + options.BatchSize - 1) / options.BatchSize;

    /// <summary>Users with something to predict.</summary>
    public int Users => users.Length;

    /// <summary>The batch of one step.</summary>
    /// <param name="step">Counted from 0 over all epochs.</param>
    public NextItemBatch At(long step)
    {
        var chosen = UsersOf(step);
        var lengths = new int[chosen.Length];
        for (var i = 0; i < chosen.Length; i++)
            lengths[i] = Math.Min(Length(chosen[i]) - 1, options.MaxLength);
        var packing = RowPacking.Pack(lengths, lengths.Max());
        var (cells, total) = (packing.Rows * packing.Width, lengths.Sum());
        var batch = new NextItemBatch(
            packing.Rows,
            packing.Width,
            Items: new long[cells],
            Positions: new long[cells],
            Segments: new long[cells],
            Cells: new long[total],
            Targets: new long[total],
            Negatives: new long[options.Negatives * (options.Sharing == NegativeSharing.PerBatch ? 1 : total)]
        );
        for (var (i, at) = (0, 0); i < chosen.Length; at += lengths[i], i++)
        {
            var (start, length, end) = (packing.Starts.Span[i], lengths[i], (int)offsets[chosen[i] + 1]);
            items.AsSpan(end - 1 - length, length).CopyTo(batch.Items.AsSpan(start));
            items.AsSpan(end - length, length).CopyTo(batch.Targets.AsSpan(at));
            count.AsSpan(options.MaxLength - length, length).CopyTo(batch.Positions.AsSpan(start));
            count.AsSpan(start, length).CopyTo(batch.Cells.AsSpan(at));
            batch.Segments.AsSpan(start, length).Fill(i + 1);
        }
        DrawNegatives(batch.Negatives, chosen, lengths, step);
        return batch;
    }

    private int Length(int user) => (int)(offsets[user + 1] - offsets[user]);

    private ReadOnlySpan<int> UsersOf(long step)
    {
        var (epoch, first) = (step / StepsPerEpoch, (int)(step % StepsPerEpoch) * options.BatchSize);
        if (options.WithReplacement)
        {
            var drawn = new int[options.BatchSize];
            for (var i = 0; i < drawn.Length; i++)
                drawn[i] = users[order.At((ulong)step, (ulong)i).Below(users.Length)];
            return drawn;
        }
        if (epoch != shuffledEpoch)
        {
            shuffled = [.. users];
            order.Shuffle(shuffled.AsSpan(), (ulong)epoch);
            shuffledEpoch = epoch;
        }
        return shuffled.AsSpan(first, Math.Min(options.BatchSize, users.Length - first));
    }

    private void DrawNegatives(Span<long> drawn, ReadOnlySpan<int> chosen, int[] lengths, long step)
    {
        if (options.Negatives == 0)
            return;
        UnseenItems.FillUniform(drawn, negatives, step, itemCount);
        for (var (i, at) = (0, 0); unseen is not null && i < chosen.Length; i++)
        {
            var own = lengths[i] * options.Negatives;
            unseen.ReplaceSeen(drawn.Slice(at, own), at, negatives, step, chosen[i]);
            at += own;
        }
    }
}
