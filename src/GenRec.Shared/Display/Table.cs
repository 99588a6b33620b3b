namespace GenRec.Shared.Display;

/// <summary>A table as a value: HTML without fixed colours, and aligned plain text.</summary>
/// <example><code>new Table(["model", new("Recall@10", "F4")], [["SASRec", 0.0605], ["TIGER", 0.0648]])</code></example>
public sealed class Table : RichValue
{
    private readonly TableCells cells;
    private readonly int maxRows = 10;

    /// <summary>Takes heads and rows; cells may be strings, numbers, dates, null (shown empty) or anything with ToString.</summary>
    /// <exception cref="ArgumentException">There is no column, or a row has another number of cells.</exception>
    public Table(IReadOnlyList<TableColumn> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rows);
        if (columns.Count == 0)
            throw new ArgumentException("A table needs at least one column.", nameof(columns));
        (Columns, Rows) = (columns, rows as IReadOnlyList<IReadOnlyList<object?>> ?? [.. rows]);
        for (var row = 0; row < Rows.Count; row++)
            if (Rows[row].Count != columns.Count)
                throw new ArgumentException(
                    $"Row {row} has {Rows[row].Count} cells, the table has {columns.Count} columns.",
                    nameof(rows)
                );
        cells = new TableCells(this);
    }

    /// <summary>The columns, left to right.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>All rows, shown or not.</summary>
    public IReadOnlyList<IReadOnlyList<object?>> Rows { get; }

    /// <summary>Line above the table, or null.</summary>
    public string? Title { get; init; }

    /// <summary>Line below the table: source, protocol, what to see; or null.</summary>
    public string? Caption { get; init; }

    /// <summary>Most rows shown, at least 1; a note tells how many more there are. 10 by default.</summary>
    public int MaxRows
    {
        get => maxRows;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            maxRows = value;
        }
    }

    /// <summary>Rows written in bold (HTML) or marked with <c>*</c> (text), by index; empty by default.</summary>
    public IReadOnlySet<(int Row, int Column)> Emphasised { get; init; } = new HashSet<(int Row, int Column)>();

    /// <summary>A table of any records: one column for each pair of head and value.</summary>
    public static Table Of<T>(IEnumerable<T> rows, params (TableColumn Column, Func<T, object?> Value)[] columns)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(columns);
        return new Table(
            [.. columns.Select(column => column.Column)],
            [.. rows.Select(row => (object?[])[.. columns.Select(column => column.Value(row))])]
        );
    }

    /// <summary>The same table showing up to <paramref name="rows"/> rows.</summary>
    public Table Top(int rows) =>
        new(Columns, Rows)
        {
            Title = Title,
            Caption = Caption,
            Emphasised = Emphasised,
            MaxRows = rows,
        };

    /// <summary>The same table with a title and a caption.</summary>
    public Table Titled(string title, string? caption = null) =>
        new(Columns, Rows)
        {
            Title = title,
            Caption = caption ?? Caption,
            Emphasised = Emphasised,
            MaxRows = MaxRows,
        };

    /// <inheritdoc/>
    public override string ToHtml() => TableHtml.Render(this, cells);

    /// <inheritdoc/>
    public override string ToText() => TableText.Render(this, cells);

    internal string? Remainder =>
        Rows.Count > MaxRows ? $"{Rows.Count - MaxRows:N0} more of {Rows.Count:N0} rows." : null;
}
