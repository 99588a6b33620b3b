using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>
/// Session beam search as it comes from <see cref="BeamReference"/>'s way: a callback of dictionaries for each beam and step, which
/// also knows the session's items so far, a mask over the whole vocabulary, states and caches copied for each beam.
/// </summary>
internal sealed class SessionReference
{
    private const float Impossible = -1e9f; // score of the beams that have not started yet
    private readonly T5Reference model;
    private readonly T5Options options;
    private readonly TigerTokens tokens;
    private readonly int items;
    private readonly int maxHistory;
    private readonly Node root = new();

    private SessionReference(OneRec ours)
    {
        options = ours.T5.Options with { Precision = Precision.Float32 };
        (model, tokens) = (new T5Reference(T5ReferenceWeights.Of(ours.T5), options), ours.Tokens);
        (items, maxHistory) = (ours.SessionLength, ours.Options.MaxHistory);
        for (var item = 1; item <= ours.ItemCount; item++)
        {
            var node = root;
            foreach (var token in tokens.Of(item))
                node = node.Children.TryGetValue(token, out var next) ? next : node.Children[token] = new Node();
            node.Item = item;
        }
    }

    /// <summary>The same weights and ids.</summary>
    public static SessionReference Of(OneRec ours) => new(ours);

    /// <summary>Finds the best sessions of a batch.</summary>
    /// <returns>Items, best first, <c>[B x W x m]</c>, and the sessions' scores.</returns>
    public (int[] Items, float[] Scores) Run(Histories histories, int beams)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (ids, isReal) = Pad(histories);
        var (states, mask) = model.Encode(ids, isReal);
        (states, mask) = (states.repeat_interleave(beams, 0), mask.repeat_interleave(beams, 0)); // a copy for each beam
        var (users, rows, position) = (histories.Count, histories.Count * beams, 0);
        var prefixes = Enumerable.Range(0, rows).Select(_ => new List<int>()).ToArray();
        var cache = new Tensor?[options.DecoderLayers, 4];
        var scores = new float[rows];
        for (var row = 0; row < rows; row++)
            scores[row] = row % beams == 0 ? 0 : Impossible;
        var next = new long[rows];
        for (var item = 0; item < items; item++)
        {
            if (item > 0)
                model.Step(tensor(next), states, mask, cache, position++); // the last code of the item before
            Array.Clear(next); // BOS
            for (var level = 0; level < tokens.Levels; level++)
            {
                var logits = model.Step(tensor(next), states, mask, cache, position++); // [B W, V]
                var allowed = tensor(Mask(prefixes)).view(rows, options.Vocabulary);
                var total = logits.log_softmax(-1) + allowed + tensor(scores).unsqueeze(1);
                var (best, places) = total.view(users, -1).topk(beams);
                var (kept, place) = (Host<float>(best), Host<long>(places));
                var parents = new long[rows];
                var grown = new List<int>[rows];
                for (var row = 0; row < rows; row++)
                {
                    parents[row] = row / beams * beams + place[row] / options.Vocabulary;
                    next[row] = place[row] % options.Vocabulary;
                    grown[row] = [.. prefixes[parents[row]], (int)next[row]];
                }
                (prefixes, scores) = (grown, kept);
                Reorder(cache, tensor(parents));
            }
        }
        return ([.. prefixes.SelectMany(ItemsOf)], scores);
    }

    private float[] Mask(List<int>[] prefixes)
    {
        var mask = new float[prefixes.Length * options.Vocabulary];
        Array.Fill(mask, float.NegativeInfinity);
        for (var row = 0; row < prefixes.Length; row++)
        {
            var used = ItemsOf(prefixes[row]).ToHashSet();
            var node = root;
            foreach (var token in prefixes[row].Skip(used.Count * tokens.Levels))
                node = node.Children[token];
            foreach (var (token, child) in node.Children)
                if (HasOther(child, used))
                    mask[row * options.Vocabulary + token] = 0;
        }
        return mask;
    }

    private static bool HasOther(Node node, HashSet<int> used) =>
        node.Children.Count == 0
            ? !used.Contains(node.Item)
            : used.Count == 0 || node.Children.Values.Any(child => HasOther(child, used));

    private List<int> ItemsOf(List<int> prefix)
    {
        var found = new List<int>();
        for (var from = 0; from + tokens.Levels <= prefix.Count; from += tokens.Levels)
        {
            var node = root;
            for (var level = 0; level < tokens.Levels; level++)
                node = node.Children[prefix[from + level]];
            found.Add(node.Item);
        }
        return found;
    }

    private void Reorder(Tensor?[,] cache, Tensor parents)
    {
        for (var layer = 0; layer < options.DecoderLayers; layer++)
        for (var part = 0; part < 4; part++)
            cache[layer, part] = cache[layer, part]!.index_select(0, parents);
    }

    private (Tensor Ids, Tensor IsReal) Pad(Histories histories)
    {
        var rows = Enumerable
            .Range(0, histories.Count)
            .Select(row => tokens.Input(histories[row], maxHistory))
            .ToArray();
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

    private sealed class Node
    {
        public Dictionary<int, Node> Children { get; } = [];

        public int Item { get; set; }
    }
}
