using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>A public data set that the project knows how to read.</summary>
/// <param name="Name">Its name, which is also the name of its folder unless <see cref="Folder"/> says otherwise.</param>
/// <param name="Users">Users in the files.</param>
/// <param name="Items">Items in the files.</param>
/// <param name="Interactions">Events in the files.</param>
/// <param name="Published">Who publishes these counts, and what they print where it differs.</param>
/// <param name="Source">Where the data comes from.</param>
/// <param name="Licence">What may be done with it.</param>
public sealed record PublicDataset(
    string Name,
    int Users,
    int Items,
    int Interactions,
    string Published,
    string Source,
    string Licence
) : RichRecord
{
    /// <summary>Name of the folder under a data root.</summary>
    public string Folder { get; init; } = Name;

    /// <summary>The number that the set's own files give to item 1: 0 or 1.</summary>
    public int FirstItem { get; init; } = 1;

    /// <summary>Files without which the set cannot be read.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Files that do in place of <see cref="Files"/> where those are not all there; empty where none do.</summary>
    public IReadOnlyList<string> Substitutes { get; init; } = [];

    /// <summary>Files that are read where they are there, and what the set lacks without them.</summary>
    public IReadOnlyList<(string File, string Without)> Optional { get; init; } = [];

    /// <summary>Whether the files are on this machine.</summary>
    public bool IsAvailable => TryFind() is not null;

    /// <summary>Reads the set from the folder that holds <see cref="Files"/>.</summary>
    public required Func<PublicDataset, string, Dataset> Read { get; init; }

    /// <summary>Reads the set from a data folder.</summary>
    /// <exception cref="DirectoryNotFoundException">It is on none of the data folders; the message says what to do.</exception>
    /// <exception cref="Importers.DataFormatException">A file is broken; the message says where.</exception>
    public Dataset Load() => LoadFrom(TryFind() ?? DataFolders.Find(Folder, Files));

    /// <summary>Reads the set from a folder of one's own.</summary>
    /// <param name="folder">The folder that holds <see cref="Files"/>.</param>
    public Dataset LoadFrom(string folder) => Read(this, folder) with { Gaps = [.. GapsIn(folder)] };

    private string? TryFind() =>
        DataFolders.TryFind(Folder, Files) ?? (Substitutes.Count > 0 ? DataFolders.TryFind(Folder, Substitutes) : null);

    private IEnumerable<string> GapsIn(string folder) =>
        Optional
            .Where(part => !File.Exists(Path.Combine(folder, part.File)))
            .Select(part =>
                $"{part.Without}: there is no {part.File}. 'genrec data get {Folder}' brings what it is made from."
            );
}

/// <summary>The public data sets of the papers, by name.</summary>
public static class PublicDatasets
{
    private const string Amazon = "Amazon reviews (UCSD): research use, no explicit licence found; do not pass on";
    private const string Kuaishou = "CC BY-SA 4.0: name the authors (Gao et al., CIKM 2022) and share alike";
    private const string MovieLens =
        "GroupLens: cite, no commercial use, no redistribution without permission; read the set's README";

    private static readonly (string, string)[] AmazonParts =
    [
        ("times.txt.gz", "no times, the order of the file stands"),
        ("users.tsv.gz", "users without names"),
        ("items.jsonl.gz", "no text of items"),
    ];

