using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>Constrained beam search as the reference repositories run it, see <see cref="ReferenceBeams"/>.</summary>
internal sealed class BeamReference
{
    private readonly T5Reference model;
    private readonly T5Options options;
    private readonly ReferenceTrie trie = new();
    private readonly int levels;

    public BeamReference(T5Reference model, T5Options options, ItemCodes codes, TokenLayout layout)
    {
        (this.model, this.options, levels) = (model, options, codes.Levels);
        for (var item = 1; item <= codes.ItemCount; item++)
            trie.Add(item, codes[item].ToArray().Select((code, level) => layout.TokenOf(level, code)));
    }

    /// <summary>Finds the best ids of a batch.</summary>
    /// <returns>Items, best first, <c>[B * W]</c>, and their scores.</returns>
    public (int[] Items, float[] Scores) Run(int[][] histories, int beams)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var search = new ReferenceBeams(model, options, histories, beams);
        var tokens = new long[histories.Length * beams]; // BOS
        for (var level = 0; level < levels; level++)
            tokens = search.Grow(search.Step(tokens), prefix => trie.Find(prefix)?.Children.Keys.ToList() ?? []);
        return ([.. search.Prefixes.Select(prefix => trie.Find(prefix)?.Item ?? 0)], search.Scores);
    }
}
