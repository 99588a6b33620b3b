using System.Text;
using GenRec.Shared.Data;
using GenRec.Shared.Display;

namespace GenRec.Shared.Text;

/// <summary>One part of an item's text.</summary>
/// <param name="Column">Column of the item table; lists and category paths are written as the table holds them.</param>
/// <param name="Before">What stands before the value, for example <c>"Brand: "</c>.</param>
/// <param name="MostCharacters">Longest value; a longer one is cut after a word. At least 1.</param>
public sealed record TextField(string Column, string Before = "", int MostCharacters = int.MaxValue) : RichRecord;

/// <summary>Which columns of the item table make an item's text, and in what order. Nothing is taken that is not named.</summary>
/// <param name="Fields">At least one field; one that is unknown for an item is left out of its text.</param>
/// <param name="Between">What stands between two fields.</param>
public sealed record TextTemplate(IReadOnlyList<TextField> Fields, string Between = ". ") : RichRecord
{
    /// <summary>Title, brand, categories and price: the fields that TIGER (arXiv:2305.05065) names.</summary>
    public static TextTemplate Tiger { get; } =
        new([new("title"), new("brand", "Brand: "), new("categories", "Categories: "), new("price", "Price: ")]);

    /// <summary>Title, brand, categories and the description's start, as the embedded world has them.</summary>
    public static TextTemplate Full { get; } =
        new([new("title"), new("brand", "Brand: "), new("categories", "Categories: "), new("description", "", 1000)]);

    /// <summary>The text of every item, entry <c>i</c> for item <c>i + 1</c>; empty where no field is known.</summary>
    /// <param name="items">The catalogue.</param>
    /// <exception cref="ArgumentException">There is no field, or the table has no column of a field's name.</exception>
    public string[] TextsOf(ItemTable items)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (Fields.Count == 0)
            throw new ArgumentException("The template names no field.", nameof(items));
        foreach (var field in Fields)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(field.MostCharacters, 1);
            if (!items.Has(field.Column))
                throw new ArgumentException(
                    $"The item table has no column '{field.Column}'. It has: {string.Join(", ", items.Columns)}.",
                    nameof(items)
                );
        }
        return [.. Enumerable.Range(1, items.ItemCount).Select(item => TextOf(items, item))];
    }

    private string TextOf(ItemTable items, int item)
    {
        var text = new StringBuilder();
        foreach (var field in Fields)
        {
            if (items.Text(item, field.Column) is not { } value || string.IsNullOrWhiteSpace(value))
                continue;
            if (text.Length > 0)
                text.Append(Between);
            text.Append(field.Before).Append(Cut(value.Trim(), field.MostCharacters));
        }
        return text.ToString();
    }

    private static string Cut(string value, int most)
    {
        if (value.Length <= most)
            return value;
        var end = value.LastIndexOf(' ', most);
        return value[..(end > 0 ? end : most)];
    }
}
