using System.Globalization;
using System.Text.Json;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.SemanticIds;

/// <summary>Semantic ids on disk: the project's own JSON, and the two layouts that published sets come in.</summary>
/// <remarks>
/// Own form: an object with <c>format</c>, <c>codebookSizes</c>, <c>structure</c>, <c>isNumbered</c>, <c>origin</c> and
/// <c>ids</c>, a list of rows from item 1. <c>index.json</c> is LC-Rec's, LETTER's and MiniOneRec's; the table has a line
/// <c>id, tab, codes</c> for each item. Files appear when they are complete.
/// </remarks>
public static class SemanticIdFile
{
    private const string Format = "genrec semantic ids 1";
    private const int MostLetters = 26;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Writes a table in the project's own form.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ids">The table.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="IOException">The file exists and may not be replaced.</exception>
    public static void Save(string path, SemanticIdTable ids, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var head = new Head(Format, ids.CodebookSizes.ToArray(), ids.Structure, ids.IsNumbered, ids.Origin);
        var text = JsonSerializer.Serialize(head, Json);
        WriteText(
            path,
            overwrite,
            writer =>
            {
                writer.Write($"{text[..^1]},\"ids\":[\n");
                for (var item = 1; item <= ids.ItemCount; item++)
                    writer.Write($"[{Joined(ids, item, ",")}]{(item < ids.ItemCount ? "," : "")}\n");
                writer.Write("]}\n");
            }
        );
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">It is no such file, or a row does not fit the codebooks.</exception>
    public static SemanticIdTable Load(string path)
    {
        using var stream = File.OpenRead(path);
        try
        {
            var whole =
                JsonSerializer.Deserialize<Whole>(stream, Json)
                ?? throw new DataFormatException(path, "The file holds null, need semantic ids.");
            if (whole.Format != Format)
                throw new DataFormatException(path, $"The format is '{whole.Format}', need '{Format}'.");
            var uneven = Array.FindIndex(whole.Ids, row => row.Length != whole.CodebookSizes.Length);
            if (uneven >= 0)
                throw new DataFormatException(
                    path,
                    $"Item {uneven + 1} has {whole.Ids[uneven].Length} codes, need {whole.CodebookSizes.Length}."
                );
            return new SemanticIdTable(
                whole.CodebookSizes,
                [.. whole.Ids.SelectMany(row => row)],
                whole.Structure,
                whole.IsNumbered
            )
            {
                Origin = whole.Origin,
            };
        }
        catch (JsonException wrong)
        {
            throw new DataFormatException(path, (wrong.LineNumber ?? 0) + 1, wrong.Message, wrong);
        }
        catch (ArgumentException wrong) when (wrong is not ArgumentNullException)
        {
            throw new DataFormatException(path, wrong.Message, wrong);
        }
    }

    /// <summary>Writes <c>index.json</c>: <c>{"0": ["&lt;a_1&gt;", "&lt;b_2&gt;"], ...}</c>, items from 0.</summary>
    /// <exception cref="ArgumentException">There are more than 26 levels, for which the layout has no letters.</exception>
    /// <exception cref="IOException">The file exists and may not be replaced.</exception>
    public static void WriteIndexJson(string path, SemanticIdTable ids, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Levels > MostLetters)
            throw new ArgumentException(
                $"index.json names levels by letters, but there are {ids.Levels}; write a table instead.",
                nameof(ids)
            );
        WriteText(
            path,
            overwrite,
            writer =>
            {
                writer.Write("{\n");
                for (var item = 1; item <= ids.ItemCount; item++)
                {
                    var tokens = ids[item].ToArray().Select((code, level) => $"\"<{(char)('a' + level)}_{code}>\"");
                    var end = item < ids.ItemCount ? "," : "";
                    writer.Write($"\"{item - 1}\": [{string.Join(", ", tokens)}]{end}\n");
                }
                writer.Write("}\n");
            }
        );
    }

    /// <summary>Writes lines <c>id, tab, codes</c>, items from 1.</summary>
    /// <exception cref="IOException">The file exists and may not be replaced.</exception>
    public static void WriteTable(string path, SemanticIdTable ids, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        WriteText(
            path,
            overwrite,
            writer =>
            {
                for (var item = 1; item <= ids.ItemCount; item++)
                    writer.Write($"{item}\t{Joined(ids, item, " ")}\n");
            }
        );
    }

    /// <summary>Reads a published set of either layout, told apart by the name's ending.</summary>
    /// <param name="path"><c>*.json</c> or a table, plain or gzip.</param>
    /// <param name="itemCount">N; each item must occur once.</param>
    /// <param name="codebookSizes">Sizes as published; null takes the largest code of each level plus one.</param>
    /// <param name="structure">How the levels belong together.</param>
    /// <param name="isNumbered">Whether the last level only tells items of equal codes apart.</param>
    /// <param name="firstItem">The number of item 1, 0 or 1; null means 0 in JSON and 1 in a table, as most files have it.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A row is broken, or an item is missing or occurs twice.</exception>
    public static SemanticIdTable ReadPublished(
        string path,
        int itemCount,
        IReadOnlyList<int>? codebookSizes = null,
        CodeStructure structure = CodeStructure.Residual,
        bool isNumbered = false,
        int? firstItem = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var plain = path.EndsWith(".gz", StringComparison.Ordinal) ? path[..^3] : path;
        var codes = plain.EndsWith(".json", StringComparison.Ordinal)
            ? ItemCodesFile.ReadIndexJson(path, itemCount, firstItem ?? 0)
            : ItemCodesFile.ReadTable(path, itemCount, firstItem ?? 1);
        return SemanticIdTable.From(codes, codebookSizes, structure, isNumbered);
    }

    private static string Joined(SemanticIdTable ids, int item, string separator) =>
        string.Join(separator, ids[item].ToArray().Select(code => code.ToString(CultureInfo.InvariantCulture)));

    private static void WriteText(string path, bool overwrite, Action<TextWriter> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!overwrite && File.Exists(path))
            throw new IOException($"'{path}' exists already; name another file or say that it may be replaced.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true);
                write(writer);
            }
        );
    }

    private record Head(
        string Format,
        int[] CodebookSizes,
        CodeStructure Structure,
        bool IsNumbered,
        SemanticIdOrigin? Origin
    );

    private sealed record Whole(
        string Format,
        int[] CodebookSizes,
        CodeStructure Structure,
        bool IsNumbered,
        SemanticIdOrigin? Origin,
        int[][] Ids
    ) : Head(Format, CodebookSizes, Structure, IsNumbered, Origin);
}
