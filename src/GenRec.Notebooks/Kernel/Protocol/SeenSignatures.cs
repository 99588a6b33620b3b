using System.Text;

namespace GenRec.Notebooks.Kernel.Protocol;

/// <summary>The signatures of late: a message recorded on the wire and sent again is not taken twice.</summary>
internal sealed class SeenSignatures(int most = 1 << 16)
{
    private readonly Lock gate = new();
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly Queue<string> order = new();

    /// <summary>Remembers a signature.</summary>
    /// <returns>False where it was known.</returns>
    public bool Add(ReadOnlySpan<byte> signature)
    {
        var text = Encoding.ASCII.GetString(signature);
        lock (gate)
        {
            if (!known.Add(text))
                return false;
            order.Enqueue(text);
            if (order.Count > most)
                known.Remove(order.Dequeue());
            return true;
        }
    }
}
