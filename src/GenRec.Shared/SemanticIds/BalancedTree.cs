using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds;

/// <summary>Shape of the tree.</summary>
public sealed record BalancedTreeOptions : RichRecord
{
    /// <summary>k, children of a node. At least 2.</summary>
    [Range(2, 100_000)]
    public int Branches { get; init; } = 128; // EAGER, lib/KmeansTree.py

    /// <summary>l, levels and codes of an id; k^l is the most items it can hold.</summary>
    [Range(1, 32)]
    public int Levels { get; init; } = 2; // EAGER

    /// <summary>Most rounds of k-means at a node.</summary>
    [Range(1, 100_000)]
    public int Rounds { get; init; } = 100; // EAGER
}

/// <summary>A tree of balanced clusters whose leaves are single items: every item has its own id by construction.</summary>
/// <remarks>
/// EAGER (KDD 2024): all items are divided into k clusters of equal size, each of these into k again, down to leaves. Two
/// things differ from its code: sizes are balanced to within one item instead of padding with repeated items, and leaves
/// are numbered by their distance from the node's mean instead of by item number, so that the last code says something.
/// </remarks>
public sealed class BalancedTree : RichObject, IQuantiser
{
    private readonly BalancedTreeOptions options;

    /// <summary>Takes the shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public BalancedTree(BalancedTreeOptions? options = null)
    {
        this.options = options ?? new BalancedTreeOptions();
        OptionRanges.Check(this.options);
    }

    /// <inheritdoc/>
    public string Method => $"balanced tree {options.Branches}^{options.Levels}";

    /// <inheritdoc/>
    public QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null)
    {
        var (clock, fitting) = (Stopwatch.StartNew(), options ?? new FitOptions());
        var learned = FitSteps.Check(embeddings, 0, fitting);
        var room = Math.Pow(this.options.Branches, this.options.Levels);
        if (learned.Rows > room)
            throw new ArgumentException(
                $"A tree of {this.options.Branches}^{this.options.Levels} leaves has no room for {learned.Rows} items; add a level or "
                    + "branches.",
                nameof(embeddings)
            );
        using var none = no_grad();
        var codes = new int[learned.Rows * this.options.Levels];
        var nodes = new Dictionary<long, EmbeddingMatrix>();
        var random = new CounterRandom((ulong)fitting.Seed).Fork("balanced tree");
        Divide(learned, [.. Enumerable.Range(0, learned.Rows)], level: 0, node: 0);
        var codec = new TreeCodec(this.options, nodes, learned, codes);
        if (learned != embeddings)
            codes = codec.Assign(embeddings);
        return FitSteps.Finish(this, embeddings, fitting, codec, codes, clock);

        void Divide(EmbeddingMatrix vectors, int[] members, int level, long node)
        {
            fitting.Cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var points = Rows(vectors, members);
            var (levels, branches) = (this.options.Levels, this.options.Branches);
            if (level == levels - 1)
            {
                var order = ByDistanceFromMean(points, members);
                for (var leaf = 0; leaf < order.Length; leaf++)
                    codes[order[leaf] * levels + level] = leaf;
                return;
            }
            var clusters = KMeans.Fit(
                points,
                Math.Min(branches, members.Length),
                random.Fork($"node {level} {node}"),
                new KMeansOptions { Rounds = this.options.Rounds, Balanced = true }
            );
            nodes[TreeCodec.Key(level, node)] = clusters.Centres;
            for (var child = 0; child < clusters.Centres.Rows; child++)
            {
                var own = members.Where((_, at) => clusters.Labels[at] == child).ToArray();
                foreach (var row in own)
                    codes[row * levels + level] = child;
                Divide(vectors, own, level + 1, node * branches + child);
            }
        }
    }

    private static Tensor Rows(EmbeddingMatrix vectors, int[] members)
    {
        var chosen = new float[members.Length * vectors.Columns];
        for (var at = 0; at < members.Length; at++)
            vectors[members[at]].CopyTo(chosen.AsSpan(at * vectors.Columns));
        return NearestCodes.ToTensor(chosen, members.Length, vectors.Columns);
    }

    private static int[] ByDistanceFromMean(Tensor points, int[] members)
    {
        var distances = (points - points.mean([0L], keepdim: true)).square().sum(1);
        var keys = NearestCodes.Floats(distances.contiguous()).ToArray();
        return
        [
            .. members
                .Select((row, at) => (row, key: keys[at]))
                .OrderBy(x => x.key)
                .ThenBy(x => x.row)
                .Select(x => x.row),
        ];
    }
}

/// <summary>The centres of every node; a new vector goes down to the nearest child, and takes the leaf of the nearest item there.</summary>
internal sealed class TreeCodec(
    BalancedTreeOptions options,
    Dictionary<long, EmbeddingMatrix> nodes,
    EmbeddingMatrix items,
    int[] codes
) : ICodec
{
    private readonly Lazy<Dictionary<long, List<int>>> leaves = new(() => Leaves(options, codes));

    public int Width => items.Columns;

    public IReadOnlyList<int> CodebookSizes => [.. Enumerable.Repeat(options.Branches, options.Levels)];

    public CodeStructure Structure => CodeStructure.Tree;

    public long Parameters => nodes.Values.Sum(centres => (long)centres.Values.Length);

    public bool CanReconstruct => false;

    public bool HasCosts => false;

    public static long Key(int level, long node) => node * 64 + level;

    public int[] Assign(EmbeddingMatrix vectors)
    {
        FitSteps.RequireWidth(vectors, Width);
        var found = new int[vectors.Rows * options.Levels];
        for (var row = 0; row < vectors.Rows; row++)
        {
            var node = 0L;
            for (var level = 0; level < options.Levels - 1; level++)
            {
                var child = Nearest(vectors[row], nodes[Key(level, node)]);
                found[row * options.Levels + level] = child;
                node = node * options.Branches + child;
            }
            var near = leaves.Value[node].MinBy(item => Distance(vectors[row], items[item]));
            found[(row + 1) * options.Levels - 1] = codes[(near + 1) * options.Levels - 1];
        }
        return found;
    }

    public EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes) =>
        throw new NotSupportedException("A tree's leaves are items, not vectors of a codebook.");

    public float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes) =>
        throw new NotSupportedException("A tree's last codes number the items of a node.");

    public void Dispose() { }

    private static Dictionary<long, List<int>> Leaves(BalancedTreeOptions options, int[] codes)
    {
        var found = new Dictionary<long, List<int>>();
        for (var row = 0; row < codes.Length / options.Levels; row++)
        {
            var node = 0L;
            for (var level = 0; level < options.Levels - 1; level++)
                node = node * options.Branches + codes[row * options.Levels + level];
            if (!found.TryGetValue(node, out var members))
                found[node] = members = [];
            members.Add(row);
        }
        return found;
    }

    private static int Nearest(ReadOnlySpan<float> vector, EmbeddingMatrix centres)
    {
        var best = 0;
        for (var child = 1; child < centres.Rows; child++)
            if (Distance(vector, centres[child]) < Distance(vector, centres[best]))
                best = child;
        return best;
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)(a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
