using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using GenRec.Shared.Tests.Downloads;

namespace GenRec.Cli.Tests.Doors;

/// <summary>From the catalogue's addresses to statistics and a preset, by the commands alone; a local server stands in for the official ones.</summary>
public sealed class OfficialSourcesTests : DoorFixture
{
    private readonly Dictionary<string, byte[]> served = [];
    private readonly JsonArray sources = [];

    [Theory]
    [InlineData("amazon14-beauty", "Beauty", "Beauty")]
    [InlineData("amazon14-sports", "Sports_and_Outdoors", "Sports_and_Outdoors")]
    public async Task AnAmazonSetIsFetchedNamedShownAndTrainedOn(string set, string sequences, string category)
    {
        var (text, reviews, metadata) = AmazonWorld(users: 60, items: 160);
        using var server = Server();
        Source(server, set, "sequences", $"{sequences}.txt", text, ("sequences.txt.gz", "."));
        Source(server, set, "reviews", $"reviews_{category}_5.json.gz", Packed(reviews));
        Source(server, set, "metadata", $"meta_{category}.json.gz", Packed(metadata));
        Source(server, set, "vectors", "vectors.npy", [1, 2, 3], extra: true);

        var got = await GetAsync(set);
        Assert.Equal(0, got.ExitCode);
        Assert.Contains("times.txt.gz was made", got.Out);
        Assert.Contains($"{set} can be read: 'genrec data show {set}'", got.Out);
        Assert.DoesNotContain("vectors", got.Out);

        var shown = await GenRecProcess.RunAsync(Folder, "data", "show", set);
        Assert.Equal((0, "\n"), (shown.ExitCode, shown.Error));
        Assert.Matches(@"users +60\n", shown.Out);
        Assert.Matches(@"times +1970-01-02 to ", shown.Out);
        Assert.Matches(@"item 1 +Thing of B\d\d\d", shown.Out);
        Assert.DoesNotContain("not here", shown.Out);

        var card = await GenRecProcess.RunAsync(Folder, "data", "card", set);
        Assert.Equal(1, card.ExitCode); // these are not the published counts, and it says so
        Assert.Contains("DIFFERENT", card.Out);

        await TrainsAsync($"sasrec-ce-{set}-paper");
    }

    [Fact]
    public async Task AnAmazonSetIsTrainedOnWithoutTheFilesThatCouldNotBeHad()
    {
        var (text, _, _) = AmazonWorld(users: 60, items: 160);
        using var server = Server();
        Source(server, "amazon14-beauty", "sequences", "Beauty.txt", text, ("sequences.txt.gz", "."));
        Source(server, "amazon14-beauty", "reviews", "reviews_Beauty_5.json.gz", []);
        served.Remove("reviews_Beauty_5.json.gz");

        var got = await GetAsync("amazon14-beauty");
        Assert.Equal(1, got.ExitCode);
        Assert.Contains("1 of 2 files could not be had", got.Error);
        Assert.Contains("By hand:", got.Error);
        Assert.Contains("amazon14-beauty can be read", got.Out);

        var shown = await GenRecProcess.RunAsync(Folder, "data", "show", "amazon14-beauty");
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("no times, the order of the file stands: there is no times.txt.gz", shown.Out);
        Assert.Contains("no text of items", shown.Out);
        await TrainsAsync("sasrec-ce-amazon14-beauty-paper");
    }

    [Fact]
    public async Task MovieLensIsFetchedInBothFormsAndTrainedOn()
    {
        using var server = Server();
        var (ratings, movies, users) = MovieLensWorld(users: 80, films: 250);
        Source(
            server,
            "ml-1m",
            "original",
            "ml-1m.zip",
            Zip(("ml-1m/ratings.dat", ratings), ("ml-1m/movies.dat", movies), ("ml-1m/users.dat", users)),
            archive: "zip",
            install:
            [
                ("movies.dat.gz", "ml-1m/movies.dat"),
                ("users.dat.gz", "ml-1m/users.dat"),
                ("ratings.dat.gz", "ml-1m/ratings.dat"),
            ]
        );
        var got = await GetAsync("ml-1m");
        Assert.Equal(0, got.ExitCode);

        var full = await GenRecProcess.RunAsync(Folder, "data", "show", "ml-1m-full");
        Assert.Matches(@"items +250\n", full.Out);
        Assert.Matches(@"item 1 +Film \d+ \(\d{4}\)", full.Out);
        var cut = await GenRecProcess.RunAsync(Folder, "data", "show", "ml-1m");
        Assert.Equal(0, cut.ExitCode);
        Assert.Matches(@"items +249\n", cut.Out); // one film has fewer than five ratings
        Assert.Matches(@"item 1 +Film \d+ \(\d{4}\)", cut.Out);
        await TrainsAsync("sasrec-ce-ml-1m-paper");
    }

