using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>Session beam search as it comes from <see cref="BeamReference"/>'s way: the callback also knows the session's items so far.</summary>
internal sealed class SessionReference
{
    private readonly T5Reference model;
    private readonly T5Options options;
    private readonly TigerTokens tokens;
    private readonly int items;
    private readonly int maxHistory;
    private readonly ReferenceTrie trie = new();

    private SessionReference(OneRec ours)
    {
        options = ours.T5.Options with { Precision = Precision.Float32 };
        (model, tokens) = (new T5Reference(T5ReferenceWeights.Of(ours.T5), options), ours.Tokens);
        (items, maxHistory) = (ours.SessionLength, ours.Options.MaxHistory);
        for (var item = 1; item <= ours.ItemCount; item++)
            trie.Add(item, tokens.Of(item).ToArray());
    }

    /// <summary>The same weights and ids.</summary>
    public static SessionReference Of(OneRec ours) => new(ours);

    /// <summary>Finds the best sessions of a batch.</summary>
    /// <returns>Items, best first, <c>[B x W x m]</c>, and the sessions' scores.</returns>
    public (int[] Items, float[] Scores) Run(Histories histories, int beams)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var read = Enumerable.Range(0, histories.Count).Select(row => tokens.Input(histories[row], maxHistory));
        var search = new ReferenceBeams(model, options, [.. read], beams);
        var next = new long[histories.Count * beams];
        for (var item = 0; item < items; item++)
        {
            if (item > 0)
                search.Step(next); // the last code of the item before
            Array.Clear(next); // BOS
            for (var level = 0; level < tokens.Levels; level++)
                next = search.Grow(search.Step(next), Legal);
        }
        return ([.. search.Prefixes.SelectMany(ItemsOf)], search.Scores);
    }

    /// <summary>Tokens below which there is an item that the session does not have.</summary>
    private List<int> Legal(List<int> prefix)
    {
        var used = ItemsOf(prefix).ToHashSet();
        var node = trie.Find(prefix.Skip(used.Count * tokens.Levels))!;
        return [.. node.Children.Where(child => HasOther(child.Value, used)).Select(child => child.Key)];
    }

    private static bool HasOther(ReferenceNode node, HashSet<int> used) =>
        node.Children.Count == 0
            ? !used.Contains(node.Item)
            : used.Count == 0 || node.Children.Values.Any(child => HasOther(child, used));

    private List<int> ItemsOf(List<int> prefix)
    {
        var found = new List<int>();
        for (var from = 0; from + tokens.Levels <= prefix.Count; from += tokens.Levels)
            found.Add(trie.Find(prefix.Skip(from).Take(tokens.Levels))!.Item);
        return found;
    }
}
