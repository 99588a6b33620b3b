using System.Runtime.ExceptionServices;

namespace GenRec.Shared.Runtime;

/// <summary>Makes values ahead of their use on a thread of its own: the batch of step n + 1 while step n computes.</summary>
/// <typeparam name="T">The value; plain arrays are best, because tensors made on the other thread belong to no dispose scope.</typeparam>
/// <remarks>
/// A value is a pure function of its index, so that a run can resume anywhere. Values that are asked for in order come
/// from the other thread; a jump starts it anew from the index asked for. One consumer at a time.
/// </remarks>
public sealed class Prefetcher<T> : IDisposable
{
    private readonly object gate = new();
    private readonly Func<long, T> make;
    private readonly long end;
    private readonly int depth;
    private readonly Queue<(long Index, T? Value, ExceptionDispatchInfo? Error)> ready = new();
    private Thread? worker;
    private long nextToMake;
    private bool stopped;

    /// <summary>Wraps a function; nothing is made before the first <see cref="Get"/>.</summary>
    /// <param name="make">Makes the value of an index; must not depend on earlier calls.</param>
    /// <param name="end">First index that does not exist; nothing from there on is made.</param>
    /// <param name="depth">How many values may wait, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="depth"/> is below 1.</exception>
    public Prefetcher(Func<long, T> make, long end = long.MaxValue, int depth = 2)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        (this.make, this.end, this.depth) = (make, end, depth);
    }

    /// <summary>The value of an index, waiting for it where it is not ready.</summary>
    /// <param name="index">Below <c>end</c>.</param>
    /// <remarks>What <c>make</c> throws surfaces here, with its own stack, when the failing index is asked for.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside <c>0..end - 1</c>.</exception>
    /// <exception cref="ObjectDisposedException">The prefetcher was disposed.</exception>
    public T Get(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, end);
        (long Index, T? Value, ExceptionDispatchInfo? Error) found;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopped, this);
            if (worker is null || FirstExpected() != index)
                StartAt(index);
            while (ready.Count == 0)
            {
                Monitor.Wait(gate);
                ObjectDisposedException.ThrowIf(stopped, this);
            }
            found = ready.Dequeue();
            Monitor.PulseAll(gate);
        }
        found.Error?.Throw();
        return found.Value!;
    }

    /// <summary>Stops the thread; a value being made is finished and dropped.</summary>
    public void Dispose()
    {
        Thread? running;
        lock (gate)
        {
            stopped = true;
            running = worker;
            Monitor.PulseAll(gate);
        }
        if (running != Thread.CurrentThread)
            running?.Join();
    }

    private long FirstExpected() => ready.Count > 0 ? ready.Peek().Index : nextToMake;

    private void StartAt(long index)
    {
        foreach (var dropped in ready)
            (dropped.Value as IDisposable)?.Dispose();
        ready.Clear();
        nextToMake = index;
        Monitor.PulseAll(gate); // the thread may wait for room in what was dropped just now
        if (worker is not null)
            return;
        worker = new Thread(Work) { IsBackground = true, Name = "GenRec prefetch" };
        worker.Start();
    }

    private void Work()
    {
        while (true)
        {
            long index;
            lock (gate)
            {
                while (!stopped && (ready.Count >= depth || nextToMake >= end))
                    Monitor.Wait(gate);
                if (stopped)
                    return;
                index = nextToMake;
            }
            T? value = default;
            ExceptionDispatchInfo? error = null;
            try
            {
                value = make(index);
            }
            catch (Exception thrown)
            {
                error = ExceptionDispatchInfo.Capture(thrown);
            }
            lock (gate)
            {
                if (nextToMake == index)
                {
                    ready.Enqueue((index, value, error));
                    nextToMake++;
                    Monitor.PulseAll(gate);
                    continue;
                }
            }
            (value as IDisposable)?.Dispose(); // the consumer jumped elsewhere meanwhile
        }
    }
}
