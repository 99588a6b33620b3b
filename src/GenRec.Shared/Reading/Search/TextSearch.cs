using GenRec.Shared.Data;
using GenRec.Shared.Data.Downloads;

namespace GenRec.Shared.Reading.Search;

/// <summary>Full-text search over notes, notebooks and the data files about papers.</summary>
/// <remarks>The index lies in <c>data/cache</c>; before each search the files that changed are read again.</remarks>
public static class TextSearch
{
    /// <summary>Finds passages that hold all words.</summary>
    /// <param name="notes">The folder of notes.</param>
    /// <param name="query">Words; <c>"beam search"</c> is a phrase, <c>quant*</c> a beginning. Case and accents do not
    /// matter, and English words are found in their other forms too.</param>
    /// <param name="limit">Most hits; at least 1.</param>
    /// <param name="only">Search only this kind of text.</param>
    /// <param name="index">The index file; in the cache of the repository where null.</param>
    /// <exception cref="ArgumentException">There is no word in the query.</exception>
    public static SearchResult Find(
        NoteFolder notes,
        string query,
        int limit = 20,
        SearchSource? only = null,
        string? index = null
    )
    {
        ArgumentNullException.ThrowIfNull(notes);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var words = WordBreaks.Query(query) ?? throw new ArgumentException("There is no word to search for.");
        using var open = TextIndex.Open(index ?? IndexOf(notes));
        var problems = open.Update([.. NotesOf(notes), .. Notebooks(), .. DataFiles()]);
        return new SearchResult(query, open.Find(words, limit, only), problems);
    }

    // One index for each folder of notes: a vault does not show up in another reader's search.
    private static string IndexOf(NoteFolder notes)
    {
        var key = NoteText.HashOf(System.Text.Encoding.UTF8.GetBytes(notes.Path))[..12];
        return Path.Combine(DataFolders.Cache, "search", $"notes-{key}.db");
    }

    private static IEnumerable<SearchedFile> NotesOf(NoteFolder notes) =>
        notes.Files().Select(file => OnDisk(SearchSource.Note, file));

    private static IEnumerable<SearchedFile> Notebooks()
    {
        var folder = Path.Combine(DataFolders.Repository ?? "", "notebooks");
        if (DataFolders.Repository is null || !Directory.Exists(folder))
            return [];
        return Directory
            .EnumerateFiles(folder, "*.ipynb", SearchOption.AllDirectories)
            .Where(file => !file.Contains(".ipynb_checkpoints", StringComparison.Ordinal))
            .Where(file => !file.EndsWith(".partial.ipynb", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(file => OnDisk(SearchSource.Notebook, file));
    }

    private static IEnumerable<SearchedFile> DataFiles() =>
        ShippedData
            .Names.Where(name =>
                name is "reading-list.json" or "bibliography.json"
                || name.StartsWith("published/", StringComparison.Ordinal)
            )
            .Select(name => new SearchedFile(
                SearchSource.Data,
                "data/" + name,
                NoteText.HashOf(ShippedData.Read(name)),
                () => ShippedData.Read(name)
            ));

    private static SearchedFile OnDisk(SearchSource source, string path)
    {
        var file = new FileInfo(path);
        var shown = DataFolders.Repository is { } root ? Path.GetRelativePath(root, path) : path;
        return new SearchedFile(
            source,
            shown.StartsWith("..", StringComparison.Ordinal) ? path : shown.Replace('\\', '/'),
            $"{file.LastWriteTimeUtc.Ticks} {file.Length}",
            () => File.ReadAllBytes(path)
        );
    }
}
