using System.Runtime;

namespace GenRec.Shared.Runtime;

/// <summary>Lets the garbage collector run between steps only.</summary>
/// <remarks>
/// TorchSharp frees the temporary numbers of expressions such as <c>x * 0.5</c> or <c>a + b</c> (its hidden factor) in
/// finalizers, which may run while native code still reads them; a collection in the middle of a step then ends in
/// "Expected false to be true". Within the pause nothing is collected until the budget is used up, and it is used up only
/// where <see cref="Collect"/> is called too rarely. The pause is the process's and belongs to the thread that began it:
/// one within another on that thread (a validation in a training) shares it, one on another thread does nothing.
/// </remarks>
internal sealed class CollectionPause : IDisposable
{
    private const long Budget = 192L << 20; // bytes; a step allocates some ten kilobytes of managed memory
    private static int ownerThread; // 0: none
    private static long allocatedAtStart;
    private readonly bool isOwner =
        Interlocked.CompareExchange(ref ownerThread, Environment.CurrentManagedThreadId, 0) == 0;

    public CollectionPause()
    {
        if (isOwner)
            Start();
    }

    /// <summary>Call it where no native call is under way: collects when a third of the budget is used.</summary>
    public static void Collect()
    {
        if (
            Volatile.Read(ref ownerThread) != Environment.CurrentManagedThreadId
            || GC.GetTotalAllocatedBytes() - allocatedAtStart < Budget / 3
        )
            return;
        End();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Start();
    }

    public void Dispose()
    {
        if (!isOwner)
            return;
        End();
        Volatile.Write(ref ownerThread, 0);
    }

    private static void Start()
    {
        if (GCSettings.LatencyMode != GCLatencyMode.NoGCRegion)
            GC.TryStartNoGCRegion(Budget);
        allocatedAtStart = GC.GetTotalAllocatedBytes();
    }

    private static void End()
    {
        if (GCSettings.LatencyMode != GCLatencyMode.NoGCRegion)
            return; // more than the budget was allocated, and the runtime ended the pause itself
        try
        {
            GC.EndNoGCRegion();
        }
        catch (InvalidOperationException)
        {
            // It ended between the question and the call.
        }
    }
}
