using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.SemanticIds.Measures;

/// <summary>What a report may compare ids with; each part that is missing leaves its measures out.</summary>
public sealed record SemanticIdEvidence : RichRecord
{
    /// <summary>Vectors of what the items are, row <c>i</c> for item <c>i + 1</c>: for neighbours and for explained variance.</summary>
    public EmbeddingMatrix? Vectors { get; init; }

    /// <summary>A category of each item, <c>[N]</c>, row = item - 1; negative where unknown.</summary>
    public IReadOnlyList<int>? Categories { get; init; }

    /// <summary>The quantiser's own way back to vectors, for its reconstruction error.</summary>
    public ICodec? Codec { get; init; }

    /// <summary>What the quantiser's collisions were before they were repaired.</summary>
    public CollisionOutcome? Collisions { get; init; }

    /// <summary>Items whose neighbours are compared; at least 1.</summary>
    public int Sample { get; init; } = 1000;

    /// <summary>Neighbours of an item; at least 1.</summary>
    public int Neighbours { get; init; } = 10;

    /// <summary>Seed of the sample.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>A label for each item from what the catalogue says.</summary>
public static class ItemCategories
{
    /// <summary>
    /// The category of each item: the name at a depth of its first category path, or its last name where the path is shorter;
    /// where the table has no categories, the last entry of the column <c>attributes</c>.
    /// </summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="depth">0 is the root; null takes the end of the path.</param>
    /// <returns>Labels <c>[N]</c>, row = item - 1, -1 where unknown, and the name of each label.</returns>
    public static (int[] Labels, IReadOnlyList<string> Names) Of(ItemTable items, int? depth = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        var (names, known) = (new List<string>(), new Dictionary<string, int>());
        var labels = new int[items.ItemCount];
        for (var item = 1; item <= items.ItemCount; item++)
        {
            var path = PathOf(items, item);
            if (path.Count == 0)
            {
                labels[item - 1] = -1;
                continue;
            }
            var name = path[Math.Min(depth ?? int.MaxValue, path.Count - 1)];
            if (!known.TryGetValue(name, out var label))
            {
                known[name] = label = names.Count;
                names.Add(name);
            }
            labels[item - 1] = label;
        }
        return (labels, names);
    }

    /// <summary>The first category path of an item, from the root down; empty where nothing is known.</summary>
    internal static IReadOnlyList<string> PathOf(ItemTable items, int item)
    {
        if (items.Categories(item) is [{ Count: > 0 } first, ..])
            return first;
        // S3-Rec's attributes of Sports: the brand, then categories from the root down.
        return items.ListOf(item, "attributes") is { Count: > 0 } attributes
            ? [.. attributes.Skip(attributes.Count > 1 ? 1 : 0)]
            : [];
    }
}
