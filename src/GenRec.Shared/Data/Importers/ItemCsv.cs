using System.Globalization;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads an item table from delimited text with a header: one row an item, one column a column.</summary>
public static class ItemCsv
{
    /// <summary>Reads the items of known interactions.</summary>
    /// <param name="path">Plain or gzip text, UTF-8.</param>
    /// <param name="keyColumn">The column with the item's key.</param>
    /// <param name="itemKeys">Keys, entry <c>i</c> for item <c>i + 1</c>.</param>
    /// <param name="report">Receives items outside the interactions and repeated ones; a new one when null.</param>
    /// <param name="separator">What stands between columns.</param>
    /// <param name="malformed">What to do with a broken row.</param>
    /// <returns>A column is numeric where each of its cells is a number or empty.</returns>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">The key column is missing, or a row is broken and the policy is to fail.</exception>
    public static ItemTable Read(
        string path,
        string keyColumn,
        IReadOnlyList<string> itemKeys,
        ImportReport? report = null,
        char separator = ',',
        MalformedLines malformed = MalformedLines.Fail
    )
    {
        ArgumentNullException.ThrowIfNull(itemKeys);
        report ??= new ImportReport();
        using var rows = new CsvRows(path, separator, hasHeader: true);
        report.AddFile(path);
        var key = rows.Need(keyColumn);
        var rowOf = itemKeys.Select((name, row) => (name, row)).ToDictionary(pair => pair.name, pair => pair.row);
        var cells = Array.ConvertAll(rows.Names, _ => new string?[itemKeys.Count]);
        var described = new HashSet<int>();
        while (rows.TryRead(out var complaint))
        {
            report.Lines++;
            if (complaint is not null)
                report.Malformation(malformed, path, rows.Line, complaint);
            else if (!rowOf.TryGetValue(rows[key], out var row))
                report.Add(ImportProblemKind.Unknown, path, rows.Line, $"'{rows[key]}' is not among the interactions.");
            else if (!described.Add(row))
                report.Add(
                    ImportProblemKind.Duplicate,
                    path,
                    rows.Line,
                    $"'{rows[key]}' is described again; the first stays."
                );
            else
                for (var column = 0; column < cells.Length; column++)
                    cells[column][row] = rows[column] is { Length: > 0 } cell ? cell : null;
        }
        var table = new ItemTableBuilder(itemKeys.Count);
        for (var column = 0; column < cells.Length; column++)
            Fill(table, rows.Names[column], cells[column]);
        return table.Build();
    }

    private static void Fill(ItemTableBuilder table, string name, string?[] cells)
    {
        var isNumber = Array.TrueForAll(cells, cell => cell is null || TryNumber(cell, out _));
        for (var row = 0; row < cells.Length; row++)
            if (isNumber && cells[row] is { } cell && TryNumber(cell, out var number))
                table.Set(row, name, number);
            else
                table.Set(row, name, cells[row]);
    }

    private static bool TryNumber(string cell, out double number) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
