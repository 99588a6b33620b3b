using System.Text;
using System.Text.Json;

namespace GenRec.Shared.Reading.Search;

/// <summary>A piece of a file that is found as one.</summary>
/// <param name="Line">Line where it begins, or the cell of a notebook; from 1.</param>
/// <param name="Heading">The heading above it; may be empty.</param>
/// <param name="Text">Its text.</param>
internal sealed record Passage(int Line, string Heading, string Text);

/// <summary>Cuts files into passages: sections of Markdown, cells of notebooks, blocks of lines of anything else.</summary>
internal static class Passages
{
    private const int BlockLines = 12;

    /// <summary>The passages of a file.</summary>
    /// <param name="path">Its name, for its ending and for messages.</param>
    /// <param name="bytes">Its content.</param>
    /// <exception cref="InvalidDataException">It cannot be read; the message names file and line.</exception>
    public static IReadOnlyList<Passage> Of(string path, byte[] bytes) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".md" => OfMarkdown(NoteText.Of(path, bytes).Text),
            ".ipynb" => OfNotebook(path, bytes),
            _ => OfLines(NoteText.Of(path, bytes).Text),
        };

    private static List<Passage> OfMarkdown(string text)
    {
        var passages = new List<Passage>();
        var (heading, begin, fenced) = ("", 1, false);
        var section = new StringBuilder();
        foreach (var (index, raw) in text.Split('\n').Index())
        {
            var line = raw.TrimEnd('\r');
            if (line.StartsWith("```", StringComparison.Ordinal) || line.StartsWith("~~~", StringComparison.Ordinal))
                fenced = !fenced;
            if (!fenced && IsHeading(line))
            {
                Close();
                (heading, begin) = (line.TrimStart('#').Trim(), index + 1);
            }
            section.Append(line).Append('\n');
        }
        Close();
        return passages;

        void Close()
        {
            if (!string.IsNullOrWhiteSpace(section.ToString()))
                passages.Add(new Passage(begin, heading, section.ToString()));
            section.Clear();
        }
    }

    private static bool IsHeading(string line) =>
        line.TrimStart('#') is var rest && rest.Length < line.Length && rest.StartsWith(' ');

    private static List<Passage> OfNotebook(string path, byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            var passages = new List<Passage>();
            var heading = "";
            foreach (var (index, cell) in json.RootElement.GetProperty("cells").EnumerateArray().Index())
            {
                var source = cell.GetProperty("source");
                var text =
                    source.ValueKind == JsonValueKind.Array
                        ? string.Concat(source.EnumerateArray().Select(line => line.GetString()))
                        : source.GetString() ?? "";
                if (cell.GetProperty("cell_type").GetString() == "markdown")
                    heading = text.Split('\n').LastOrDefault(IsHeading)?.TrimStart('#').Trim() ?? heading;
                if (!string.IsNullOrWhiteSpace(text))
                    passages.Add(new Passage(index + 1, heading, text));
            }
            return passages;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}:{error.LineNumber + 1}: not a notebook: {error.Message}", error);
        }
        catch (Exception error) when (error is InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{path}:1: not a notebook: {error.Message}", error);
        }
    }

    private static List<Passage> OfLines(string text) =>
        [
            .. text.Split('\n')
                .Index()
                .Chunk(BlockLines)
                .Select(block => new Passage(
                    block[0].Index + 1,
                    "",
                    string.Join('\n', block.Select(line => line.Item))
                ))
                .Where(passage => !string.IsNullOrWhiteSpace(passage.Text)),
        ];
}
