using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>
/// Constrained beam search as the reference repositories run it: a trie of dictionaries on the host, asked once for each beam and
/// step, and a mask over the whole vocabulary (the trie of facebookresearch/GENRE, which LC-Rec and LETTER copy).
/// </summary>
internal sealed class BeamReference
{
    private const float Impossible = -1e9f; // score of the beams that have not started yet
    private readonly T5Reference model;
    private readonly T5Options options;
    private readonly Node root = new();
    private readonly int levels;

    public BeamReference(T5Reference model, T5Options options, ItemCodes codes, TokenLayout layout)
    {
        (this.model, this.options, levels) = (model, options, codes.Levels);
        for (var item = 1; item <= codes.ItemCount; item++)
        {
            var node = root;
            for (var level = 0; level < levels; level++)
            {
                var token = layout.TokenOf(level, codes[item][level]);
                node = node.Children.TryGetValue(token, out var next) ? next : node.Children[token] = new Node();
            }
            node.Item = item;
        }
    }

    /// <summary>Finds the best ids of a batch.</summary>
    /// <returns>Items, best first, <c>[B * W]</c>, and their scores.</returns>
    public (int[] Items, float[] Scores) Run(int[][] histories, int beams)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (ids, isReal) = Pad(histories);
        var (states, mask) = model.Encode(ids, isReal);
        (states, mask) = (states.repeat_interleave(beams, 0), mask.repeat_interleave(beams, 0)); // a copy for each beam
        var (users, rows) = (histories.Length, histories.Length * beams);
        var prefixes = Enumerable.Range(0, rows).Select(_ => new List<int>()).ToArray();
        var cache = new Tensor?[options.DecoderLayers, 4];
        var tokens = new long[rows];
        var scores = new float[rows];
        for (var row = 0; row < rows; row++)
            scores[row] = row % beams == 0 ? 0 : Impossible;
        for (var level = 0; level < levels; level++)
        {
            var logits = model.Step(tensor(tokens), states, mask, cache, level); // [B W, V]
            var allowed = tensor(Mask(prefixes)).view(rows, options.Vocabulary);
            var total = logits.log_softmax(-1) + allowed + tensor(scores).unsqueeze(1);
            var (best, places) = total.view(users, -1).topk(beams);
            var (kept, place) = (Host<float>(best), Host<long>(places));
            var parents = new long[rows];
            var next = new List<int>[rows];
            for (var row = 0; row < rows; row++)
            {
                parents[row] = row / beams * beams + place[row] / options.Vocabulary;
                tokens[row] = place[row] % options.Vocabulary;
                next[row] = [.. prefixes[parents[row]], (int)tokens[row]];
            }
            (prefixes, scores) = (next, kept);
            Reorder(cache, tensor(parents));
        }
        return ([.. prefixes.Select(prefix => Find(prefix)?.Item ?? 0)], scores);
    }

    private float[] Mask(List<int>[] prefixes)
    {
        var mask = new float[prefixes.Length * options.Vocabulary];
        Array.Fill(mask, float.NegativeInfinity);
        for (var row = 0; row < prefixes.Length; row++)
            foreach (var token in Find(prefixes[row])?.Children.Keys.ToList() ?? [])
                mask[row * options.Vocabulary + token] = 0;
        return mask;
    }

    private Node? Find(List<int> prefix)
    {
        var node = root;
        foreach (var token in prefix)
            if (!node.Children.TryGetValue(token, out node!))
                return null;
        return node;
    }

    private void Reorder(Tensor?[,] cache, Tensor parents)
    {
        for (var layer = 0; layer < options.DecoderLayers; layer++)
        for (var part = 0; part < 4; part++)
            cache[layer, part] = cache[layer, part]!.index_select(0, parents);
    }

    private static (Tensor Ids, Tensor IsReal) Pad(int[][] histories)
    {
        var longest = histories.Max(history => history.Length);
        var (ids, isReal) = (new long[histories.Length * longest], new bool[histories.Length * longest]);
        for (var row = 0; row < histories.Length; row++)
        for (var at = 0; at < histories[row].Length; at++)
            (ids[row * longest + at], isReal[row * longest + at]) = (histories[row][at], true);
        return (tensor(ids).view(histories.Length, longest), tensor(isReal).view(histories.Length, longest));
    }

    private static T[] Host<T>(Tensor tensor)
        where T : unmanaged
    {
        using var flat = tensor.contiguous();
        return MemoryMarshal.Cast<byte, T>(flat.bytes).ToArray();
    }

    private sealed class Node
    {
        public Dictionary<int, Node> Children { get; } = [];

        public int Item { get; set; }
    }
}
