using GenRec.Shared.Runtime;

namespace GenRec.Notebooks.Kernel;

/// <summary>Gives freed native memory back when no cell has run for a moment: a notebook lies open for hours.</summary>
internal sealed class RestingMemory : IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly Timer timer = new(_ => MallocTuning.ReturnFreeMemory());

    /// <summary>A cell has started: not now.</summary>
    public void CellStarted() => Set(Timeout.InfiniteTimeSpan);

    /// <summary>A cell has ended: soon, where no other follows.</summary>
    public void CellEnded() => Set(Rest);

    /// <summary>Not any more.</summary>
    public void Dispose() => timer.Dispose();

    private void Set(TimeSpan due)
    {
        try
        {
            timer.Change(due, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException) { } // a cell that ends after the kernel
    }
}