    [Fact]
    public async Task AWrongChecksumIsToldAndTheFileIsNotKept()
    {
        using var server = Server();
        Source(server, "amazon14-beauty", "sequences", "Beauty.txt", "1 1 2\n"u8.ToArray(), ("sequences.txt.gz", "."));
        served["Beauty.txt"] = "1 2 1\n"u8.ToArray();
        var told = await GetAsync("amazon14-beauty");
        Assert.Equal(1, told.ExitCode);
        Assert.All(["error: ", "its sha256 is", "expected", "By hand:"], piece => Assert.Contains(piece, told.Error));
        Assert.False(File.Exists(In("data", "amazon14-beauty", "Beauty.txt")));
        Assert.False(File.Exists(In("data", "amazon14-beauty", "sequences.txt.gz")));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task ASetThatIsNotHereSaysHowToGetIt()
    {
        var told = await GenRecProcess.RunAsync(Folder, "experiment", "run", "sasrec-ce-ml-1m-paper");
        told.FailsWith(2, "ml-1m", "genrec data get ml-1m", "GENREC_DATA");
        Assert.False(Directory.Exists(In("runs", "sasrec-ce-ml-1m-paper")));
        (await GenRecProcess.RunAsync(Folder, "data", "get", "ml-2m")).FailsWith(2, "ml-2m", "ml-1m-original");
    }

    private async Task TrainsAsync(string preset)
    {
        var run = await GenRecProcess.RunAsync(
            Folder,
            [
                "experiment",
                "run",
                preset,
                "--epochs",
                "1",
                "--set",
                "hidden=8",
                "--set",
                "maxLength=8",
                "--output",
                In("run"),
            ]
        );
        Assert.Equal((0, "\n"), (run.ExitCode, run.Error));
        Assert.Contains("NDCG@10", run.Out);
    }

    private Task<Shell> GetAsync(string set)
    {
        File.WriteAllText(In("catalogue.json"), new JsonObject { ["sources"] = sources }.ToJsonString());
        return GenRecProcess.RunAsync(
            Folder,
            "data",
            "get",
            set,
            "--catalogue",
            In("catalogue.json"),
            "--folder",
            In("data")
        );
    }

    private FaultyServer Server() =>
        new(request =>
            served.TryGetValue(request.Path.TrimStart('/'), out var content)
                ? FaultyServer.Serve(request, content)
                : new Answer(404, [])
        );

    private void Source(
        FaultyServer server,
        string set,
        string name,
        string file,
        byte[] content,
        params (string, string)[] install
    ) => Source(server, set, name, file, content, "none", install);

    private void Source(
        FaultyServer server,
        string set,
        string name,
        string file,
        byte[] content,
        string archive = "none",
        (string File, string From)[]? install = null,
        bool extra = false
    )
    {
        served[file] = content;
        sources.Add(
            new JsonObject
            {
                ["name"] = $"{set}-{name}",
                ["dataset"] = set,
                ["title"] = file,
                ["file"] = file,
                ["urls"] = new JsonArray(server.Url(file).ToString()),
                ["page"] = "https://example.org",
                ["terms"] = "made in a test",
                ["source"] = "this test",
                ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)),
                ["archive"] = archive,
                ["install"] = new JsonObject(
                    (install ?? []).Select(made => KeyValuePair.Create(made.File, (JsonNode?)made.From))
                ),
                ["extra"] = extra,
            }
        );
    }

    // Reviews in the order of products, as the official file has them; sequences numbered by S3-Rec's way: users in another
    // order, items as they appear.
    private static (byte[] Sequences, byte[] Reviews, byte[] Metadata) AmazonWorld(int users, int items)
    {
        var random = new Random(7);
        var events = Enumerable
            .Range(0, users)
            .SelectMany(user =>
                Enumerable
                    .Range(0, items)
                    .OrderBy(_ => random.Next())
                    .Take(5 + user % 4)
                    .Select(item => (User: $"R{user}", Item: $"B{item:D3}", Day: 1 + random.Next(20)))
            )
            .OrderBy(each => each.Item, StringComparer.Ordinal)
            .ToArray();
        var reviews = string.Concat(
            events.Select(each =>
                $$"""{"reviewerID": "{{each.User}}", "asin": "{{each.Item}}", "overall": 4.0, "unixReviewTime": {{each.Day * 86_400}}}"""
                + "\n"
            )
        );
        var metadata = string.Concat(
            Enumerable.Range(0, items + 5).Select(item => $"{{'asin': 'B{item:D3}', 'title': 'Thing of B{item:D3}'}}\n")
        );
        var numbers = new Dictionary<string, int>();
        var sequences = new StringBuilder();
        var number = 0;
        foreach (var row in events.GroupBy(each => each.User).OrderBy(_ => random.Next()))
        {
            var ids = row.OrderBy(each => each.Day)
                .Select(each =>
                    numbers.TryGetValue(each.Item, out var id) ? id : numbers[each.Item] = numbers.Count + 1
                );
            sequences.Append($"{++number} {string.Join(' ', ids)}\n");
        }
        return (Bytes(sequences.ToString()), Bytes(reviews), Bytes(metadata));
    }

    private static (byte[] Ratings, byte[] Movies, byte[] Users) MovieLensWorld(int users, int films)
    {
        var random = new Random(8);
        var ratings = new StringBuilder();
        for (var user = 1; user <= users; user++)
        for (var film = 1; film <= films; film++)
            if (film == films ? user <= 3 : random.Next(4) == 0)
                ratings.Append($"{user}::{film}::{1 + random.Next(5)}::{978_300_000 + random.Next(100_000)}\n");
        var movies = Enumerable.Range(1, films).Select(film => $"{film}::Film {film} ({1750 + film})::Drama\n");
        var people = Enumerable.Range(1, users).Select(user => $"{user}::F::25::4::55455\n");
        return (Bytes(ratings.ToString()), Bytes(string.Concat(movies)), Bytes(string.Concat(people)));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Packed(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        return packed.ToArray();
    }
}
