using System.Collections.Concurrent;

namespace GenRec.Notebooks.Kernel;

/// <summary>Works through requests one after another, on a thread of its own: a cell that takes every pool thread must not
/// keep the kernel from answering.</summary>
internal sealed class RequestLoop<T> : IDisposable
{
    private readonly BlockingCollection<T> waiting = [];
    private readonly Func<T, Task> handle;
    private readonly Thread thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">What debuggers call it.</param>
    /// <param name="handle">Does the work; must not throw.</param>
    public RequestLoop(string name, Func<T, Task> handle)
    {
        this.handle = handle;
        thread = new Thread(Work) { IsBackground = true, Name = $"genrec kernel {name}" };
        thread.Start();
    }

    /// <summary>Adds a request; after the end it is dropped.</summary>
    public void Add(T request)
    {
        try
        {
            waiting.Add(request);
        }
        catch (InvalidOperationException) { } // the kernel is shutting down
    }

    /// <summary>Takes no more; what waits is not worked on.</summary>
    public void Dispose()
    {
        waiting.CompleteAdding();
        while (waiting.TryTake(out _)) { }
    }

    /// <summary>Waits for the request that is being worked on.</summary>
    public void Join(TimeSpan longest) => thread.Join(longest);

    private void Work()
    {
        foreach (var request in waiting.GetConsumingEnumerable())
            handle(request).GetAwaiter().GetResult();
    }
}
