using GenRec.Shared.Data;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>The folder of a reader's notes: one Markdown file a paper, in the repository or in an Obsidian vault.</summary>
/// <remarks>Folders below it are searched too; hidden ones are not. Markdown files that are not about a paper are left alone.</remarks>
public sealed class NoteFolder : RichObject
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "GENREC_NOTES";

    private readonly ReadingList list;
    private readonly HashSet<string> listed;

    private NoteFolder(string path, ReadingList list)
    {
        (Path, this.list) = (path, list);
        listed = list.Entries.Select(NewNote.IdOf).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Whether a folder is named or can be found without naming one.</summary>
    internal static bool IsKnown =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } || DataFolders.Repository is not null;

    /// <summary>For tests: what happens between the reading of a note and its replacement.</summary>
    internal Action? Meanwhile { get; set; }

    /// <summary>Opens the folder that is named, else that of <see cref="Variable"/>, else the repository's
    /// <c>notebooks/notes</c>.</summary>
    /// <param name="path">The folder, or null.</param>
    /// <param name="list">The reading list; the one that ships where null.</param>
    /// <exception cref="DirectoryNotFoundException">It is not there, or none is named outside the repository.</exception>
    public static NoteFolder Open(string? path = null, ReadingList? list = null)
    {
        var named = path is { Length: > 0 } ? path : Environment.GetEnvironmentVariable(Variable);
        if (named is { Length: > 0 })
            return Directory.Exists(named)
                ? new NoteFolder(System.IO.Path.GetFullPath(named), list ?? ReadingList.Load())
                : throw new DirectoryNotFoundException(
                    $"There is no folder '{named}' for notes. Make it first, or name another with --notes or {Variable}."
                );
        if (DataFolders.Repository is not { } root)
            throw new DirectoryNotFoundException(
                $"No notes folder: {Environment.CurrentDirectory} lies outside the repository. "
                    + $"Name one with --notes or the environment variable {Variable}."
            );
        var own = Directory.CreateDirectory(System.IO.Path.Combine(root, "notebooks", "notes"));
        return new NoteFolder(own.FullName, list ?? ReadingList.Load());
    }

    /// <summary>Reads all notes. A file that cannot be read, or a paper with two files, is a problem among the others.</summary>
    public NoteShelf Read()
    {
        var notes = new List<PaperNote>();
        var problems = new List<NoteProblem>();
        foreach (var file in Files())
            try
            {
                if (PaperNote.Of(NoteText.Read(file), listed.Contains) is { } note)
                    notes.Add(note);
            }
            catch (InvalidDataException error)
            {
                problems.Add(new NoteProblem(file, GuessId(file), error.Message));
            }
        foreach (
            var twice in notes.GroupBy(note => note.Id, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
        )
        {
            var places = string.Join(" and ", twice.Select(note => $"{note.Path}:{LineOfId(note.Path)}"));
            problems.Add(
                new NoteProblem(
                    twice.First().Path,
                    twice.Key,
                    $"{places}: the id '{twice.Key}' names two notes. Give one another id, or join them; nothing was written."
                )
            );
        }
        return new NoteShelf(Path, [.. notes.OrderBy(note => note.Id, StringComparer.Ordinal)], problems);
    }

    /// <summary>A paper's page; made from the reading list when it is not there yet.</summary>
    /// <param name="paper">System (<c>tiger</c>), number, id, title, citation key or arXiv number.</param>
    /// <exception cref="ArgumentException">Neither notes nor reading list know it.</exception>
    /// <exception cref="InvalidDataException">Its file is broken, or there are two; the message names file and line.</exception>
    public NotePage For(string paper)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(paper);
        var shelf = Read();
        if (EntryOf(paper) is { } entry)
            return Page((shelf.Of(entry) ?? Create(NewNote.From(entry))).Path);
        return Page((shelf.Named(paper) ?? throw Unknown(paper)).Path);
    }

    /// <summary>Makes a note for a paper; it must not have one.</summary>
    /// <exception cref="ArgumentException">A value is not of its form.</exception>
    /// <exception cref="InvalidOperationException">The paper has a note, by id or by arXiv number.</exception>
    public NotePage New(NewNote paper)
    {
        ArgumentNullException.ThrowIfNull(paper);
        var complete = paper.Completed();
        var shelf = Read();
        var there = shelf.Notes.FirstOrDefault(note =>
            note.Id.Equals(complete.Id, StringComparison.OrdinalIgnoreCase)
            || note.ArXiv is [var number] && complete.ArXiv.SequenceEqual([number])
        );
        if (there is not null)
            throw new InvalidOperationException(
                $"'{complete.Title}' has a note: {there.Path} (id {there.Id}). For another paper of that name, choose an id."
            );
        if (listed.Contains(complete.Id!) && paper.Notebook is null)
            throw new InvalidOperationException(
                $"'{complete.Id}' is an entry of the reading list: 'genrec notes new {complete.Id}'."
            );
        return Page(Create(complete).Path);
    }

    /// <summary>The reading list's entry of that system, number, id or arXiv number; or null.</summary>
    public ReadingEntry? EntryOf(string paper) =>
        list.Entries.FirstOrDefault(entry =>
            paper.Equals(entry.System, StringComparison.OrdinalIgnoreCase)
            || paper.Equals(NewNote.IdOf(entry), StringComparison.OrdinalIgnoreCase)
            || paper.Equals(NewNote.IdOf(entry)[3..], StringComparison.OrdinalIgnoreCase)
            || int.TryParse(paper, out var number) && number == entry.Number
            || entry.Kind == ReadingKind.Paper && entry.ArXiv.Contains(paper)
        );

    /// <inheritdoc/>
    protected override Table AsTable() => ObjectCard.Of(Read());

    /// <summary>The files that are about papers, or look so, sorted.</summary>
    internal IReadOnlyList<string> Files()
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
            IgnoreInaccessible = true,
        };
        return
        [
            .. Directory
                .EnumerateFiles(Path, "*.md", options)
                .Where(file =>
                    !System
                        .IO.Path.GetRelativePath(Path, file)
                        .Split(System.IO.Path.DirectorySeparatorChar)
                        .Any(IsHidden)
                )
                .Where(file =>
                    !System.IO.Path.GetFileName(file).Equals("README.md", StringComparison.OrdinalIgnoreCase)
                )
                .Where(IsAboutPaper)
                .Order(StringComparer.Ordinal),
        ];
    }

    private NotePage Page(string file) => new(this, file, list, listed.Contains);

    private PaperNote Create(NewNote paper)
    {
        var complete = paper.Completed();
        var file = System.IO.Path.Combine(Path, complete.Id + ".md");
        if (File.Exists(file))
            throw new InvalidOperationException(
                $"{file} is there already and is not the note of '{complete.Title}'; choose an id."
            );
        NoteFile.Create(file, NoteTemplate.Text(complete, DateOnly.FromDateTime(DateTime.Now), ToNotebooks()));
        return PaperNote.Of(NoteText.Read(file), _ => true)!;
    }

    // A relative link is of use only where notes and notebooks lie in one repository.
    private string? ToNotebooks()
    {
        if (DataFolders.Repository is not { } root)
            return null;
        var way = System.IO.Path.GetRelativePath(Path, System.IO.Path.Combine(root, "notebooks")).Replace('\\', '/');
        var inside = !System.IO.Path.GetRelativePath(root, Path).StartsWith("..", StringComparison.Ordinal);
        return inside ? way + "/" : null;
    }

    private static bool IsHidden(string name) => name.StartsWith('.');

    // Told from the head of a file, whatever its encoding: other files of a vault are not even parsed.
    private bool IsAboutPaper(string file)
    {
        if (listed.Contains(System.IO.Path.GetFileNameWithoutExtension(file)))
            return true;
        var head = Head(file);
        return FrontMatter.HasPaperField(head) || FrontMatter.GuessId(head) is { } id && listed.Contains(id);
    }

    private static string GuessId(string file) =>
        FrontMatter.GuessId(Head(file)) ?? System.IO.Path.GetFileNameWithoutExtension(file);

    private static string Head(string file)
    {
        using var stream = File.OpenRead(file);
        var bytes = new byte[16 << 10];
        return System.Text.Encoding.Latin1.GetString(
            bytes,
            0,
            stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)
        );
    }

    private static int LineOfId(string file) =>
        FrontMatter.Of(NoteText.Read(file)).Fields.TryGetValue("id", out var field) ? field.Line : 1;

    private ArgumentException Unknown(string paper) =>
        new(
            $"Neither the notes in {Path} nor the reading list know '{paper}'. The list has "
                + $"{string.Join(", ", list.Entries.Select(entry => entry.System))}. "
                + "A paper that is not on it gets a note with 'genrec notes new --title \"...\"'."
        );
}
