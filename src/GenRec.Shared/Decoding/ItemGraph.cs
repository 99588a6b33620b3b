using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Decoding;

/// <summary>The nearest neighbours of each item by the vectors of its codes: the graph that RPG's decoding walks.</summary>
/// <remarks>
/// RPG, arXiv:2506.05781: two items are as similar as their codes on average, <c>1/m sum_j (1 + cos(E_j[c_j(i)], E_j[c_j(i')])) / 2</c>.
/// Cosines are computed once for each pair of codes; an item's similarities are then look-ups, so that no table of items by
/// items is ever kept. An item is its own nearest neighbour, so a walk never loses what it holds.
/// </remarks>
public sealed class ItemGraph : RichObject, IDisposable
{
    private const int ItemsAtOnce = 512;

    private ItemGraph(Tensor neighbours) => Neighbours = neighbours;

    /// <summary>Nearest items first, itself counted, <c>[N + 1, k]</c>, int64; row 0 is padding and holds 0.</summary>
    public Tensor Neighbours { get; }

    /// <summary>k, neighbours of an item.</summary>
    public int Degree => (int)Neighbours.shape[1];

    /// <summary>Finds the neighbours of all items.</summary>
    /// <param name="scorer">The items' codes.</param>
    /// <param name="codes">The same codes.</param>
    /// <param name="vectors">Vector of each code of each level, <c>[m, K, D]</c>, float32.</param>
    /// <param name="degree">k; at most N are kept.</param>
    /// <returns>The graph, owned by the caller.</returns>
    /// <exception cref="ArgumentException">The vectors do not fit the codes.</exception>
    public static ItemGraph Build(ParallelItemScorer scorer, ItemCodes codes, Tensor vectors, int degree)
    {
        ArgumentNullException.ThrowIfNull(scorer);
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, 1);
        if (vectors.dim() != 3 || vectors.shape[0] != scorer.Levels || vectors.shape[1] != scorer.CodebookSize)
            throw new ArgumentException(
                $"Vectors are [{string.Join(", ", vectors.shape)}], need [{scorer.Levels}, {scorer.CodebookSize}, D].",
                nameof(vectors)
            );
        if (codes.ItemCount != scorer.ItemCount || codes.Levels != scorer.Levels)
            throw new ArgumentException("These are not the scorer's codes.", nameof(codes));
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        degree = Math.Min(degree, scorer.ItemCount);
        var unit = F.normalize(vectors, p: 2, dim: -1);
        var likeness = unit.bmm(unit.transpose(1, 2)).add_(1f).div_(2f); // [m, K, K]
        var ofItem = tensor(codes.Codes.ToArray().Select(code => (long)code).ToArray(), device: vectors.device)
            .view(codes.ItemCount, codes.Levels);
        var level = arange(codes.Levels, dtype: ScalarType.Int64, device: vectors.device) * scorer.CodebookSize;
        var rows = likeness.view(-1, scorer.CodebookSize); // [m K, K]
        var found = zeros(codes.ItemCount + 1, degree, dtype: ScalarType.Int64, device: vectors.device);
        for (var from = 0; from < codes.ItemCount; from += ItemsAtOnce)
        {
            using var block = NewDisposeScope();
            var count = Math.Min(ItemsAtOnce, codes.ItemCount - from);
            var cells = (ofItem.narrow(0, from, count) + level).view(-1);
            var similarity = scorer.ScoreAll(rows.index_select(0, cells).view(count, codes.Levels, -1)); // [n, N + 1]
            // Rounding must not let an equal twin push an item out of its own list.
            var self = arange(from + 1, from + 1 + count, dtype: ScalarType.Int64, device: vectors.device).unsqueeze(1);
            similarity.scatter_(1, self, full(count, 1, 2f, dtype: ScalarType.Float32, device: vectors.device));
            var (_, nearest) = TotalOrder.Best(similarity, degree);
            found.narrow(0, from + 1, count).copy_(nearest);
        }
        return new ItemGraph(found.DetachFromDisposeScope());
    }

    /// <summary>Frees the neighbours.</summary>
    public void Dispose() => Neighbours.Dispose();
}

/// <summary>How a graph is walked; the defaults are RPG's own (arXiv:2506.05781, default configuration).</summary>
public sealed record GraphOptions : RichRecord
{
    /// <summary>b, items kept between steps. Default 50.</summary>
    [Range(1, 1 << 20)]
    public int Beams { get; init; } = 50;

