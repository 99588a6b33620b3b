using System.CommandLine;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec data import</c>: reads a file of interactions, reports what is wrong with it, and writes sequences.</summary>
internal static class DataImportCommand
{
    private static readonly string[] Formats =
    [
        "sequences",
        "csv",
        "tsv",
        "movielens",
        "amazon-reviews",
        "lc-rec",
        "parquet",
    ];

    public static Command Create(Terminal terminal)
    {
        var format = new Argument<string>("format") { Description = string.Join(", ", Formats) };
        format.AcceptOnlyFromAmong(Formats);
        var file = new Argument<FileInfo>("file") { Description = "The file to read, plain or gzip" };
        var core = NumberOption.AtLeast("--core", 1, "Keep users and items with at least so many events");
        var lenient = new Option<bool>("--skip-broken")
        {
            Description = "Report broken lines and leave them out, instead of stopping",
        };
        var output = new Option<DirectoryInfo?>("--output", "-o")
        {
            Description = "New folder for sequences, times, keys and card",
        };
        var command = new Command("import", "Read a file of interactions, report on it, and write it as sequences")
        {
            format,
            file,
            core,
            lenient,
            output,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var path = parsed.GetRequiredValue(file).FullName;
                if (!File.Exists(path))
                    throw new UserError($"There is no file {path}.");
                var target = parsed.GetValue(output)?.FullName;
                if (target is not null && (File.Exists(target) || Directory.Exists(target)))
                    throw new UserError($"{target} is there already; name a new folder.");
                var broken = parsed.GetValue(lenient) ? MalformedLines.Skip : MalformedLines.Fail;
                // Readers do not look up; one that is left behind ends with the process.
                var (read, report) = await Task.Run(
                        () => ReadAsync(parsed.GetRequiredValue(format), path, broken, cancel),
                        cancel
                    )
                    .WaitAsync(cancel);
                terminal.Out.WriteLine(report);
                if (parsed.GetValue(core) is { } minimum)
                    read = InteractionFilters.KCore(read, minimum, minimum).Interactions;
                var card = DataCard.Of(Path.GetFileName(path), read, [path]);
                terminal.Out.WriteLine(card);
                if (target is not null)
                {
                    Write(read, card, target, cancel);
                    terminal.Out.WriteLine($"Written: {Repository.Shown(target)}");
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static async Task<(Interactions, ImportReport)> ReadAsync(
        string format,
        string path,
        MalformedLines broken,
        CancellationToken cancel
    )
    {
        var options = new ImportOptions { Malformed = broken };
        return format switch
        {
            "sequences" => SequenceText.Read(path, options: options with { ItemIds = ItemIds.AsGiven }),
            "csv" => InteractionCsv.Read(path, options: options),
            "tsv" => InteractionCsv.Read(path, options: options, separator: '\t'),
            "movielens" => MovieLensText.ReadRatings(path, options),
            "amazon-reviews" => AmazonJson.ReadReviews(path, options),
            "lc-rec" => LcRecFiles.ReadInteractions(path, options with { ItemIds = ItemIds.AsGivenFromZero }),
            _ => await InteractionParquet.ReadAsync(path, options: options, cancellationToken: cancel),
        };
    }

    // All files or none: they are written aside, and the folder gets its name at the end.
    private static void Write(Interactions interactions, DataCard card, string folder, CancellationToken cancel)
    {
        var aside = Directory.CreateDirectory($"{folder}.{Guid.NewGuid():N}.tmp").FullName;
        try
        {
            cancel.ThrowIfCancellationRequested();
            using (var sequences = File.CreateText(Path.Combine(aside, "sequences.txt")))
            using (var times = interactions.HasTimes ? File.CreateText(Path.Combine(aside, "times.txt")) : null)
                SequenceText.Write(interactions, sequences, times);
            Keys("items.tsv", interactions.ItemKeys, first: 1);
            Keys("users.tsv", interactions.UserKeys, first: 0);
            File.WriteAllText(Path.Combine(aside, "card.txt"), card + "\n");
            cancel.ThrowIfCancellationRequested(); // from here on it is there as a whole
            Directory.Move(aside, folder);
        }
        catch
        {
            Directory.Delete(aside, recursive: true);
            throw;
        }

        void Keys(string name, IReadOnlyList<string>? keys, int first)
        {
            if (keys is not null)
                File.WriteAllLines(Path.Combine(aside, name), keys.Select((key, i) => $"{i + first}\t{key}"));
        }
    }
}
