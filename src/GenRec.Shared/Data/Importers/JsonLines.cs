using System.Text;
using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads JSON lines one object at a time.</summary>
internal static class JsonLines
{
    /// <summary>Names in snake_case; what a record needs must be there.</summary>
    public static JsonSerializerOptions Snake { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };

    /// <summary>Reads a file whose lines are all records of one kind; names in the file are in snake_case.</summary>
    /// <exception cref="DataFormatException">A line is none; names file and line.</exception>
    public static List<T> ReadAll<T>(string path, ImportReport report)
    {
        var records = new List<T>();
        Read(
            path,
            report,
            MalformedLines.Fail,
            (json, _) =>
            {
                records.Add(json.Deserialize<T>(Snake)!);
                return null;
            }
        );
        return records;
    }

    /// <summary>Calls <paramref name="use"/> with each object; what it returns is what is wrong with the line, or null.</summary>
    /// <param name="path">Plain or gzip text.</param>
    /// <param name="report">Counts lines and problems.</param>
    /// <param name="malformed">What to do with a broken line.</param>
    /// <param name="use">Receives the object and its line number.</param>
    /// <param name="translate">Makes JSON of a line that is none; null leaves the line as it is.</param>
    /// <param name="registerFile">Whether the report does not know the file yet.</param>
    public static void Read(
        string path,
        ImportReport report,
        MalformedLines malformed,
        Func<JsonElement, long, string?> use,
        Func<ReadOnlySpan<char>, string?>? translate = null,
        bool registerFile = true
    )
    {
        using var lines = new LineReader(path);
        if (registerFile)
            report.AddFile(path);
        var bytes = new byte[1 << 12];
        while (lines.TryRead(out var line))
        {
            if (line.IsWhiteSpace())
                continue;
            report.Lines++;
            if (Complaint(line) is { } complaint)
                report.Malformation(malformed, path, lines.Number, complaint);
        }

        string? Complaint(ReadOnlySpan<char> line)
        {
            try
            {
                if (translate?.Invoke(line) is { } translated)
                    line = translated;
                var most = Encoding.UTF8.GetMaxByteCount(line.Length);
                if (bytes.Length < most)
                    bytes = new byte[2 * most];
                var length = Encoding.UTF8.GetBytes(line, bytes);
                using var json = JsonDocument.Parse(bytes.AsMemory(0, length));
                return json.RootElement.ValueKind == JsonValueKind.Object
                    ? use(json.RootElement, lines.Number)
                    : $"The line is a JSON {json.RootElement.ValueKind}, need an object.";
            }
            catch (Exception e)
                when (e is JsonException or InvalidOperationException or FormatException and not DataFormatException)
            {
                return $"The line is not a JSON object: {e.Message}";
            }
        }
    }
}
