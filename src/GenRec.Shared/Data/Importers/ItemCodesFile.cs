using System.Globalization;
using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads semantic ids from the files that papers ship.</summary>
public static class ItemCodesFile
{
    /// <summary>Reads lines <c>id, tab, codes</c> with spaces between the codes.</summary>
    /// <param name="path">Plain or gzip text.</param>
    /// <param name="itemCount">N; each item must occur once.</param>
    /// <param name="first">The number of item 1: 0 or 1.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken, or an item is missing or occurs twice.</exception>
    public static ItemCodes ReadTable(string path, int itemCount, int first = 1)
    {
        var rows = new Rows(path, itemCount);
        using var lines = new LineReader(path);
        while (lines.TryRead(out var line))
        {
            if (line.IsWhiteSpace())
                continue;
            var tokens = new Tokens(line);
            var id = tokens.Next();
            var codes = new List<int>();
            while (!tokens.AtEnd)
                codes.Add(
                    CodeOf(tokens.Next(), codes.Count) ?? throw lines.Error("A code is neither a number nor '<a_1>'.")
                );
            if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw lines.Error($"'{id}' is not an item number.");
            rows.Set(number - first, codes, lines.Number);
        }
        return rows.Build();
    }

    /// <summary>Reads <c>index.json</c> of LC-Rec, LETTER and MiniOneRec: <c>{"0": ["&lt;a_1&gt;", "&lt;b_2&gt;"], ...}</c>.</summary>
    /// <param name="path">Plain or gzip JSON.</param>
    /// <param name="itemCount">N; each item must occur once.</param>
    /// <param name="first">The number of item 1: 0 or 1.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">The JSON or a token is broken, or an item is missing or occurs twice.</exception>
    public static ItemCodes ReadIndexJson(string path, int itemCount, int first = 0)
    {
        var rows = new Rows(path, itemCount);
        JsonObjectFile.ForEach(
            path,
            (name, value, line) =>
            {
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    throw new DataFormatException(path, line, $"'{name}' is not an item number.");
                rows.Set(number - first, CodesOf(path, line, value), line);
            }
        );
        return rows.Build();
    }

    /// <summary>Reads the property <c>sid</c> of item lines: a list of numbers or of tokens.</summary>
    /// <param name="path">Plain or gzip JSON lines with a number <c>id</c>.</param>
    /// <param name="itemCount">N; each item must occur once.</param>
    /// <param name="first">The number of item 1: 0 or 1.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken, or an item is missing or occurs twice.</exception>
    public static ItemCodes ReadItemLines(string path, int itemCount, int first = 0)
    {
        var rows = new Rows(path, itemCount);
        var rowOf = ItemJsonLines.ByNumber("id", first);
        JsonLines.Read(
            path,
            new ImportReport(),
            MalformedLines.Fail,
            (item, line) =>
            {
                if (rowOf(item) is not { } row || !item.TryGetProperty("sid", out var codes))
                    return "The object has no number 'id' or no list 'sid'.";
                rows.Set(row, CodesOf(path, line, codes), line);
                return null;
            }
        );
        return rows.Build();
    }

    private static List<int> CodesOf(string path, long line, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw new DataFormatException(path, line, $"The codes are a JSON {value.ValueKind}, need a list.");
        var codes = new List<int>();
        foreach (var token in value.EnumerateArray())
        {
            var text = token.ValueKind == JsonValueKind.String ? token.GetString()! : token.GetRawText();
            codes.Add(
                CodeOf(text, codes.Count)
                    ?? throw new DataFormatException(
                        path,
                        line,
                        $"'{text}' is no code of level {codes.Count + 1}; need '<a_1>' or 1."
                    )
            );
        }
        return codes;
    }

    /// <summary><c>12</c>, or <c>&lt;b_12&gt;</c> where b is the letter of the level.</summary>
    private static int? CodeOf(ReadOnlySpan<char> token, int level)
    {
        if (token is ['<', var letter, '_', .. var digits, '>'])
            token = letter == 'a' + level ? digits : [];
        return int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : null;
    }

    private sealed class Rows(string path, int itemCount)
    {
        private readonly List<int>?[] rows = new List<int>?[itemCount];
        private int levels;

        public void Set(int row, List<int> codes, long line)
        {
            if (row < 0 || row >= itemCount)
                throw new DataFormatException(
                    path,
                    line,
                    $"The item is outside the {itemCount} items; does the file number them from 0 or from 1?"
                );
            if (rows[row] is not null)
                throw new DataFormatException(path, line, $"Item {row + 1} has codes already.");
            levels = levels == 0 ? codes.Count : levels;
            if (codes.Count != levels || levels == 0)
                throw new DataFormatException(path, line, $"{codes.Count} codes; the items before have {levels}.");
            rows[row] = codes;
        }

        public ItemCodes Build()
        {
            var missing = Array.IndexOf(rows, null);
            if (missing >= 0)
                throw new DataFormatException(path, $"Item {missing + 1} (from 1) has no codes.");
            return new ItemCodes(Math.Max(1, levels), [.. rows.SelectMany(row => row!)]);
        }
    }
}
