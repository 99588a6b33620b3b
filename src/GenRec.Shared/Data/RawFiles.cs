using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>
/// Makes the small files that <see cref="PublicDatasets"/> reads from the large ones that the official sources give: times,
/// names and item properties of the Amazon 2014 sets, the maps of MovieLens 1M.
/// </summary>
/// <remarks>
/// The published sequences have numbers without names. <see cref="NumberingMatch"/> finds the names in the official
/// reviews and ratings. Nothing that is there is replaced.
/// </remarks>
public static class RawFiles
{
    private static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // no HTML is made of it
    };

    /// <summary>Makes what can be made in the folder of a data set.</summary>
    /// <param name="folder">The set's folder, as <c>genrec data get</c> fills it.</param>
    /// <param name="cancel">Stops it; a file is there as a whole or not at all.</param>
    /// <returns>One sentence for each file made, and for each that could not be made although its source is there.</returns>
    /// <exception cref="DataFormatException">A file is broken; the message says where.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Prepare(string folder, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            return [];
        var made = new List<string>();
        if (FirstLike(folder, "reviews_*_5.json.gz") is { } reviews)
            PrepareAmazon(folder, reviews, made, cancel);
        if (Has(folder, "ratings.dat.gz"))
            PrepareMovieLens(folder, made, cancel);
        return made;
    }

    private static void PrepareAmazon(string folder, string reviews, List<string> made, CancellationToken cancel)
    {
        var metadata = FirstLike(folder, "meta_*.json.gz");
        var complete = Has(folder, "times.txt.gz") && Has(folder, "users.tsv.gz");
        if (!Has(folder, "sequences.txt.gz") || complete && (metadata is null || Has(folder, "items.jsonl.gz")))
            return;
        var (sequences, _) = SequenceText.Read(In(folder, "sequences.txt.gz"), form: SequenceForm.LinePerUser);
        var (raw, _) = AmazonJson.ReadReviews(reviews);
        if (NumberingMatch.Find(sequences, raw, inOrder: true, cancel) is not { } match)
        {
            made.Add(
                $"{Path.GetFileName(reviews)} does not hold the events of sequences.txt.gz, so times, reviewers and products stay unknown."
            );
            return;
        }
        var asins = Enumerable
            .Range(1, sequences.ItemCount)
            .Select(item => raw.ItemKeys![match.Items[item] - 1])
            .ToArray();
        Make(folder, "times.txt.gz", made, Times);
        Make(folder, "users.tsv.gz", made, Users);
        cancel.ThrowIfCancellationRequested();
        if (metadata is not null && !Has(folder, "items.jsonl.gz"))
        {
            // A product whose line is broken stays without text; the others need not.
            var report = new ImportReport(examplesOfEach: 1);
            var table = AmazonJson.ReadMetadata(metadata, asins, report, MalformedLines.Skip);
            Make(folder, "items.jsonl.gz", made, text => Items(text, asins, table));
            if (report.Malformed > 0)
                made.Add(
                    $"{report.Malformed} lines could not be read and were left out, the first: "
                        + report.Examples.First(problem => problem.Kind == ImportProblemKind.Malformed)
                );
        }

        void Times(TextWriter text)
        {
            for (var user = 0; user < sequences.Users; user++)
                text.Write(
                    $"{sequences.UserKeys![user]} {string.Join(' ', raw.TimesOf(match.Users[user]).ToArray())}\n"
                );
        }

        void Users(TextWriter text)
        {
            for (var user = 0; user < sequences.Users; user++)
                text.Write($"{user + 1}\t{raw.UserKeys![match.Users[user]]}\n");
        }
    }

    private static void Items(TextWriter text, string[] asins, ItemTable table)
    {
        for (var item = 1; item <= asins.Length; item++)
        {
            var line = new JsonObject { ["id"] = item, ["asin"] = asins[item - 1] };
            foreach (var column in table.Columns)
                if (table.Number(item, column) is { } number)
                    line[column] = number;
                else if (table.Text(item, column) is { } value)
                    line[column] = value;
            text.Write(line.ToJsonString(Plain) + "\n");
        }
    }

    // SASRec leaves films with fewer than five ratings out and numbers the rest anew (README of kang205/SASRec).
    private static void PrepareMovieLens(string folder, List<string> made, CancellationToken cancel)
    {
        if (Has(folder, "ml-1m.txt.gz") && Has(folder, "item-map.tsv") && Has(folder, "user-map.tsv"))
            return;
        var (ratings, _) = MovieLensText.ReadRatings(In(folder, "ratings.dat.gz"));
        var core = InteractionFilters.KCore(ratings, userMinimum: 0, itemMinimum: 5).Interactions;
        if (!Has(folder, "ml-1m.txt.gz"))
        {
            Make(folder, "ml-1m.txt.gz", made, text => Events(text, core));
            Make(folder, "item-map.tsv", made, text => Keys(text, core.ItemKeys!));
            Make(folder, "user-map.tsv", made, text => Keys(text, core.UserKeys!));
            return;
        }
        var (known, _) = SequenceText.Read(In(folder, "ml-1m.txt.gz"), form: SequenceForm.LinePerEvent);
        if (NumberingMatch.Find(known, core, inOrder: false, cancel) is not { } match)
        {
            made.Add("ratings.dat.gz does not hold the events of ml-1m.txt.gz, so films and users stay unnamed.");
            return;
        }
        if (match.Ambiguous > 0)
            made.Add($"{match.Ambiguous} films were seen by the same users; their titles may be exchanged.");
        Make(
            folder,
            "item-map.tsv",
            made,
            text => Keys(text, [.. match.Items.Skip(1).Select(item => core.ItemKeys![item - 1])])
        );
        Make(folder, "user-map.tsv", made, text => Keys(text, [.. match.Users.Select(user => core.UserKeys![user])]));
    }

    private static void Events(TextWriter text, Interactions core)
    {
        for (var user = 0; user < core.Users; user++)
            foreach (var item in core.ItemsOf(user))
                text.Write($"{user + 1} {item}\n");
    }

    private static void Keys(TextWriter text, IReadOnlyList<string> keys)
    {
        for (var i = 0; i < keys.Count; i++)
            text.Write($"{i + 1}\t{keys[i]}\n");
    }

    private static void Make(string folder, string name, List<string> made, Action<TextWriter> write)
    {
        if (Has(folder, name))
            return;
        AtomicFile.Write(
            In(folder, name),
            file =>
            {
                using var packed = name.EndsWith(".gz", StringComparison.Ordinal)
                    ? new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true)
                    : null;
                using var text = new StreamWriter(packed ?? file, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
                write(text);
            }
        );
        made.Add($"{name} was made.");
    }

    private static string? FirstLike(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal).FirstOrDefault();

    private static bool Has(string folder, string file) => File.Exists(In(folder, file));

    private static string In(string folder, string file) => Path.Combine(folder, file);
}