    /// <summary>All sets.</summary>
    public static IReadOnlyList<PublicDataset> All { get; } =
    [
        new(
            "amazon14-beauty",
            22_363,
            12_101,
            198_502,
            "TIGER, LIGER, LETTER, S3-Rec; EAGER prints 198,360 events",
            "Amazon 2014 Beauty 5-core, in the files of RUCAIBox/CIKM2020-S3Rec; times from KingGugu/TiCoSeRec",
            Amazon
        )
        {
            Files = ["sequences.txt.gz"],
            Optional = AmazonParts,
            Read = PublicDatasetReaders.Amazon14,
        },
        new(
            "amazon14-sports",
            35_598,
            18_357,
            296_337,
            "TIGER, LIGER, S3-Rec; RPG's table swaps users and items, EAGER prints 296,175 events",
            "Amazon 2014 Sports and Outdoors 5-core, in the files of RUCAIBox/CIKM2020-S3Rec; times from KingGugu/TiCoSeRec",
            Amazon
        )
        {
            Files = ["sequences.txt.gz"],
            Optional = AmazonParts,
            Read = PublicDatasetReaders.Amazon14,
        },
        new(
            "ml-1m",
            6_040,
            3_416,
            999_611,
            "SASRec and BERT4Rec: 6,040 / 3,416 / 1.0m; both print 163.5 events a user, the file gives 165.5",
            "GroupLens MovieLens 1M, items with fewer than 5 ratings left out, file of kang205/SASRec",
            MovieLens
        )
        {
            Files = ["ml-1m.txt.gz"],
            Optional =
            [
                ("item-map.tsv", "films without names and titles"),
                ("user-map.tsv", "users without names"),
                ("movies.dat.gz", "films without titles"),
            ],
            Read = PublicDatasetReaders.MovieLens1MOfSasRec,
        },
        new(
            "ml-1m-full",
            6_040,
            3_706,
            1_000_209,
            "GroupLens README, UniGRF",
            "GroupLens MovieLens 1M, all ratings in order, from TianyuanYang/KAN4Rec",
            MovieLens
        )
        {
            Folder = "ml-1m",
            Files = ["full-sequences.txt.gz"],
            Substitutes = ["ratings.dat.gz"],
            Optional = [("movies.dat.gz", "films without titles")],
            Read = PublicDatasetReaders.MovieLens1MFull,
        },
        new(
            "sasrec-video",
            31_013,
            23_715,
            287_107,
            "SASRec \"Games\": 31,013 / 23,715 / 0.3M",
            "Amazon 2014 Video Games, file of kang205/SASRec; it holds users and items with a single event",
            Amazon
        )
        {
            Files = ["Video.txt.gz"],
            Read = PublicDatasetReaders.SasRecText,
        },
        new(
            "bert4rec-beauty",
            40_226,
            54_542,
            353_962,
            "BERT4Rec \"Beauty\": 40,226 / 54,542 / 0.35m; not the Beauty of 12,101 items",
            "Amazon 2014 Beauty, file of FeiSun/BERT4Rec",
            Amazon
        )
        {
            Files = ["beauty.txt.gz"],
            Read = PublicDatasetReaders.SasRecText,
        },
        new(
            "lcrec-instruments",
            24_772,
            9_922,
            206_153,
            "LC-Rec prints 24,773 / 9,923 / 206,153, one more user and item",
            "Amazon 2018 Musical Instruments, files of HonghuiBao2000/LETTER and WncFht/GenRec",
            Amazon
        )
        {
            FirstItem = 0,
            Files = ["sequences.txt.gz", "item2id.tsv.gz"],
            Read = PublicDatasetReaders.LcRec,
        },
        new(
            "lcrec-games",
            50_546,
            16_859,
            452_989,
            "LC-Rec prints 50,547 / 16,860 / 452,989, one more user and item",
            "Amazon 2018 Video Games, files of WncFht/GenRec",
            Amazon
        )
        {
            FirstItem = 0,
            Files = ["sequences.txt.gz", "item2id.tsv.gz"],
            Read = PublicDatasetReaders.LcRec,
        },
        new(
            "amazon14-toys",
            19_412,
            11_924,
            167_597,
            "TIGER, LIGER, S3-Rec",
            "Amazon 2014 Toys and Games 5-core, in the files of RUCAIBox/CIKM2020-S3Rec",
            Amazon
        )
        {
            Files = ["sequences.txt.gz"],
            Optional = AmazonParts,
            Read = PublicDatasetReaders.Amazon14,
        },
        new("ml-100k", 943, 1_682, 100_000, "GroupLens u.info", "GroupLens MovieLens 100K", MovieLens)
        {
            Files = ["u.data.gz", "u.item.gz", "u.user.gz"],
            Read = PublicDatasetReaders.MovieLens100K,
        },
        new(
            "colarec-phone",
            27_879,
            10_429,
            194_439,
            "ColaRec",
            "Amazon 2014 Cell Phones, files of Junewang0614/ColaRec; split at random inside each user",
            Amazon
        )
        {
            Files = ["train_time_inter.csv.gz", "valid_inter.csv.gz", "test_inter.csv.gz", "corpus.jsonl.gz"],
            Read = PublicDatasetReaders.ColaRec,
        },
        new(
            "amazon23-allbeauty-tiny",
            357,
            479,
            3_315,
            "not published; 463 events are repeats",
            "Amazon 2023 All Beauty, sample in lingzhl/ecom-genrec",
            Amazon
        )
        {
            Files = ["interactions.jsonl.gz", "items.jsonl.gz"],
            Read = PublicDatasetReaders.Amazon23Sample,
        },
        new(
            "kuairand-pure",
            25_156,
            6_361,
            228_329,
            "KuaiRand README for the whole standard log: 27,285 / 7,551 / 1,436,609; this is its part of 25 April to 8 May",
            "KuaiRand-Pure (Kuaishou), standard log, rows in wmyh-0416/kuairand-short-video-recommender",
            Kuaishou
        )
        {
            Files = ["log_standard_4_25_to_5_08_pure.csv.gz", "video_features_basic_pure.csv.gz"],
            Optional = [("user_features_pure.csv.gz", "no features of users")],
            Read = PublicDatasetReaders.KuaiRand,
        },
        new(
            "kuairand-pure-random",
            27_285,
            7_583,
            1_186_059,
            "KuaiRand README",
            "KuaiRand-Pure (Kuaishou), videos shown at random, 22 April to 8 May 2022",
            Kuaishou
        )
        {
            Folder = "kuairand-pure",
            Files = ["log_random_4_22_to_5_08_pure.csv.gz"],
            Optional =
            [
                ("video_features_basic_pure.csv.gz", "no features of videos"),
                ("user_features_pure.csv.gz", "no features of users"),
            ],
            Read = PublicDatasetReaders.KuaiRand,
        },
        new(
            "kuairand-1k",
            1_000,
            4_369_953,
            11_713_045,
            "KuaiRand README",
            "KuaiRand-1K (Kuaishou), the whole standard log, 8 April to 8 May 2022",
            Kuaishou
        )
        {
            Files = ["log_standard_4_08_to_4_21_1k.csv.gz", "log_standard_4_22_to_5_08_1k.csv.gz"],
            Optional =
            [
                ("video_features_basic_1k.csv.gz", "no features of videos"),
                ("user_features_1k.csv.gz", "no features of users"),
            ],
            Read = PublicDatasetReaders.KuaiRand,
        },
        new(
            "kuairec",
            7_176,
            10_728,
            12_530_806,
            "KuaiRec README; an earlier state of it prints 10,729 items",
            "KuaiRec (Kuaishou), big matrix",
            Kuaishou
        )
        {
            Files = ["big_matrix.csv.gz"],
            Optional =
            [
                ("kuairec_caption_category.csv", "no captions of videos"),
                ("item_categories.csv.gz", "no categories of videos"),
            ],
            Read = PublicDatasetReaders.KuaiRec,
        },
        new(
            "microlens-iba",
            13_210,
            5_312,
            78_255,
            "not published; a sample of MicroLens made by the authors of IBA",
            "MicroLens (Westlake University), sample in suolong666/IBA",
            "MicroLens: see its own terms"
        )
        {
            FirstItem = 0,
            Files = ["sequences.txt.gz", "items.jsonl.gz"],
            Read = PublicDatasetReaders.MicroLens,
        },
    ];