    /// <summary>q, steps. Default 3.</summary>
    [Range(1, 1 << 10)]
    public int Steps { get; init; } = 3;

    /// <summary>Seed of the random items that a walk starts from.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Items to start from, the same for all users; null draws b items for each user.</summary>
    public IReadOnlyList<int>? StartItems { get; init; }
}

/// <summary>Finds good items by walking from neighbour to neighbour, scoring only what it meets.</summary>
/// <remarks>
/// It scores at most <c>b k</c> items a step; where that nears the catalogue, <see cref="ParallelItemScorer.Best"/> is both exact and
/// faster.
/// </remarks>
public sealed class GraphDecoder : RichObject
{
    private readonly ParallelItemScorer scorer;
    private readonly ItemGraph graph;
    private readonly GraphOptions options;

    /// <summary>Makes a decoder; it keeps no state between runs.</summary>
    /// <param name="scorer">The items' codes.</param>
    /// <param name="graph">Their neighbours.</param>
    /// <param name="options">How it walks.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the graph is of other items.</exception>
    public GraphDecoder(ParallelItemScorer scorer, ItemGraph graph, GraphOptions options)
    {
        ArgumentNullException.ThrowIfNull(scorer);
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(options);
        OptionRanges.Check(options);
        if (graph.Neighbours.shape[0] != scorer.ItemCount + 1)
            throw new ArgumentException(
                $"The graph has {graph.Neighbours.shape[0] - 1} items, the scorer {scorer.ItemCount}.",
                nameof(graph)
            );
        if (
            options.StartItems is { } start
            && (start.Count == 0 || start.Any(item => item < 1 || item > scorer.ItemCount))
        )
            throw new ArgumentException($"Start items are some of 1..{scorer.ItemCount}.", nameof(options));
        (this.scorer, this.graph, this.options) = (scorer, graph, options);
    }

    /// <summary>Finds items.</summary>
    /// <param name="logProbabilities">Of each code of each level, <c>[B, m, K]</c>, float32.</param>
    /// <param name="k">Places in each list; those beyond b stay empty.</param>
    /// <returns>Lists and the number of items met, owned by the caller.</returns>
    public DecodedItems Decode(Tensor logProbabilities, int k)
    {
        ArgumentNullException.ThrowIfNull(logProbabilities);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var users = logProbabilities.shape[0];
        var kept = Start(users, logProbabilities.device); // [B, b]
        var met = zeros(users, scorer.ItemCount + 1, dtype: ScalarType.Bool, device: kept.device);
        met.scatter_(1, kept, ones_like(kept, dtype: ScalarType.Bool));
        Tensor scores = null!;
        for (var at = 0; at < options.Steps; at++)
        {
            using var step = NewDisposeScope();
            var around = graph.Neighbours.index_select(0, kept.view(-1)).view(users, -1); // [B, b k]
            var candidates = around.sort(1).Values;
            met.scatter_(1, candidates, ones_like(candidates, dtype: ScalarType.Bool));
            var values = scorer.Score(logProbabilities, candidates);
            var repeats = candidates
                .narrow(1, 1, candidates.shape[1] - 1)
                .eq(candidates.narrow(1, 0, candidates.shape[1] - 1));
            values.narrow(1, 1, candidates.shape[1] - 1).masked_fill_(repeats, float.NegativeInfinity);
            (scores, var places) = TotalOrder.Best(values, (int)Math.Min(options.Beams, values.shape[1]));
            kept = candidates.gather(1, places).MoveToOuterDisposeScope(); // what repeats another is kept last, and scores nothing
            scores.MoveToOuterDisposeScope();
        }
        using var found = new DecodedItems(kept.masked_fill(scores.eq(float.NegativeInfinity), 0), scores);
        var (items, sized) = found.Resize(k);
        return new DecodedItems(items.MoveToOuterDisposeScope(), sized.MoveToOuterDisposeScope())
        {
            Scored = met.sum().item<long>(),
        };
    }

    private Tensor Start(long users, Device device)
    {
        if (options.StartItems is { } fixedItems)
            return tensor(fixedItems.Select(item => (long)item).ToArray(), device: device)
                .expand(users, -1)
                .contiguous();
        using var generator = new Generator((ulong)options.Seed, device);
        var noise = rand(users, scorer.ItemCount, device: device, generator: generator);
        return noise.topk(Math.Min(options.Beams, scorer.ItemCount)).indexes + 1; // different items
    }
}
