using System.Collections.Concurrent;

namespace GenRec.Notebooks.Sessions;

/// <summary>The one thread on which every cell of a session starts.</summary>
/// <remarks>TorchSharp keeps gradient mode and dispose scopes per thread: what one cell sets, the next must find.</remarks>
internal sealed class SessionThread : IDisposable
{
    private const int StackBytes = 16 << 20;

    private readonly BlockingCollection<Action> work = [];

    public SessionThread(string name)
    {
        var thread = new Thread(Loop, StackBytes) { IsBackground = true, Name = name };
        thread.Start();
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
        foreach (var action in work.GetConsumingEnumerable())
            action();
        work.Dispose();
    }
}
