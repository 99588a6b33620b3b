using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Makes the packed training batch of any step; the batch is a function of the seed and the step alone.</summary>
/// <remarks>
/// Users with fewer than two training items have nothing to predict and are left out. A batch is filled with block
/// copies from one array of all items, so it costs tens of microseconds; it is meant to be made ahead of its step, by
/// one thread at a time.
/// </remarks>
public sealed class NextItemBatcher : RichObject, INextItemBatches
{
    private readonly NextItemBatching options;
    private readonly EpochOrder order;
    private readonly NegativeItems negatives;
    private readonly long[] offsets;
    private readonly long[] items; // widened once, so that a batch is filled by block copies
    private readonly long[] count; // 0, 1, 2 ...

    /// <summary>Prepares batches over a training set.</summary>
    /// <exception cref="ArgumentException">No user has two items, or an option is out of its range.</exception>
    public NextItemBatcher(Interactions train, NextItemBatching options)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLength, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Negatives);
        this.options = options;
        int[] users = [.. Enumerable.Range(0, train.Users).Where(user => train.ItemsOf(user).Length >= 2)];
        if (users.Length == 0)
            throw new ArgumentException(
                "No user has two training items: there is no next item to learn from.",
                nameof(train)
            );
        var random = new CounterRandom(options.Seed);
        order = new EpochOrder(random.Fork("users"), users, options.BatchSize, options.WithReplacement);
        negatives = new NegativeItems(
            train,
            random.Fork("negatives"),
            options.Negatives,
            options.Sharing,
            options.ExcludeSeen
        );
        Users = users.Length;
        offsets = train.Offsets.ToArray();
        items = new long[train.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = train.Items[i];
        count = new long[Math.Max(options.BatchSize, 1) * options.MaxLength];
        for (var i = 0; i < count.Length; i++)
            count[i] = i;
    }

    /// <inheritdoc/>
    public int StepsPerEpoch => order.StepsPerEpoch;

    /// <summary>Users with something to predict.</summary>
    public int Users { get; }

    /// <inheritdoc/>
    public NextItemBatch At(long step)
    {
        var chosen = order.At(step);
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
            Negatives: negatives.Draw(chosen, lengths, step)
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
        return batch;
    }

    private int Length(int user) => (int)(offsets[user + 1] - offsets[user]);
}
