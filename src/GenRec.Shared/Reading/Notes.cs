using GenRec.Shared.Reading.Search;

namespace GenRec.Shared.Reading;

/// <summary>The reader's notes from a notebook cell: <c>Notes.For("tiger")</c>, <c>Notes.For("tiger").Add("...")</c>.</summary>
/// <remarks>They lie where <see cref="NoteFolder.Open"/> finds them, from any folder of the repository.</remarks>
public static class Notes
{
    /// <inheritdoc cref="NoteFolder.For"/>
    public static NotePage For(string paper) => NoteFolder.Open().For(paper);

    /// <summary>All notes, and what is wrong with files among them; none where no folder is known.</summary>
    public static NoteShelf All() => NoteFolder.IsKnown ? NoteFolder.Open().Read() : new NoteShelf("", [], []);

    /// <summary>Makes a note for a paper that is not on the reading list.</summary>
    /// <inheritdoc cref="NoteFolder.New"/>
    public static NotePage New(NewNote paper) => NoteFolder.Open().New(paper);

    /// <summary>Finds words in notes, notebooks and the data files about papers.</summary>
    /// <inheritdoc cref="TextSearch.Find"/>
    public static SearchResult Search(string query, int limit = 20) => TextSearch.Find(NoteFolder.Open(), query, limit);
}
