using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Data;

/// <summary>How the files of each public set become a <see cref="Dataset"/>.</summary>
internal static class PublicDatasetReaders
{
    /// <summary>The Amazon 2014 sets in S3-Rec's ids; times, reviewer ids and item properties where they are at hand.</summary>
    public static Dataset Amazon14(PublicDataset set, string folder)
    {
        var (sequences, report) = SequenceText.Read(
            In(folder, "sequences.txt.gz"),
            Found(folder, "times.txt.gz"),
            SequenceForm.LinePerUser
        );
        var users = Found(folder, "users.tsv.gz") is { } names
            ? KeyFile.Read(names, sequences.Users, first: 1)
            : sequences.UserKeys;
        if (Found(folder, "items.jsonl.gz") is not { } path)
            return Put(set, sequences.WithKeys(users, null), null, report);
        var items = ItemJsonLines.Read(path, sequences.ItemCount, ItemJsonLines.ByNumber("id"), report);
        var asins = Enumerable
            .Range(1, items.ItemCount)
            .Select(item => items.Text(item, "asin") ?? $"{item}")
            .ToArray();
        return Put(set, sequences.WithKeys(users, asins), items, report);
    }

    /// <summary>MovieLens 1M as in the SASRec repository, ids translated back to name users and films.</summary>
    public static Dataset MovieLens1MOfSasRec(PublicDataset set, string folder)
    {
        var (sequences, report) = SequenceText.Read(In(folder, "ml-1m.txt.gz"), form: SequenceForm.LinePerEvent);
        var keyed = sequences.WithKeys(
            Found(folder, "user-map.tsv") is { } users
                ? KeyFile.Read(users, sequences.Users, first: 1)
                : sequences.UserKeys,
            Found(folder, "item-map.tsv") is { } films ? KeyFile.Read(films, sequences.ItemCount, first: 1) : null
        );
        return Put(set, keyed, Films(folder, keyed, report), report);
    }

    /// <summary>All ratings of MovieLens 1M; films keep their MovieLens numbers as keys.</summary>
    public static Dataset MovieLens1MFull(PublicDataset set, string folder)
    {
        var (sequences, report) = Found(folder, "full-sequences.txt.gz") is { } path
            ? SequenceText.Read(path, form: SequenceForm.LinePerUser, options: new ImportOptions())
            : MovieLensText.ReadRatings(In(folder, "ratings.dat.gz"));
        return Put(set, sequences, Films(folder, sequences, report), report);
    }

    private static ItemTable? Films(string folder, Interactions events, ImportReport report) =>
        events.ItemKeys is { } keys && Found(folder, "movies.dat.gz") is { } movies
            ? MovieLensText.ReadMovies(movies, keys, report)
            : null;

    /// <summary>A single file of <c>user item</c> lines.</summary>
    public static Dataset SasRecText(PublicDataset set, string folder)
    {
        var (sequences, report) = SequenceText.Read(In(folder, set.Files[0]), form: SequenceForm.LinePerEvent);
        return Put(set, sequences, null, report);
    }

    /// <summary>Sequences from 0 and a file of item names.</summary>
    public static Dataset LcRec(PublicDataset set, string folder)
    {
        var (sequences, report) = SequenceText.Read(
            In(folder, "sequences.txt.gz"),
            form: SequenceForm.LinePerUser,
            options: new ImportOptions { ItemIds = ItemIds.AsGivenFromZero }
        );
        var asins = KeyFile.Read(
            In(folder, "item2id.tsv.gz"),
            sequences.ItemCount,
            first: set.FirstItem,
            numberFirst: false
        );
        return Put(set, sequences.WithKeys(sequences.UserKeys, asins), null, report);
    }

    /// <summary>Sequences from 0 and titles with semantic ids.</summary>
    public static Dataset MicroLens(PublicDataset set, string folder)
    {
        var (sequences, report) = SequenceText.Read(
            In(folder, "sequences.txt.gz"),
            form: SequenceForm.LinePerUser,
            options: new ImportOptions { ItemIds = ItemIds.AsGivenFromZero }
        );
        var path = In(folder, "items.jsonl.gz");
        var items = ItemJsonLines.Read(path, sequences.ItemCount, ItemJsonLines.ByNumber("id", first: 0), report);
        return Put(set, sequences, items, report);
    }

    /// <summary>MovieLens 100K; all numbers occur, so that they stay as they are.</summary>
    public static Dataset MovieLens100K(PublicDataset set, string folder)
    {
        var options = new ImportOptions { ItemIds = ItemIds.AsGiven };
        var (ratings, report) = MovieLensText.ReadRatings(In(folder, "u.data.gz"), options);
        var numbers = Enumerable.Range(1, ratings.ItemCount).Select(item => $"{item}").ToArray();
        var items = MovieLensText.ReadMovies(In(folder, "u.item.gz"), numbers, report);
        var users = MovieLensText.ReadUsers(In(folder, "u.user.gz"), ratings.UserKeys!, report);
        return Put(set, ratings, items, report) with { Users = users };
    }

