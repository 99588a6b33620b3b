using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Data;

/// <summary>How the files of each public set become a <see cref="Dataset"/>.</summary>
internal static class PublicDatasetReaders
{
    /// <summary>The Amazon 2014 sets in S3-Rec's ids, with times, reviewer ids, and item properties.</summary>
    public static Dataset Amazon14(PublicDataset set, string folder)
    {
        var (sequences, report) = SequenceText.Read(
            In(folder, "sequences.txt.gz"),
            In(folder, "times.txt.gz"),
            SequenceForm.LinePerUser
        );
        var users = KeyFile.Read(In(folder, "users.tsv.gz"), sequences.Users, first: 1);
        var items = ItemJsonLines.Read(
            In(folder, "items.jsonl.gz"),
            sequences.ItemCount,
            ItemJsonLines.ByNumber("id"),
            report
        );
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
            KeyFile.Read(In(folder, "user-map.tsv"), sequences.Users, first: 1),
            KeyFile.Read(In(folder, "item-map.tsv"), sequences.ItemCount, first: 1)
        );
        return Put(set, keyed, MovieLensText.ReadMovies(In(folder, "movies.dat.gz"), keyed.ItemKeys!, report), report);
    }

    /// <summary>All ratings of MovieLens 1M; films keep their MovieLens numbers as keys.</summary>
    public static Dataset MovieLens1MFull(PublicDataset set, string folder)
    {
        var (sequences, report) = SequenceText.Read(
            In(folder, "full-sequences.txt.gz"),
            form: SequenceForm.LinePerUser,
            options: new ImportOptions()
        );
        return Put(
            set,
            sequences,
            MovieLensText.ReadMovies(In(folder, "movies.dat.gz"), sequences.ItemKeys!, report),
            report
        );
    }

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
        var asins = KeyFile.Read(In(folder, "item2id.tsv.gz"), sequences.ItemCount, first: 0, numberFirst: false);
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

    private static Dataset Put(PublicDataset set, Interactions interactions, ItemTable? items, ImportReport report) =>
        Dataset.Create(set.Name, interactions, items, [set.Source], set.Licence) with
        {
            Report = report,
        };

    private static string In(string folder, string file) => Path.Combine(folder, file);
}
