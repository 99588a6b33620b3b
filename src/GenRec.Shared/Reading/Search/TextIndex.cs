using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using Microsoft.Data.Sqlite;

namespace GenRec.Shared.Reading.Search;

/// <summary>A file that is searched.</summary>
/// <param name="Source">Kind of text.</param>
/// <param name="Path">Its name in hits.</param>
/// <param name="Stamp">Changes when its content does.</param>
/// <param name="Read">Its bytes.</param>
internal sealed record SearchedFile(SearchSource Source, string Path, string Stamp, Func<byte[]> Read);

/// <summary>A full-text index (SQLite FTS5) in one file; what it holds can always be made again.</summary>
internal sealed class TextIndex : IDisposable
{
    private const int Version = 1; // of the tables below; an older file is made anew
    private const string Schema = """
        CREATE TABLE files(id INTEGER PRIMARY KEY, source INTEGER, path TEXT UNIQUE, stamp TEXT);
        CREATE VIRTUAL TABLE passages USING fts5(heading, body, file UNINDEXED, line UNINDEXED,
          tokenize = 'porter unicode61 remove_diacritics 2');
        """;

    private readonly SqliteConnection connection;

    static TextIndex()
    {
        // A script host reads no deps.json: it finds the native library only if told where it lies.
        var folder = Path.GetDirectoryName(typeof(TextIndex).Assembly.Location);
        var file = LibTorchFolder.FileNameOf("e_sqlite3");
        var own = Path.Combine(folder ?? "", "runtimes", LibTorchFolder.RuntimeIdentifier, "native", file);
        if (File.Exists(own) && AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is not string { Length: > 0 })
            NativeLibrary.Load(own);
    }

    private TextIndex(SqliteConnection connection) => this.connection = connection;

    /// <summary>Opens the index, or makes it; one that is damaged or of another version is made anew.</summary>
    public static TextIndex Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return Connect(path);
        }
        catch (SqliteException error) when (error.SqliteErrorCode is 1 or 11 or 26) // no such table, corrupt, not a database
        {
            SqliteConnection.ClearAllPools();
            foreach (var file in new[] { path, path + "-wal", path + "-shm", path + "-journal" })
                File.Delete(file);
            return Connect(path);
        }
    }

    /// <summary>Brings the index to what the files are now: reads those that are new or changed, forgets those that are gone.</summary>
    /// <returns>What could not be read, and why.</returns>
    public IReadOnlyList<string> Update(IReadOnlyList<SearchedFile> files)
    {
        var problems = new List<string>();
        using var transaction = connection.BeginTransaction(deferred: false);
        var known = Known();
        var now = files.ToDictionary(file => file.Path);
        foreach (var (path, (id, stamp)) in known)
            if (!now.TryGetValue(path, out var file) || file.Stamp != stamp)
                Forget(id);
        foreach (var file in files.Where(file => !known.TryGetValue(file.Path, out var old) || old.Stamp != file.Stamp))
            try
            {
                Keep(file, Passages.Of(file.Path, file.Read()));
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add(error.Message);
            }
        transaction.Commit();
        return problems;
    }

    /// <summary>The best passages for a query in the language of FTS5.</summary>
    public IReadOnlyList<SearchHit> Find(string query, int limit, SearchSource? only)
    {
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT files.source, files.path, passages.line, passages.heading,
              snippet(passages, 1, char(1), char(2), '...', 24), bm25(passages, 4.0, 1.0)
            FROM passages JOIN files ON files.id = passages.file
            WHERE passages MATCH $query AND ($source IS NULL OR files.source = $source)
            ORDER BY bm25(passages, 4.0, 1.0), files.path, passages.line LIMIT $limit
            """;
        command.Parameters.AddWithValue("$query", query);
        command.Parameters.AddWithValue("$limit", limit);
        command.Parameters.AddWithValue("$source", only is { } one ? (int)one : DBNull.Value);
        using var rows = command.ExecuteReader();
        var hits = new List<SearchHit>();
        while (rows.Read())
            hits.Add(
                new SearchHit(
                    (SearchSource)rows.GetInt32(0),
                    rows.GetString(1),
                    rows.GetInt32(2),
                    WordBreaks.Remove(rows.GetString(3)),
                    string.Join(
                        ' ',
                        WordBreaks.Remove(rows.GetString(4)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
                    ),
                    -rows.GetDouble(5)
                )
            );
        return hits;
    }

    public void Dispose() => connection.Dispose();

    private static TextIndex Connect(string path)
    {
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            DefaultTimeout = 30,
            Pooling = false,
        };
        var connection = new SqliteConnection(settings.ToString());
        try
        {
            connection.Open();
            var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"));
            if (version == 0 && Convert.ToInt32(Scalar(connection, "SELECT count(*) FROM sqlite_master")) == 0)
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                if (Convert.ToInt32(Scalar(connection, "SELECT count(*) FROM sqlite_master")) == 0) // another process may have been quicker
                    Scalar(connection, $"{Schema} PRAGMA user_version = {Version};");
                transaction.Commit();
            }
            else if (version != Version)
                throw new SqliteException("another version", 1);
            Scalar(connection, "SELECT count(*) FROM files");
            return new TextIndex(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private Dictionary<string, (long Id, string Stamp)> Known()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT path, id, stamp FROM files";
        using var rows = command.ExecuteReader();
        var known = new Dictionary<string, (long, string)>();
        while (rows.Read())
            known[rows.GetString(0)] = (rows.GetInt64(1), rows.GetString(2));
        return known;
    }

    private void Forget(long file)
    {
        Execute("DELETE FROM passages WHERE file = $file", ("$file", file));
        Execute("DELETE FROM files WHERE id = $file", ("$file", file));
    }

    private void Keep(SearchedFile file, IReadOnlyList<Passage> passages)
    {
        Execute(
            "INSERT INTO files(source, path, stamp) VALUES ($source, $path, $stamp)",
            ("$source", (int)file.Source),
            ("$path", file.Path),
            ("$stamp", file.Stamp)
        );
        var id = (long)Scalar(connection, "SELECT last_insert_rowid()")!;
        foreach (var passage in passages)
            Execute(
                "INSERT INTO passages(heading, body, file, line) VALUES ($heading, $body, $file, $line)",
                ("$heading", WordBreaks.Insert(passage.Heading)),
                ("$body", WordBreaks.Insert(passage.Text)),
                ("$file", id),
                ("$line", passage.Line)
            );
    }

    private void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
