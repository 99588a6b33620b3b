using GenRec.Shared.Reading;

namespace GenRec.Cli.Notes;

/// <summary>One line of <c>genrec notes list</c>: an entry of the reading list, a note, or both.</summary>
internal sealed record NoteRow(
    string Id,
    string Name,
    string? Date,
    string? Importance,
    string Workbook,
    PaperNote? Note
)
{
    /// <summary>The reading list in its order, then the papers that the notes add.</summary>
    public static IReadOnlyList<NoteRow> Of(ReadingList list, NoteShelf shelf)
    {
        var entries = list.Entries.Select(entry => (Entry: entry, Note: NoteOf(entry))).ToArray();
        var listed = entries.Select(pair => new NoteRow(
            Path.GetFileNameWithoutExtension(pair.Entry.Notebook),
            pair.Entry.System,
            pair.Entry.Date,
            pair.Note?.ImportanceText ?? (pair.Entry.Importance is null ? null : pair.Entry.ImportanceText),
            pair.Entry.State.ToString().ToLowerInvariant(),
            pair.Note
        ));
        var added = shelf
            .Notes.Where(note => entries.All(pair => pair.Note != note))
            .Select(note => new NoteRow(note.Id, note.Name, $"{note.Date:yyyy-MM-dd}", note.ImportanceText, "", note));
        return [.. listed, .. added];

        PaperNote? NoteOf(ReadingEntry entry)
        {
            try
            {
                return shelf.Of(entry);
            }
            catch (InvalidDataException) // told below the table
            {
                return null;
            }
        }
    }
}
