using System.Globalization;
using GenRec.Shared.Display;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Data;

/// <summary>What is known about the items beside the interactions: row <c>i</c> describes item <c>i + 1</c>.</summary>
/// <remarks>
/// Columns are text or numbers. A list is written with <c>" | "</c> between its entries, a category path with
/// <c>" > "</c> between its levels, so that the frame reads well in a notebook; <see cref="ListOf"/> and
/// <see cref="Categories"/> take them apart again.
/// </remarks>
public sealed class ItemTable : RichObject
{
    /// <summary>Column names with a typed accessor.</summary>
    public const string TitleColumn = "title",
        BrandColumn = "brand",
        PriceColumn = "price",
        CategoriesColumn = "categories",
        DescriptionColumn = "description";

    private const string BetweenEntries = " | ";
    private const string BetweenLevels = " > ";

    /// <summary>Wraps a frame without copying it.</summary>
    /// <param name="frame">One row an item, in id order; text or numeric columns.</param>
    public ItemTable(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        (Frame, ItemCount) = (frame, checked((int)frame.Rows.Count));
    }

    private ItemTable(int itemCount) => (Frame, ItemCount) = (new DataFrame(), itemCount);

    /// <summary>A table without columns, for sets that say nothing about their items.</summary>
    public static ItemTable Empty(int itemCount) => new(itemCount);

    /// <summary>The rows, <c>[ItemCount]</c>, for display and queries.</summary>
    public DataFrame Frame { get; }

    /// <summary>N, the number of items.</summary>
    public int ItemCount { get; }

    /// <summary>Names of the columns.</summary>
    public IEnumerable<string> Columns => Frame.Columns.Select(column => column.Name);

    /// <summary>Whether there is a column of this name.</summary>
    public bool Has(string column) => Frame.Columns.IndexOf(column) >= 0;

    /// <summary>The item's title, or null where it is unknown.</summary>
    public string? Title(int item) => Text(item, TitleColumn);

    /// <summary>The item's brand, or null where it is unknown.</summary>
    public string? Brand(int item) => Text(item, BrandColumn);

    /// <summary>The item's price in the source's currency, or null where it is unknown.</summary>
    public double? Price(int item) => Number(item, PriceColumn);

    /// <summary>The item's description, or null where it is unknown.</summary>
    public string? Description(int item) => Text(item, DescriptionColumn);

    /// <summary>The item's category paths, each from the root down; empty where none is known.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Categories(int item) =>
        [.. ListOf(item, CategoriesColumn).Select(path => path.Split(BetweenLevels))];

    /// <summary>A list in any column; empty where it is unknown.</summary>
    public IReadOnlyList<string> ListOf(int item, string column) => Text(item, column)?.Split(BetweenEntries) ?? [];

    /// <summary>Any column as text; null where the column or the value is missing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The item is not in <c>1..N</c>.</exception>
    public string? Text(int item, string column) =>
        Value(item, column) is { } value ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;

    /// <summary>A numeric column; null where the column or the value is missing, or the column is text.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The item is not in <c>1..N</c>.</exception>
    public double? Number(int item, string column) =>
        Value(item, column) is IConvertible and not string and var value
            ? Convert.ToDouble(value, CultureInfo.InvariantCulture)
            : null;

    /// <summary>The table of some items, numbered anew.</summary>
    /// <param name="items">Former ids: entry <c>i</c> for the new item <c>i + 1</c>.</param>
    public ItemTable Select(IReadOnlyList<int> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return Frame.Columns.Count == 0 ? Empty(items.Count) : new ItemTable(Frame[items.Select(item => item - 1)]);
    }

    /// <summary>Writes a list as one text; the separator inside an entry loses its spaces.</summary>
    public static string JoinList(IEnumerable<string> entries) =>
        string.Join(
            BetweenEntries,
            entries.Select(entry => entry.Replace(BetweenEntries, "|", StringComparison.Ordinal))
        );

    /// <summary>Writes category paths as one text; separators inside a name lose their spaces.</summary>
    public static string JoinPaths(IEnumerable<IEnumerable<string>> paths) =>
        JoinList(
            paths.Select(path =>
                string.Join(
                    BetweenLevels,
                    path.Select(name => name.Replace(BetweenLevels, ">", StringComparison.Ordinal))
                )
            )
        );

    private object? Value(int item, string column)
    {
        if (item < 1 || item > ItemCount)
            throw new ArgumentOutOfRangeException(nameof(item), item, $"Items are 1..{ItemCount}.");
        var at = Frame.Columns.IndexOf(column);
        return at < 0 ? null : Frame.Columns[at][item - 1];
    }
}