    /// <summary>ColaRec's three files: training events by time, then validation and test events, which have no time.</summary>
    public static Dataset ColaRec(PublicDataset set, string folder)
    {
        var options = new ImportOptions { ItemIds = ItemIds.AsGiven };
        var (train, report) = InteractionCsv.Read(
            In(folder, "train_time_inter.csv.gz"),
            new InteractionColumns { Time = "time" },
            options
        );
        var untimed = new InteractionColumns { Time = null };
        var (validation, validationReport) = InteractionCsv.Read(In(folder, "valid_inter.csv.gz"), untimed, options);
        var (test, testReport) = InteractionCsv.Read(In(folder, "test_inter.csv.gz"), untimed, options);
        report.Absorb(validationReport);
        report.Absorb(testReport);
        var parts = new ShippedParts([train, validation, test]);
        var corpus = In(folder, "corpus.jsonl.gz");
        var items = ItemJsonLines.Read(corpus, parts.All.ItemCount, ItemJsonLines.ByNumber("id"), report);
        return Put(set, parts.All, items, report) with
        {
            ShippedSplit = new Split(
                "as shipped: random inside each user",
                parts.Train,
                parts.CasesOf(1),
                parts.CasesOf(2)
            ),
        };
    }

    /// <summary>A sample of Amazon 2023: reviews and item texts.</summary>
    public static Dataset Amazon23Sample(PublicDataset set, string folder)
    {
        var (reviews, report) = AmazonJson.ReadReviews(In(folder, "interactions.jsonl.gz"));
        var items = In(folder, "items.jsonl.gz");
        var table = ItemJsonLines.Read(
            items,
            reviews.ItemCount,
            ItemJsonLines.ByKey("item_id", reviews.ItemKeys!),
            report
        );
        return Put(set, reviews, table, report);
    }

    /// <summary>A log of KuaiRand with its feedback columns, and the features of videos and users where they are at hand.</summary>
    public static Dataset KuaiRand(PublicDataset set, string folder)
    {
        var columns = new InteractionColumns
        {
            Item = "video_id",
            Time = "time_ms",
            TimeFormat = TimeFormat.UnixMilliseconds,
        };
        var logs = set.Files.Where(file => file.StartsWith("log_", StringComparison.Ordinal)).ToArray();
        var (log, report) = InteractionCsv.Read(Array.ConvertAll(logs, file => In(folder, file)), columns);
        var size = logs[0][(logs[0].LastIndexOf('_') + 1)..]; // pure.csv.gz, 1k.csv.gz
        var videos = Found(folder, $"video_features_basic_{size}") is { } basic
            ? ItemCsv.Read(basic, "video_id", log.ItemKeys!, report)
            : null;
        var users = Found(folder, $"user_features_{size}") is { } features
            ? ItemCsv.Read(features, "user_id", log.UserKeys!, report).Frame
            : null;
        return Put(set, log, videos, report) with { Users = users };
    }

    /// <summary>KuaiRec's big matrix as a log with watch times, and the videos' captions or categories.</summary>
    public static Dataset KuaiRec(PublicDataset set, string folder)
    {
        var (log, report) = KuaiRecText.ReadLog(In(folder, "big_matrix.csv.gz"));
        var about = Found(folder, "kuairec_caption_category.csv") ?? Found(folder, "item_categories.csv.gz");
        var videos = about is null ? null : ItemCsv.Read(about, "video_id", log.ItemKeys!, report);
        return Put(set, log, videos, report);
    }

    /// <summary>Sets whose files hold cases.</summary>
    public static CaseDataset Cases(string name)
    {
        var tiny = name == "amazon23-industrial-tiny";
        string[] files = tiny
            ? ["items.jsonl.gz", "train.inter.gz", "valid.inter.gz", "test.inter.gz"]
            : ["items.jsonl.gz", "valid.tsv.gz", "test.tsv.gz"];
        var folder = DataFolders.Find(name, files);
        var (path, report) = (In(folder, files[0]), new ImportReport());
        var itemCount = CountLines(path);
        var items = ItemJsonLines.Read(path, itemCount, ItemJsonLines.ByNumber("id", first: 0), report);
        var reader = new CaseReader(itemCount);
        var train = tiny ? Read("train.inter.gz") : null;
        var (validation, test) = tiny
            ? (Read("valid.inter.gz"), Read("test.inter.gz"))
            : (Read("valid.tsv.gz"), Read("test.tsv.gz"));
        report.Absorb(reader.Report);
        var codes = ItemCodesFile.ReadItemLines(path, itemCount);
        return new CaseDataset(name, items, codes, reader.UserKeys, train, validation, test, report);

        NextItemCases Read(string file) =>
            reader.Read(In(folder, file), tiny ? CaseColumns.RecBole : CaseColumns.ByPosition, '\t', hasHeader: tiny);
    }

    private static int CountLines(string path)
    {
        using var lines = new LineReader(path);
        while (lines.TryRead(out _)) { }
        return (int)lines.Number;
    }

    private static Dataset Put(PublicDataset set, Interactions interactions, ItemTable? items, ImportReport report) =>
        Dataset.Create(set.Name, interactions, items, [set.Source], set.Licence) with
        {
            Report = report,
        };

    private static string In(string folder, string file) => Path.Combine(folder, file);

    private static string? Found(string folder, string file) =>
        In(folder, file) is var path && File.Exists(path) ? path : null;
}
