using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>How negatives are drawn for a batch.</summary>
public enum NegativeSharing
{
    /// <summary>Each position has its own negatives, <c>[T, k]</c>.</summary>
    PerPosition,

    /// <summary>One set of negatives serves all positions of the batch, <c>[k]</c>.</summary>
    PerBatch,
}

/// <summary>Several users' sequences packed into rows, and what is to be predicted where. Plain arrays.</summary>
/// <param name="Rows">R, rows of the grid.</param>
/// <param name="Width">W, cells in a row.</param>
/// <param name="Items">Item ids, 0 where a cell is empty, <c>[R * W]</c>.</param>
/// <param name="Positions">Position ids, <c>0..L-1</c>; a sequence's newest item always has L - 1, <c>[R * W]</c>.</param>
/// <param name="Segments">Which sequence a cell belongs to (from 1), 0 where it is empty, <c>[R * W]</c>.</param>
/// <param name="Cells">The grid cells with something to predict, sequence after sequence, <c>[T]</c>.</param>
/// <param name="Targets">
/// The item to predict at each of <paramref name="Cells"/>: the one that came next, or the one that was masked, <c>[T]</c>.
/// </param>
/// <param name="Negatives">Items that did not, <c>[T * k]</c> or <c>[k]</c>; empty where the loss needs none.</param>
public sealed record NextItemBatch(
    int Rows,
    int Width,
    long[] Items,
    long[] Positions,
    long[] Segments,
    long[] Cells,
    long[] Targets,
    long[] Negatives
) : RichRecord;

/// <summary>Batches of a training, each a function of its step.</summary>
public interface INextItemBatches
{
    /// <summary>Batches in a pass over the data; the last one may be smaller.</summary>
    int StepsPerEpoch { get; }

    /// <summary>The batch of one step.</summary>
    /// <param name="step">Counted from 0 over all epochs.</param>
    NextItemBatch At(long step);
}

/// <summary>Which batches a <see cref="NextItemBatcher"/> makes.</summary>
public sealed record NextItemBatching : RichRecord
{
    /// <summary>Users in a batch, at least 1.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>L: only the newest L items of a user are inputs, at least 1.</summary>
    public int MaxLength { get; init; } = 50;

    /// <summary>k: negatives for each position, or for the batch; 0 for none.</summary>
    public int Negatives { get; init; } = 1;

    /// <summary>Whose the negatives are.</summary>
    public NegativeSharing Sharing { get; init; } = NegativeSharing.PerPosition;

    /// <summary>Draw no item of the user's training history as a negative. Only for <see cref="NegativeSharing.PerPosition"/>.</summary>
    public bool ExcludeSeen { get; init; } = true;

    /// <summary>
    /// Draw each batch's users at random with replacement, as kang205/SASRec (sampler.py) does, so that an "epoch" is no
    /// pass over the users; otherwise users are shuffled anew each epoch.
    /// </summary>
    public bool WithReplacement { get; init; }

    /// <summary>Seed of the order of users and of the negatives.</summary>
    public ulong Seed { get; init; }
}
