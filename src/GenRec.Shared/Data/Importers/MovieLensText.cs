using System.Globalization;
using System.Text;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads the MovieLens files: <c>ratings.dat</c>, <c>movies.dat</c>, <c>users.dat</c> and those of ml-100k.</summary>
/// <remarks>
/// Columns are apart by <c>::</c> (1M, 10M), by a tab (<c>u.data</c>) or by <c>|</c> (<c>u.item</c>, <c>u.user</c>); text is
/// Latin-1. The separator is found from the first line. Formats: the README of each set, GroupLens.
/// </remarks>
public static class MovieLensText
{
    private static readonly string[] Genres100K = // u.genre
    [
        "unknown",
        "Action",
        "Adventure",
        "Animation",
        "Children's",
        "Comedy",
        "Crime",
        "Documentary",
        "Drama",
        "Fantasy",
        "Film-Noir",
        "Horror",
        "Musical",
        "Mystery",
        "Romance",
        "Sci-Fi",
        "Thriller",
        "War",
        "Western",
    ];

    /// <summary>Reads ratings: user, item, rating, Unix seconds. The rating becomes the feedback column <c>rating</c>.</summary>
    /// <param name="path"><c>ratings.dat</c> or <c>u.data</c>, plain or gzip.</param>
    /// <param name="options">Policies; the defaults when null. Items then get ids in order of appearance.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken and the policy is to fail.</exception>
    public static (Interactions Interactions, ImportReport Report) ReadRatings(
        string path,
        ImportOptions? options = null
    )
    {
        var builder = new InteractionBuilder(options, "rating");
        using var lines = new LineReader(path, Encoding.Latin1);
        builder.StartFile(path);
        Span<Range> parts = stackalloc Range[5];
        while (lines.TryRead(out var line))
        {
            if (line.IsWhiteSpace())
                continue;
            builder.Report.Lines++;
            var columns = Split(line, parts);
            if (columns != 4)
                builder.Broken(lines.Number, $"{columns} columns, need 4: user, item, rating, time.");
            else if (!float.TryParse(line[parts[2]], NumberStyles.Float, CultureInfo.InvariantCulture, out var rating))
                builder.Broken(lines.Number, $"'{line[parts[2]]}' is not a rating.");
            else if (
                !long.TryParse(
                    line[parts[3]],
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out var time
                )
            )
                builder.Broken(lines.Number, $"'{line[parts[3]]}' is not a time in whole Unix seconds.");
            else
                builder.Add(line[parts[0]], line[parts[1]], time, lines.Number, rating);
        }
        return (builder.Build(), builder.Report);
    }

    /// <summary>Reads films: columns <c>title</c>, <c>year</c> and <c>categories</c> (the genres).</summary>
    /// <param name="path"><c>movies.dat</c> or <c>u.item</c>, plain or gzip.</param>
    /// <param name="itemKeys">MovieLens numbers, entry <c>i</c> for item <c>i + 1</c>.</param>
    /// <param name="report">Receives films that no one rated, and films described twice; a new one when null.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken.</exception>
    public static ItemTable ReadMovies(string path, IReadOnlyList<string> itemKeys, ImportReport? report = null)
    {
        var table = new ItemTableBuilder(itemKeys.Count);
        ReadRows(
            path,
            itemKeys,
            report ?? new ImportReport(),
            (columns, row, error) =>
            {
                if (columns.Length is not (3 or 24))
                    throw error($"{columns.Length} columns, need 3 (movies.dat) or 24 (u.item).");
                var genres =
                    columns.Length == 3
                        ? columns[2].Split('|')
                        : Genres100K.Where((_, genre) => columns[5 + genre] == "1").ToArray();
                table.Set(row, ItemTable.TitleColumn, columns[1]);
                if (columns[1] is [.., '(', _, _, _, _, ')'] && int.TryParse(columns[1].AsSpan()[^5..^1], out var year))
                    table.Set(row, "year", year);
                table.Set(row, ItemTable.CategoriesColumn, ItemTable.JoinList(genres));
            }
        );
        return table.Build();
    }

    /// <summary>Reads users: columns <c>gender</c>, <c>age</c>, <c>occupation</c> and <c>zip</c>, one row a user.</summary>
    /// <param name="path"><c>users.dat</c> or <c>u.user</c>, plain or gzip.</param>
    /// <param name="userKeys">MovieLens numbers, entry <c>u</c> for user <c>u</c>.</param>
    /// <param name="report">Receives users without ratings, and users described twice; a new one when null.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken.</exception>
    public static DataFrame ReadUsers(string path, IReadOnlyList<string> userKeys, ImportReport? report = null)
    {
        var table = new ItemTableBuilder(userKeys.Count);
        ReadRows(
            path,
            userKeys,
            report ?? new ImportReport(),
            (columns, row, error) =>
            {
                if (columns.Length != 5)
                    throw error($"{columns.Length} columns, need 5.");
                var ageFirst = char.IsAsciiDigit(columns[1].FirstOrDefault('?')); // u.user has the age before the gender
                var (gender, age) = ageFirst ? (columns[2], columns[1]) : (columns[1], columns[2]);
                if (!int.TryParse(age, NumberStyles.None, CultureInfo.InvariantCulture, out var years))
                    throw error($"'{age}' is not an age.");
                table.Set(row, "gender", gender);
                table.Set(row, "age", years);
                table.Set(row, "occupation", columns[3]);
                table.Set(row, "zip", columns[4]);
            }
        );
        return table.BuildFrame();
    }

    private static void ReadRows(
        string path,
        IReadOnlyList<string> keys,
        ImportReport report,
        Action<string[], int, Func<string, Exception>> use
    )
    {
        var rows = keys.Select((key, row) => (key, row)).ToDictionary(pair => pair.key, pair => pair.row);
        var described = new HashSet<int>();
        using var lines = new LineReader(path, Encoding.Latin1);
        report.AddFile(path);
        while (lines.TryRead(out var line))
        {
            if (line.IsWhiteSpace())
                continue;
            report.Lines++;
            var text = line.ToString();
            var columns = text.Contains("::", StringComparison.Ordinal) ? text.Split("::") : text.Split('|');
            if (!rows.TryGetValue(columns[0], out var row))
                report.Add(
                    ImportProblemKind.Unknown,
                    path,
                    lines.Number,
                    $"'{columns[0]}' is not among the interactions."
                );
            else if (!described.Add(row))
                report.Add(
                    ImportProblemKind.Duplicate,
                    path,
                    lines.Number,
                    $"'{columns[0]}' again; the first line stays."
                );
            else
                use(columns, row, lines.Error);
        }
    }

    private static int Split(ReadOnlySpan<char> line, Span<Range> parts) =>
        line.IndexOf("::") >= 0 ? line.Split(parts, "::") : line.Split(parts, '\t');
}
