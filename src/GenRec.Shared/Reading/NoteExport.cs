using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace GenRec.Shared.Reading;

/// <summary>The notes of a folder for other programs. Notes are read, never written.</summary>
public static partial class NoteExport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>BibTeX for Zotero and LaTeX; a note's own front matter is what counts.</summary>
    public static string ToBibTex(NoteShelf shelf)
    {
        ArgumentNullException.ThrowIfNull(shelf);
        return BibTex.Of(shelf.Notes);
    }

    /// <summary>JSON: every note with its front matter and its sections.</summary>
    public static string ToJson(NoteShelf shelf)
    {
        ArgumentNullException.ThrowIfNull(shelf);
        var notes = shelf.Notes.Select(note => new
        {
            note.Id,
            File = System.IO.Path.GetRelativePath(shelf.Folder, note.Path).Replace('\\', '/'),
            note.Title,
            note.Aliases,
            note.Authors,
            note.Year,
            note.Date,
            note.Venue,
            ArXiv = note.ArXiv,
            CiteKeys = note.CiteKeys,
            note.Part,
            Importance = note.ImportanceText,
            Status = note.StatusText,
            note.Tags,
            note.Created,
            Sha256 = note.Hash,
            Markdown = BodyOf(note),
        });
        return JsonSerializer.Serialize(new { notes }, Json) + "\n";
    }

    /// <summary>One Markdown book: contents, then a chapter a paper; links to files point from the notes' folder.</summary>
    public static string ToBook(NoteShelf shelf)
    {
        ArgumentNullException.ThrowIfNull(shelf);
        var book = new StringBuilder("# Reading notes\n\n");
        foreach (var note in shelf.Notes)
            book.Append($"- [{note.Name}](#{note.Id}) ({Facts(note)})\n");
        foreach (var note in shelf.Notes)
        {
            book.Append($"\n<a id=\"{note.Id}\"></a>\n\n## {note.Title}\n\n*{Facts(note)}*\n\n");
            if (note.Authors.Count > 0)
                book.Append(string.Join(", ", note.Authors)).Append("\n\n");
            book.Append(Demoted(BodyOf(note)).Trim('\n')).Append('\n');
        }
        return book.ToString();
    }

    private static string Facts(PaperNote note) =>
        string.Join(
            ", ",
            new[]
            {
                note.Venue ?? note.Year?.ToString(),
                note.ArXiv.Count > 0 ? "arXiv:" + string.Join(", arXiv:", note.ArXiv) : null,
                note.ImportanceText,
                note.StatusText,
            }.OfType<string>()
        );

    private static string BodyOf(PaperNote note)
    {
        var text = NoteText.Read(note.Path);
        return text.Text[FrontMatter.Of(text).BodyStart..].ReplaceLineEndings("\n");
    }

    // A note's headings stand below its chapter's; lines of code that begin with # are none. Its own title is the chapter's.
    private static string Demoted(string markdown)
    {
        var lines = markdown.Split('\n');
        var fence = "";
        for (var at = 0; at < lines.Length; at++)
        {
            if (Fence().Match(lines[at]) is { Success: true } found)
                fence =
                    fence.Length == 0 ? found.Groups[1].Value
                    : found.Groups[1].Value.StartsWith(fence, StringComparison.Ordinal) ? ""
                    : fence;
            else if (fence.Length == 0 && Heading().IsMatch(lines[at]))
                lines[at] = lines[at].StartsWith("# ", StringComparison.Ordinal) ? "" : "#" + lines[at];
        }
        return string.Join('\n', lines);
    }

    [GeneratedRegex(@"^ {0,3}(```+|~~~+)")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#{1,5} ")]
    private static partial Regex Heading();
}
