using System.Globalization;
using GenRec.Shared.Display;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Data.Importers;

/// <summary>Fills an <see cref="ItemTable"/> (or a table of users) cell by cell.</summary>
public sealed class ItemTableBuilder : RichObject
{
    private readonly int rows;
    private readonly List<string> names = [];
    private readonly Dictionary<string, (string?[] Cells, bool IsText)> columns = [];

    /// <summary>Starts without columns.</summary>
    /// <param name="rows">Number of items.</param>
    public ItemTableBuilder(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        this.rows = rows;
    }

    /// <summary>Sets a cell to text; null leaves it empty. One text makes the column a text column.</summary>
    /// <param name="row">0-based: item - 1.</param>
    /// <param name="column">Created when new.</param>
    /// <param name="value">The text.</param>
    public void Set(int row, string column, string? value) => Set(row, column, value, isText: true);

    /// <summary>Sets a cell to a number.</summary>
    /// <param name="row">0-based: item - 1.</param>
    /// <param name="column">Created when new.</param>
    /// <param name="value">The number.</param>
    public void Set(int row, string column, double value) =>
        Set(row, column, value.ToString("R", CultureInfo.InvariantCulture), isText: false);

    /// <summary>The filled table.</summary>
    public ItemTable Build() => names.Count == 0 ? ItemTable.Empty(rows) : new ItemTable(BuildFrame());

    /// <summary>The filled table as a frame.</summary>
    public DataFrame BuildFrame() =>
        new(
            names.Select(name =>
            {
                var (cells, isText) = columns[name];
                return isText
                    ? (DataFrameColumn)new StringDataFrameColumn(name, cells)
                    : new DoubleDataFrameColumn(name, cells.Select(Number));
            })
        );

    private void Set(int row, string column, string? value, bool isText)
    {
        if (!columns.TryGetValue(column, out var held))
        {
            held = (new string?[rows], false);
            names.Add(column);
        }
        held.Cells[row] = value;
        columns[column] = (held.Cells, held.IsText || (isText && value is not null));
    }

    private static double? Number(string? cell) =>
        cell is null ? null : double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
}
