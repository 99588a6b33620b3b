using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;

namespace GenRec.Notebooks.Kernel;

/// <summary>What the kernel has to say to whoever started it; a client that sends rubbish cannot flood it.</summary>
internal sealed class KernelLog(TextWriter writer)
{
    private readonly ConcurrentDictionary<string, int> dropped = new(StringComparer.Ordinal);

    /// <summary>Writes a line.</summary>
    public void Line(string text)
    {
        lock (writer)
            writer.WriteLine($"genrec kernel: {text}");
    }

    /// <summary>Tells of a dropped message: the first on each socket, then the 2nd, 4th, 8th ...</summary>
    public void Dropped(string socket, string why)
    {
        var count = dropped.AddOrUpdate(socket, 1, (_, before) => before + 1);
        if (BitOperations.IsPow2(count))
            Line(
                $"dropped a message on {socket}: {why}"
                    + (count == 1 ? "" : $" ({count.ToString(CultureInfo.InvariantCulture)} dropped so far)")
            );
    }
}
