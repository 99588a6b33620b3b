using System.Collections.Concurrent;

namespace GenRec.Notebooks.Sessions;

/// <summary>The one thread on which every cell of a session starts.</summary>
/// <remarks>TorchSharp keeps gradient mode and dispose scopes per thread: what one cell sets, the next must
/// find.</remarks>
internal sealed class SessionThread : IDisposable
{
    private const int StackBytes = 16 << 20;

    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;
    private volatile bool interrupted;

    public SessionThread(string name)
    {
        thread = new Thread(Loop, StackBytes) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>Wakes the thread from a sleep, a lock or a wait, where an abort does not reach it.</summary>
    public void Interrupt()
    {
        interrupted = true;
        thread.Interrupt();
    }

    /// <summary>Runs <paramref name="function"/> on the thread.</summary>
    public Task<T> Run<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                done.SetResult(function());
            }
#pragma warning disable CA1031 // Whatever it is belongs to the caller, who awaits it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    public void Dispose() => work.CompleteAdding();

    private void Loop()
    {
        while (!work.IsCompleted)
        {
            try
            {
                if (!work.TryTake(out var action, Timeout.Infinite))
                    continue;
                TakeInterrupt();
                action();
            }
            catch (ThreadInterruptedException) { } // meant for a cell that had just ended
        }
        work.Dispose();
    }

    // One that came too late for its cell must not wake the next.
    private void TakeInterrupt()
    {
        if (!interrupted)
            return;
        interrupted = false;
        try
        {
            Thread.Sleep(1);
        }
        catch (ThreadInterruptedException) { }
    }
}
