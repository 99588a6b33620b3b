using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>Something wrong with a note file; all other notes can be used.</summary>
/// <param name="Path">The file.</param>
/// <param name="Id">The paper it is about, as far as that can be told.</param>
/// <param name="Message">File, line, what is wrong and what to do.</param>
public sealed record NoteProblem(string Path, string Id, string Message) : RichRecord;

/// <summary>All notes of a folder as they are now.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Notes">The notes that could be read, by id.</param>
/// <param name="Problems">What could not be read or is there twice.</param>
public sealed record NoteShelf(string Folder, IReadOnlyList<PaperNote> Notes, IReadOnlyList<NoteProblem> Problems)
    : RichRecord
{
    /// <summary>The note of an entry: by id or file name, else the one that names the same single arXiv number; or null.</summary>
    /// <exception cref="InvalidDataException">There are two, or it could not be read; the message names files and lines.</exception>
    public PaperNote? Of(ReadingEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var id = NewNote.IdOf(entry);
        if (Problems.FirstOrDefault(problem => problem.Id == id) is { } problem)
            throw new InvalidDataException(problem.Message);
        return Notes.FirstOrDefault(note => note.Id == id)
            ?? Notes.FirstOrDefault(note => Path.GetFileNameWithoutExtension(note.Path) == id)
            ?? (
                entry.ArXiv is [var number]
                    ? OnlyOne([.. Notes.Where(note => note.ArXiv is [var its] && its == number)], $"arXiv:{number}")
                    : null
            );
    }

    /// <summary>The note that an id, short name, title, citation key or arXiv number means; or null.</summary>
    /// <exception cref="InvalidDataException">Several do, or it could not be read.</exception>
    public PaperNote? Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (Problems.FirstOrDefault(problem => Same(problem.Id, name)) is { } problem)
            throw new InvalidDataException(problem.Message);
        return Notes.FirstOrDefault(note => Same(note.Id, name))
            ?? OnlyOne([.. Notes.Where(note => NamesOf(note).Any(one => Same(one, name)))], $"'{name}'");
    }

    /// <inheritdoc/>
    protected override Table AsTable() =>
        Table
            .Of(
                Notes,
                ("id", note => note.Id),
                ("paper", note => note.Name),
                ("date", note => note.Date),
                ("importance", note => note.ImportanceText),
                ("status", note => note.StatusText),
                ("tags", note => string.Join(", ", note.Tags))
            )
            .Top(Math.Max(1, Notes.Count))
            .Titled(
                "Notes",
                Problems.Count == 0 ? null : string.Join("\n", Problems.Select(problem => problem.Message))
            );

    private static IEnumerable<string> NamesOf(PaperNote note) =>
        [
            .. note.Aliases,
            .. note.CiteKeys,
            .. note.ArXiv,
            note.Title,
            Path.GetFileNameWithoutExtension(note.Path),
            WithoutNumber(note.Id),
        ];

    private static string WithoutNumber(string id) =>
        id.Length > 3 && char.IsAsciiDigit(id[0]) && char.IsAsciiDigit(id[1]) && id[2] == '-' ? id[3..] : id;

    private static PaperNote? OnlyOne(PaperNote[] found, string name) =>
        found.Length > 1
            ? throw new InvalidDataException(
                $"{name} is meant by {string.Join(" and ", found.Select(note => note.Path))}: name the note by its id."
            )
            : found.FirstOrDefault();

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