    /// <summary>Sets that come as cases only, see <see cref="LoadCases"/>.</summary>
    public static IReadOnlyList<string> CaseSets =>
        ["minionerec-industrial", "minionerec-office", "amazon23-industrial-tiny"];

    /// <summary>A set by name, or null.</summary>
    public static PublicDataset? Find(string name) => All.FirstOrDefault(set => set.Name == name);

    /// <summary>Reads a set from the data folders, for example <c>Load("amazon14-beauty")</c>.</summary>
    /// <exception cref="ArgumentException">No set has this name; the message lists all.</exception>
    /// <exception cref="DirectoryNotFoundException">It is on none of the data folders; the message says what to do.</exception>
    /// <exception cref="Importers.DataFormatException">A file is broken; the message says where.</exception>
    public static Dataset Load(string name) =>
        (
            Find(name)
            ?? throw new ArgumentException(
                $"No public data set is called '{name}'. There are: {string.Join(", ", All.Select(set => set.Name))}.",
                nameof(name)
            )
        ).Load();

    /// <summary>Reads a set that comes as cases only, for example <c>LoadCases("minionerec-office")</c>.</summary>
    /// <exception cref="ArgumentException">No such set; the message lists all.</exception>
    /// <exception cref="DirectoryNotFoundException">It is on none of the data folders; the message says what to do.</exception>
    /// <exception cref="Importers.DataFormatException">A file is broken; the message says where.</exception>
    public static CaseDataset LoadCases(string name) =>
        CaseSets.Contains(name)
            ? PublicDatasetReaders.Cases(name)
            : throw new ArgumentException(
                $"No set of cases is called '{name}'. There are: {string.Join(", ", CaseSets)}.",
                nameof(name)
            );

