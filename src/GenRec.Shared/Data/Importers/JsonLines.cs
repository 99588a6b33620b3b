using System.Text;
using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads JSON lines one object at a time.</summary>
internal static class JsonLines
{
    /// <summary>Calls <paramref name="use"/> with each object; what it returns is what is wrong with the line, or null.</summary>
    public static void Read(
        string path,
        ImportReport report,
        MalformedLines malformed,
        Func<JsonElement, long, string?> use,
        Func<ReadOnlySpan<char>, string>? repair = null
    )
    {
        using var lines = new LineReader(path);
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
                if (repair is not null)
                    line = repair(line);
                var most = Encoding.UTF8.GetMaxByteCount(line.Length);
                if (bytes.Length < most)
                    bytes = new byte[2 * most];
                var length = Encoding.UTF8.GetBytes(line, bytes);
                using var json = JsonDocument.Parse(bytes.AsMemory(0, length));
                return json.RootElement.ValueKind == JsonValueKind.Object
                    ? use(json.RootElement, lines.Number)
                    : $"The line is a JSON {json.RootElement.ValueKind}, need an object.";
            }
            catch (Exception e) when (e is JsonException or FormatException and not DataFormatException)
            {
                return $"The line is not a JSON object: {e.Message}";
            }
        }
    }
}
