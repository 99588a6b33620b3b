using System.Diagnostics;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.SemanticIds.Measures;

namespace GenRec.Shared.SemanticIds;

/// <summary>Ids straight from the shop's category tree: one code a level of the item's first category path.</summary>
/// <remarks>
/// Code 0 stands for "nothing further here"; the children of a node are numbered from 1 in order of first appearance. Items of one
/// category share their codes, so that the collision policy has much to do: with <see cref="CollisionPolicy.ExtraToken"/>
/// the last code is a number within the category.
/// </remarks>
public sealed class CategoryTree : RichObject, IQuantiser
{
    private readonly ItemTable items;
    private readonly int levels;

    /// <summary>Takes the catalogue.</summary>
    /// <param name="items">A table with category paths.</param>
    /// <param name="levels">Levels of the tree to use, from the root down. At least 1.</param>
    public CategoryTree(ItemTable items, int levels = 3)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        (this.items, this.levels) = (items, levels);
    }

    /// <inheritdoc/>
    public string Method => $"category tree, {levels} levels";

    /// <summary>Reads the codes off the catalogue; the vectors only have to be as many as the items.</summary>
    /// <inheritdoc/>
    public QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null)
    {
        var (clock, fitting) = (Stopwatch.StartNew(), options ?? new FitOptions());
        FitSteps.Check(embeddings, 0, fitting);
        if (embeddings.Rows != items.ItemCount)
            throw new ArgumentException(
                $"There are {embeddings.Rows} vectors for {items.ItemCount} items of the catalogue.",
                nameof(embeddings)
            );
        var children = new Dictionary<(int Node, string Name), (int Code, int Node)>();
        var (sizes, widths, nodes) = (Enumerable.Repeat(1, levels).ToArray(), new Dictionary<int, int>(), 1);
        var codes = new int[items.ItemCount * levels];
        for (var item = 1; item <= items.ItemCount; item++)
        {
            var (path, node) = (ItemCategories.PathOf(items, item), 0);
            for (var level = 0; level < Math.Min(levels, path.Count); level++)
            {
                if (!children.TryGetValue((node, path[level]), out var child))
                {
                    child = (widths[node] = widths.GetValueOrDefault(node) + 1, nodes++);
                    children[(node, path[level])] = child;
                }
                codes[(item - 1) * levels + level] = child.Code;
                sizes[level] = Math.Max(sizes[level], child.Code + 1);
                node = child.Node;
            }
        }
        return FitSteps.Finish(
            this,
            embeddings,
            fitting,
            new CategoryCodec(embeddings.Columns, sizes),
            codes,
            clock,
            isRandom: false
        );
    }

    private sealed class CategoryCodec(int width, int[] sizes) : ICodec
    {
        public int Width => width;

        public IReadOnlyList<int> CodebookSizes => sizes;

        public CodeStructure Structure => CodeStructure.Tree;

        public long Parameters => 0;

        public bool CanReconstruct => false;

        public bool HasCosts => false;

        public int[] Assign(EmbeddingMatrix vectors) =>
            throw new NotSupportedException("Category ids follow from an item's category, not from its vector.");

        public EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes) =>
            throw new NotSupportedException("Categories have no way back to vectors.");

        public float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes) =>
            throw new NotSupportedException("Categories have no next best code.");

        public void Dispose() { }
    }
}
