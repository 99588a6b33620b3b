using static TorchSharp.torch;

namespace GenRec.Shared.Runtime;

/// <summary>Blocks of memory that one step after the other uses in the same order, so that none is asked of the system twice.</summary>
/// <remarks>
/// Fresh memory costs a page fault for each 4 KB, and tensors whose sizes vary from batch to batch leave the heap in pieces. A block
/// grows when a step needs more of it than any before, and stays.
/// </remarks>
internal sealed class TrainingMemory : IDisposable
{
    private const double Spare = 1.25; // a block that was too small is made larger by this, so that it seldom happens again
    private readonly List<Tensor> blocks = [];
    private readonly List<Tensor?> views = []; // of each block, as it was lent last
    private int used;

    /// <summary>Lets the next step, or the next part of one, use all blocks anew.</summary>
    public void Reset() => used = 0;

    /// <summary>A matrix whose content is undefined, until <see cref="Reset"/>.</summary>
    /// <returns>A view in the caller's scope.</returns>
    public Tensor Take(ScalarType type, long rows, long columns)
    {
        var block = Next(type, rows * columns);
        return blocks[block].narrow(0, 0, rows * columns).view(rows, columns);
    }

    /// <summary>The same for steps so small that making a view counts: it is kept for the next one of the same size.</summary>
    /// <returns>A view, the memory's own.</returns>
    public Tensor Lend(ScalarType type, long rows, long columns)
    {
        var block = Next(type, rows * columns);
        if (views[block] is { } known && known.shape is [var before, var wide] && before == rows && wide == columns)
            return known;
        Forget(block);
        using var whole = blocks[block].narrow(0, 0, rows * columns);
        var view = whole.view(rows, columns).DetachFromDisposeScope();
        views[block] = view;
        return view;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var at = 0; at < blocks.Count; at++)
        {
            Forget(at);
            blocks[at].Dispose();
        }
        blocks.Clear();
        views.Clear();
    }

    private int Next(ScalarType type, long size)
    {
        if (used == blocks.Count)
        {
            blocks.Add(New(size));
            views.Add(null);
        }
        else if (blocks[used].numel() < size || blocks[used].dtype != type)
        {
            Forget(used);
            blocks[used].Dispose();
            blocks[used] = New((long)(size * Spare));
        }
        return used++;

        Tensor New(long count) => empty(Math.Max(count, 1), dtype: type).DetachFromDisposeScope();
    }

    private void Forget(int block)
    {
        views[block]?.Dispose();
        views[block] = null;
    }
}
