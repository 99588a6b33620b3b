using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Measures;

/// <summary>Sampled items and their nearest by cosine, found once for as many ids as are measured against them.</summary>
/// <param name="Sample">Rows of the sampled items.</param>
/// <param name="Rows">Rows of their neighbours, <c>[Sample * Wanted]</c>.</param>
/// <param name="Wanted">Neighbours of each; 0 where an item is alone.</param>
internal sealed record Neighbourhood(int[] Sample, int[] Rows, int Wanted)
{
    private const long ScoresAtOnce = 1 << 24;

    /// <summary>Finds them.</summary>
    /// <param name="vectors">One row an item, <c>[N, D]</c>, float32, on any device; not copied.</param>
    /// <param name="evidence">How many of each, and the seed of the sample.</param>
    public static Neighbourhood Of(Tensor vectors, SemanticIdEvidence evidence)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var rows = (int)vectors.shape[0];
        var sample = SampleOf(rows, evidence);
        var wanted = Math.Min(evidence.Neighbours, rows - 1);
        if (wanted < 1)
            return new(sample, [], 0);
        var lengths = vectors.norm(1).clamp_min(1e-12f); // [N]
        var near = new int[sample.Length * wanted];
        var block = (int)Math.Clamp(ScoresAtOnce / rows, 1, 256);
        for (var start = 0; start < sample.Length; start += block)
        {
            using var inner = NewDisposeScope();
            var own = tensor(
                Array.ConvertAll(sample[start..Math.Min(sample.Length, start + block)], row => (long)row),
                device: vectors.device
            );
            var minus = zeros_like(own, ScalarType.Float32).fill_(float.NegativeInfinity).unsqueeze(1);
            // The item's own length does not change the order of its neighbours.
            var scores = vectors.index_select(0, own).mm(vectors.t()).div_(lengths); // [block, N]
            scores.scatter_(1, own.unsqueeze(1), minus); // no neighbour of itself
            var top = scores.topk(wanted, 1).indexes.cpu().contiguous();
            var found = MemoryMarshal.Cast<byte, long>(top.bytes);
            for (var at = 0; at < found.Length; at++)
                near[start * wanted + at] = (int)found[at];
        }
        return new(sample, near, wanted);
    }

    /// <summary>Rows of different items, in random order.</summary>
    public static int[] SampleOf(int items, SemanticIdEvidence evidence)
    {
        var rows = Enumerable.Range(0, items).ToArray();
        new CounterRandom(evidence.Seed).Fork("sample").Shuffle(rows.AsSpan(), stream: 0);
        return rows[..Math.Min(items, Math.Max(1, evidence.Sample))];
    }
}
