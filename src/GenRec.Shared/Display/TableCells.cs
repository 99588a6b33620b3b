using System.Globalization;

namespace GenRec.Shared.Display;

/// <summary>Turns the shown cells of a table into text: one number format and one alignment for each column.</summary>
internal sealed class TableCells(Table table)
{
    private const int MostDecimals = 4;
    private string[][]? shown;
    private bool[]? right;

    /// <summary>Text of the shown rows, <c>[rows][columns]</c>.</summary>
    public string[][] Shown => shown ??= Format();

    /// <summary>Whether a column is aligned right.</summary>
    public bool[] Right => right ??= [.. table.Columns.Select((column, at) => column.AlignRight ?? IsNumeric(at))];

    private IEnumerable<object?> Column(int at) => table.Rows.Take(table.MaxRows).Select(row => row[at]);

    private bool IsNumeric(int at)
    {
        var values = Column(at).Where(value => value is not null).ToArray();
        return values.Length > 0
            && values.All(value =>
                value is IConvertible and not (string or bool or DateTime or char or Enum) || IsTensorNumber(value)
            );
    }

    private static bool IsTensorNumber(object? value) => value is Half or Int128 or UInt128;

    private string[][] Format()
    {
        var formats = table.Columns.Select((column, at) => column.Format ?? FormatFor(at)).ToArray();
        return
        [
            .. table
                .Rows.Take(table.MaxRows)
                .Select(row => (string[])[.. row.Select((cell, at) => Text(cell, formats[at]))]),
        ];
    }

    /// <summary>As many decimals as the column's numbers need, at most four; four significant digits where that shows too little.</summary>
    private string? FormatFor(int at)
    {
        var numbers = Column(at).Where(IsFloating).Select(Number).Where(double.IsFinite).ToArray();
        if (numbers.Length == 0)
            return null;
        if (numbers.Any(number => Math.Abs(number) >= 1e9 || number != 0 && Math.Abs(number) < 1e-3))
            return "G4";
        for (var decimals = 0; decimals < MostDecimals; decimals++)
            if (
                numbers.All(number =>
                    Math.Abs(number - Math.Round(number, decimals)) < 0.5 * Math.Pow(10, -MostDecimals)
                )
            )
                return "F" + decimals;
        return "F" + MostDecimals;
    }

    private static bool IsFloating(object? value) => value is double or float or decimal or Half;

    private static double Number(object? value) =>
        value is Half half ? (double)half : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static string Text(object? value, string? format) =>
        value switch
        {
            null => "",
            DateOnly date => date.ToString(format ?? "yyyy-MM-dd", CultureInfo.InvariantCulture),
            DateTime time => time.ToString(format ?? "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            // A format of the column is for its numbers: a whole number in a column of decimals stays whole.
            IFormattable number when format is null || IsFloating(value) || !IsGuessed(format) => number.ToString(
                format,
                CultureInfo.InvariantCulture
            ),
            IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };

    private static bool IsGuessed(string format) => format is "G4" or "F0" or "F1" or "F2" or "F3" or "F4";
}
