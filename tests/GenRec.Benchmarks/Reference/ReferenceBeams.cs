using System.Runtime.InteropServices;
using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>
/// The beams of a batch as the reference repositories carry them: encoder states and caches copied for each beam, a callback
/// asked for each beam and step, and a mask over the whole vocabulary. Tensors belong to the caller's dispose scope.
/// </summary>
internal sealed class ReferenceBeams
{
    private const float Impossible = -1e9f; // score of the beams that have not started yet
    private readonly T5Reference model;
    private readonly T5Options options;
    private readonly int beams;
    private readonly Tensor states;
    private readonly Tensor mask;
    private readonly Tensor?[,] cache;
    private int position;

    public ReferenceBeams(T5Reference model, T5Options options, int[][] histories, int beams)
    {
        (this.model, this.options, this.beams) = (model, options, beams);
        var (ids, isReal) = Pad(histories);
        var (once, real) = model.Encode(ids, isReal);
        (states, mask) = (once.repeat_interleave(beams, 0), real.repeat_interleave(beams, 0)); // a copy for each beam
        cache = new Tensor?[options.DecoderLayers, 4];
        Prefixes = [.. Enumerable.Range(0, histories.Length * beams).Select(_ => new List<int>())];
        Scores = [.. Prefixes.Select((_, row) => row % beams == 0 ? 0 : Impossible)];
    }

    /// <summary>What each beam has written, user after user.</summary>
    public List<int>[] Prefixes { get; private set; }

    public float[] Scores { get; private set; }

    /// <summary>Logits after one more token of each beam, <c>[B W, V]</c>.</summary>
    public Tensor Step(long[] tokens) => model.Step(tensor(tokens), states, mask, cache, position++);

    /// <summary>Goes on with each user's best continuations.</summary>
    /// <param name="logits">From <see cref="Step"/>.</param>
    /// <param name="legal">What may follow a prefix.</param>
    /// <returns>The beams' new tokens.</returns>
    public long[] Grow(Tensor logits, Func<List<int>, IEnumerable<int>> legal)
    {
        var rows = Prefixes.Length;
        var allowed = tensor(Mask(legal)).view(rows, options.Vocabulary);
        var total = logits.log_softmax(-1) + allowed + tensor(Scores).unsqueeze(1);
        var (best, places) = total.view(rows / beams, -1).topk(beams);
        var place = Host<long>(places);
        var (parents, tokens, grown) = (new long[rows], new long[rows], new List<int>[rows]);
        for (var row = 0; row < rows; row++)
        {
            parents[row] = row / beams * beams + place[row] / options.Vocabulary;
            tokens[row] = place[row] % options.Vocabulary;
            grown[row] = [.. Prefixes[parents[row]], (int)tokens[row]];
        }
        (Prefixes, Scores) = (grown, Host<float>(best));
        var order = tensor(parents);
        for (var layer = 0; layer < options.DecoderLayers; layer++)
        for (var part = 0; part < 4; part++)
            cache[layer, part] = cache[layer, part]!.index_select(0, order);
        return tokens;
    }

    private float[] Mask(Func<List<int>, IEnumerable<int>> legal)
    {
        var allowed = new float[Prefixes.Length * options.Vocabulary];
        Array.Fill(allowed, float.NegativeInfinity);
        for (var row = 0; row < Prefixes.Length; row++)
            foreach (var token in legal(Prefixes[row]))
                allowed[row * options.Vocabulary + token] = 0;
        return allowed;
    }

    private static (Tensor Ids, Tensor IsReal) Pad(int[][] rows)
    {
        var longest = rows.Max(row => row.Length);
        var (ids, isReal) = (new long[rows.Length * longest], new bool[rows.Length * longest]);
        for (var row = 0; row < rows.Length; row++)
        for (var at = 0; at < rows[row].Length; at++)
            (ids[row * longest + at], isReal[row * longest + at]) = (rows[row][at], true);
        return (tensor(ids).view(rows.Length, longest), tensor(isReal).view(rows.Length, longest));
    }

    private static T[] Host<T>(Tensor tensor)
        where T : unmanaged
    {
        using var flat = tensor.contiguous();
        return MemoryMarshal.Cast<byte, T>(flat.bytes).ToArray();
    }
}
