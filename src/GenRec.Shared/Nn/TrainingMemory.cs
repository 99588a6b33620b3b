using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Blocks of memory that one step after the other uses in the same order, so that none is asked of the system twice.</summary>
/// <remarks>
/// Fresh memory costs a page fault for each 4 KB, and tensors whose sizes vary from batch to batch leave the heap in pieces. A block
/// grows when a step needs more of it than any before, and stays.
/// </remarks>
internal sealed class TrainingMemory : IDisposable
{
    private const double Spare = 1.25; // a block that was too small is made larger by this, so that it seldom happens again
    private readonly List<Tensor> blocks = [];
    private int used;

    /// <summary>Lets the next step, or the next part of one, use all blocks anew.</summary>
    public void Reset() => used = 0;

    /// <summary>A matrix whose content is undefined, until <see cref="Reset"/>.</summary>
    /// <returns>A view in the caller's scope.</returns>
    public Tensor Take(ScalarType type, long rows, long columns)
    {
        var size = rows * columns;
        if (used == blocks.Count)
            blocks.Add(New(size));
        else if (blocks[used].shape[0] < size || blocks[used].dtype != type)
        {
            blocks[used].Dispose();
            blocks[used] = New((long)(size * Spare));
        }
        return blocks[used++].narrow(0, 0, size).view(rows, columns);

        Tensor New(long count) => empty(Math.Max(count, 1), dtype: type).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in blocks)
            block.Dispose();
        blocks.Clear();
    }
}