    /// <summary>What KuaiRand's users did before the log <c>kuairand-pure</c> begins (9 to 24 April 2022).</summary>
    /// <param name="log">The log, whose item ids the histories shall share; videos outside it get the ids after its last.</param>
    /// <exception cref="DirectoryNotFoundException">It is on none of the data folders; the message says what to do.</exception>
    /// <exception cref="Importers.DataFormatException">The file is broken; the message says where.</exception>
    public static KuaiRandHistories LoadKuaiRandHistories(Interactions? log = null)
    {
        const string File = "history_until_4_24.tsv.gz";
        var folder = DataFolders.Find("kuairand-pure", File);
        return Importers.KuaiRandText.ReadHistories(Path.Combine(folder, File), log?.ItemKeys);
    }

    /// <summary>KuaiRec's small matrix: how much of each video each of 1,411 users watched, 99.6 % of all pairs.</summary>
    /// <exception cref="DirectoryNotFoundException">It is on none of the data folders; the message says what to do.</exception>
    /// <exception cref="Importers.DataFormatException">The file is broken; the message says where.</exception>
    public static WatchRatios LoadKuaiRecMatrix()
    {
        const string File = "small_matrix.csv.gz";
        return Importers.KuaiRecText.ReadMatrix(Path.Combine(DataFolders.Find("kuairec", File), File));
    }

    /// <summary>KuaiSearch's demonstration files: 200 rows each of items, users, searches, ranked items and judgements.</summary>
    /// <remarks>Kuaishou, benchen4395/KuaiSearch; for demonstration only, not for evaluation (its README).</remarks>
    /// <exception cref="DirectoryNotFoundException">It is on none of the data folders; the message says what to do.</exception>
    /// <exception cref="Importers.DataFormatException">A file is broken; the message says where.</exception>
    public static SearchLog LoadKuaiSearch() =>
        Importers.KuaiSearchText.Read(DataFolders.Find("kuaisearch-demo", Importers.KuaiSearchText.Files));

    /// <summary>PrefEval: stated and implied preferences, questions that tempt to forget them, and chats to fill the gap.</summary>
    /// <remarks>amazon-science/PrefEval, CC BY-NC 4.0; the filler chats come from LMSYS-Chat-1M under its own terms.</remarks>
    /// <exception cref="DirectoryNotFoundException">It is on none of the data folders; the message says what to do.</exception>
    /// <exception cref="Importers.DataFormatException">A file is broken; the message says where.</exception>
    public static PreferenceTasks LoadPrefEval() =>
        Importers.PrefEvalText.Read(DataFolders.Find("prefeval", Importers.PrefEvalText.Files));
}
