using System.Globalization;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads a map between numbers and names: two columns apart by a tab.</summary>
public static class KeyFile
{
    /// <summary>Reads the names in order of their numbers.</summary>
    /// <param name="path">Plain or gzip text.</param>
    /// <param name="count">How many numbers there are; each must have a name.</param>
    /// <param name="first">The smallest number: 0 or 1.</param>
    /// <param name="numberFirst">Whether the number stands before the name.</param>
    /// <returns><c>[count]</c>.</returns>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken, a number occurs twice, or one has no name.</exception>
    public static string[] Read(string path, int count, int first = 1, bool numberFirst = true)
    {
        var names = new string[count];
        using var lines = new LineReader(path);
        while (lines.TryRead(out var line))
        {
            if (line.IsWhiteSpace())
                continue;
            var tab = line.IndexOf('\t');
            if (tab < 0)
                throw lines.Error("There is no tab; need a number and a name.");
            var text = numberFirst ? line[..tab] : line[(tab + 1)..];
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                throw lines.Error($"'{text}' is not a whole number.");
            if (number < first || number >= first + count)
                throw lines.Error($"Number {number} is outside {first}..{first + count - 1}.");
            if (names[number - first] is { } earlier)
                throw lines.Error($"Number {number} has the name '{earlier}' already.");
            names[number - first] = (numberFirst ? line[(tab + 1)..] : line[..tab]).ToString();
        }
        var missing = Array.IndexOf(names, null);
        return missing < 0 ? names : throw new DataFormatException(path, $"Number {missing + first} has no name.");
    }
}
