using System.Text;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>A paper's page of notes: a cell that ends in one shows it.</summary>
public sealed class NotePage : RichValue
{
    private readonly NoteFolder folder;
    private readonly ReadingList list;
    private readonly Func<string, bool> isOurs;

    internal NotePage(NoteFolder folder, string path, ReadingList list, Func<string, bool> isOurs) =>
        (this.folder, Path, this.list, this.isOurs) = (folder, path, list, isOurs);

    /// <summary>Its file.</summary>
    public string Path { get; }

    /// <summary>What its front matter says, read now.</summary>
    /// <exception cref="InvalidDataException">It is broken; the message names file and line.</exception>
    public PaperNote Note => Of(Read());

    /// <summary>The Markdown below the front matter, read now.</summary>
    public string Body => Read() is var note ? note.Text[FrontMatter.Of(note).BodyStart..] : "";

    /// <summary>Adds a dated note at the end of the file; all that is there stays as it is.</summary>
    /// <param name="text">What to note, Markdown.</param>
    /// <param name="with">What belongs to it: a figure (kept as a file in <c>attachments/</c>), a table, numbers, or any object.</param>
    /// <returns>The page, so that a cell shows it.</returns>
    /// <exception cref="InvalidDataException">The file is not UTF-8 or its front matter is broken: mend it first.</exception>
    /// <exception cref="NoteConflictException">The file was edited meanwhile; the note is kept beside it.</exception>
    public NotePage Add(string text, params object?[] with)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        ArgumentNullException.ThrowIfNull(with);
        return NoteFile.Alone(
            Path,
            () =>
            {
                var note = Read();
                var paper = Of(note);
                var now = DateTime.Now;
                var added = new StringBuilder(
                    $"### {now:yyyy-MM-dd HH:mm}\n\n{text.ReplaceLineEndings("\n").Trim('\n')}\n"
                );
                var attachments = new NoteAttachments(
                    System.IO.Path.GetDirectoryName(Path)!,
                    $"{paper.Id}-{now:yyyyMMdd-HHmmss}"
                );
                foreach (var value in with.OfType<object>())
                    added.Append('\n').Append(attachments.Markdown(value)).Append('\n');
                var block = added.ToString().ReplaceLineEndings(note.NewLine);
                NoteFile.Replace(note, note.With((note.Text.Length, Gap(note) + block)), block, folder.Meanwhile);
                return this;
            }
        );
    }

    /// <summary>Gives empty fields of the front matter the values that reading list and bibliography have for them.</summary>
    /// <returns>The fields that got one. Fields that hold something stay, and none that is missing is added.</returns>
    /// <exception cref="InvalidDataException">The file is not UTF-8 or its front matter is broken.</exception>
    /// <exception cref="NoteConflictException">The file was edited meanwhile; it stays as it is.</exception>
    public IReadOnlyList<string> Fill()
    {
        var paper = Note;
        var entry = list.Entries.FirstOrDefault(entry =>
            NewNote.IdOf(entry) == paper.Id || entry.ArXiv is [var number] && paper.ArXiv.SequenceEqual([number])
        );
        return entry is null ? [] : Fill(NewNote.From(entry));
    }

    /// <summary>Gives empty fields the values of a paper.</summary>
    /// <inheritdoc cref="Fill()"/>
    public IReadOnlyList<string> Fill(NewNote paper)
    {
        ArgumentNullException.ThrowIfNull(paper);
        var values = NoteTemplate.Fields(paper.Completed()).Where(field => field.Yaml.Length > 0).ToArray();
        return NoteFile.Alone<IReadOnlyList<string>>(
            Path,
            () =>
            {
                var note = Read();
                var filled = FrontMatter.Of(note).Fill(values);
                if (filled.Count == 0)
                    return [];
                var content = note.With(filled.Select(one => (one.At, one.Inserted)));
                _ = FrontMatter.Of(NoteText.Of(Path, content)); // never write what would not read back
                NoteFile.Replace(note, content, written: null, folder.Meanwhile);
                return [.. filled.Select(one => one.Field)];
            }
        );
    }

    /// <inheritdoc/>
    public override string ToHtml()
    {
        var note = Read();
        return NoteHtml.Page(Of(note), note.Text[FrontMatter.Of(note).BodyStart..]);
    }

    /// <inheritdoc/>
    public override string ToText() => $"{Path}\n\n{Read().Text.TrimEnd()}";

    private NoteText Read() =>
        File.Exists(Path)
            ? NoteText.Read(Path)
            : throw new FileNotFoundException($"{Path} is gone; ask for the page again.", Path);

    private PaperNote Of(NoteText note) =>
        PaperNote.Of(note, isOurs)
        ?? throw new InvalidDataException($"{Path}:1: this is no longer a note about a paper.");

    // One empty line before what is added, whatever the file ends with.
    private static string Gap(NoteText note) =>
        note.Text.Length == 0 ? ""
        : note.Text.EndsWith(note.NewLine + note.NewLine, StringComparison.Ordinal) ? ""
        : note.Text.EndsWith('\n') ? note.NewLine
        : note.NewLine + note.NewLine;
}
