using System.Globalization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>How far a reader is with a paper.</summary>
public enum ReadingStatus
{
    /// <summary>Not begun.</summary>
    ToRead,

    /// <summary>Begun.</summary>
    Reading,

    /// <summary>Read.</summary>
    Read,

    /// <summary>Read, and its experiment run by the reader.</summary>
    Reproduced,
}

/// <summary>What a note's front matter says about its paper.</summary>
/// <param name="Path">The note's file.</param>
/// <param name="Id">What names the paper: <c>05-tiger</c>; the file's name where the front matter has no id.</param>
/// <param name="Title">Title; the id where there is none.</param>
/// <param name="Aliases">Other names, the system's among them.</param>
/// <param name="Authors">Authors in order.</param>
/// <param name="Year">Year, or null.</param>
/// <param name="Date">First version, or null.</param>
/// <param name="Venue">Venue, or null.</param>
/// <param name="ArXiv">arXiv numbers; may be empty.</param>
/// <param name="CiteKeys">Citation keys; may be empty.</param>
/// <param name="Importance">The reader's judgement, or null.</param>
/// <param name="Status">How far the reader is.</param>
/// <param name="Tags">Tags without <c>#</c>.</param>
/// <param name="Part">Part of the reading list, or null.</param>
/// <param name="Created">Day the note was made, or null.</param>
/// <param name="Hash">SHA-256 of the file, hexadecimal.</param>
public sealed record PaperNote(
    string Path,
    string Id,
    string Title,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<string> Authors,
    int? Year,
    DateOnly? Date,
    string? Venue,
    IReadOnlyList<string> ArXiv,
    IReadOnlyList<string> CiteKeys,
    Importance? Importance,
    ReadingStatus Status,
    IReadOnlyList<string> Tags,
    string? Part,
    DateOnly? Created,
    string Hash
) : RichRecord
{
    /// <summary>The short name: the first alias, or the title.</summary>
    public string Name => Aliases.Count > 0 ? Aliases[0] : Title;

    /// <summary>The status as it is written: <c>to-read</c>, <c>reading</c>, <c>read</c>, <c>reproduced</c>.</summary>
    public string StatusText => TextOf(Status);

    /// <summary>The judgement as it is written, or null.</summary>
    public string? ImportanceText => Importance is { } one ? TextOf(one) : null;

    /// <summary>A status as it is written.</summary>
    public static string TextOf(ReadingStatus status) =>
        status == ReadingStatus.ToRead ? "to-read" : status.ToString().ToLowerInvariant();

    /// <summary>A judgement as it is written.</summary>
    public static string TextOf(Importance importance) =>
        importance == Reading.Importance.SoSo ? "so-so" : importance.ToString().ToLowerInvariant();

    /// <summary>Reads a status as it is written, or null.</summary>
    public static ReadingStatus? StatusOf(string text) => Named<ReadingStatus>(text, TextOf);

    /// <summary>Reads a judgement as it is written, or null.</summary>
    public static Importance? ImportanceOf(string text) => Named<Importance>(text, TextOf);

    /// <summary>Reads the front matter of a note, or returns null where the file is not about a paper.</summary>
    /// <param name="note">The file.</param>
    /// <param name="isOurs">Whether a name is one of the reading list's ids: such a file is a note without any front
    /// matter too.</param>
    /// <exception cref="InvalidDataException">The front matter is broken; the message names file and line.</exception>
    internal static PaperNote? Of(NoteText note, Func<string, bool> isOurs)
    {
        var matter = FrontMatter.Of(note);
        var name = System.IO.Path.GetFileNameWithoutExtension(note.Path);
        var read = new Reader(note.Path, matter);
        var id = read.One("id") ?? name;
        var isPaper = read.Has("arxiv") || read.Has("citekey") || read.Has("id") && read.Has("importance");
        if (!isPaper && !isOurs(id) && !isOurs(name))
            return null;
        return new PaperNote(
            note.Path,
            id,
            read.One("title") ?? id,
            read.Many("aliases"),
            read.Many("authors"),
            read.Parsed(
                "year",
                text => int.TryParse(text, out var year) && year is > 1900 and < 2200 ? year : (int?)null
            ),
            read.Parsed("date", DayOf),
            read.One("venue"),
            [.. read.Many("arxiv").Select(number => number.Replace("arXiv:", "", StringComparison.OrdinalIgnoreCase))],
            [.. read.Many("citekey").Select(key => key.TrimStart('@'))],
            read.Parsed("importance", ImportanceOf, "seminal, novel or so-so"),
            read.Parsed("status", StatusOf, "to-read, reading, read or reproduced") ?? ReadingStatus.ToRead,
            [.. read.Many("tags").Select(tag => tag.TrimStart('#'))],
            read.One("part"),
            read.Parsed("created", DayOf),
            note.Hash
        );
    }

    /// <summary>A day as <c>2023-05-08</c>, or with a time behind it, or <c>2023-05</c>, whose 15th stands for it.</summary>
    internal static DateOnly? DayOf(string text) =>
        text.Length == 7 && DayOf(text + "-15") is { } middle ? middle
        : text.Length >= 10
        && DateOnly.TryParseExact(
            text[..10],
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var day
        )
            ? day
        : null;

    private static T? Named<T>(string text, Func<T, string> name)
        where T : struct, Enum =>
        Enum.GetValues<T>()
            .Cast<T?>()
            .FirstOrDefault(one => name(one!.Value).Equals(text, StringComparison.OrdinalIgnoreCase));

    private sealed class Reader(string path, FrontMatter matter)
    {
        public bool Has(string field) => matter.Fields.ContainsKey(field);

        public string? One(string field) =>
            Many(field) is [var first, ..] && !string.IsNullOrWhiteSpace(first) ? first : null;

        public IReadOnlyList<string> Many(string field) =>
            matter.Fields.TryGetValue(field, out var found) ? found.Values : [];

        public T? Parsed<T>(string field, Func<string, T?> parse, string allowed = "")
            where T : struct
        {
            if (One(field) is not { } text || text is "null" or "~")
                return null;
            return parse(text)
                ?? throw new InvalidDataException(
                    $"{path}:{matter.Fields[field].Line}: {field} is '{text}'; "
                        + $"it may be {(allowed.Length > 0 ? allowed : field == "year" ? "a year: 2023" : "a day: 2023-05-08")}, "
                        + "or empty."
                );
        }
    }
}
