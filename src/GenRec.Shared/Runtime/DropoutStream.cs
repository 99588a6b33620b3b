using GenRec.Shared.Display;

namespace GenRec.Shared.Runtime;

/// <summary>Numbers the dropout calls of one training step, so that every mask is a pure function of its place.</summary>
/// <remarks>
/// There is no generator state to save: a run that resumes at any step makes the masks that the uninterrupted run made,
/// provided that the model calls its dropouts in the same order. Belongs to one thread.
/// </remarks>
public sealed class DropoutStream : RichObject
{
    [ThreadStatic]
    private static DropoutStream? current;

    private uint calls;

    /// <summary>Starts at the step's first dropout.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The training step (with gradient accumulation: the batch), at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public DropoutStream(long seed, long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        (Seed, Step) = (seed, step);
    }

    /// <summary>The stream that dropout modules on this thread draw from; null outside training.</summary>
    public static DropoutStream? Current => current;

    /// <summary>The run's seed.</summary>
    public long Seed { get; }

    /// <summary>The training step.</summary>
    public long Step { get; }

    /// <summary>Makes this the thread's current stream until the result is disposed.</summary>
    public IDisposable Enter()
    {
        var outer = current;
        current = this;
        return new Leave(outer);
    }

    internal MaskKey Next() => new((ulong)Seed, (ulong)Step, calls++);

    /// <summary>Keys of several calls that are made out of order, or on other threads; the first of them.</summary>
    internal MaskKey Reserve(int count)
    {
        var first = new MaskKey((ulong)Seed, (ulong)Step, calls);
        calls += (uint)count;
        return first;
    }

    private sealed class Leave(DropoutStream? outer) : IDisposable
    {
        public void Dispose() => current = outer;
    }
}
