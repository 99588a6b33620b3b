using System.IO.Compression;
using System.Text;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public sealed class RawFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("raw-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void TimesNamesAndTextOfAnAmazonSetComeFromTheOfficialFiles()
    {
        Amazon();
        var made = RawFiles.Prepare(folder, TestContext.Current.CancellationToken);
        Assert.Equal(3, made.Count);

        var set = PublicDatasets.Find("amazon14-beauty")!.LoadFrom(folder);
        Assert.Empty(set.Gaps);
        Assert.Equal(["Bea", "Ann", "Cid"], set.Interactions.UserKeys);
        Assert.Equal(["B3", "B1", "B2"], set.Interactions.ItemKeys);
        Assert.Equal([86_400L, 172_800L], set.Interactions.TimesOf(0).ToArray());
        Assert.Equal(
            ("Soap \"mild\"", "Seba", 3.5),
            (set.Items.Title(1), set.Items.Brand(1), set.Items.Price(1)!.Value)
        );
        Assert.Equal(
            [
                ["Beauty", "Bath"],
                ["Gifts"],
            ],
            set.Items.Categories(1)
        );
        Assert.Null(set.Items.Title(3)); // the metadata do not know it
        Assert.Empty(RawFiles.Prepare(folder, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void ReviewsOfOtherEventsNameNothing()
    {
        Amazon();
        Gz("reviews_Beauty_5.json.gz", Review("Ann", "B1", 1) + Review("Ann", "B2", 1) + Review("Bea", "B1", 1));
        Assert.Contains("does not hold the events", Assert.Single(RawFiles.Prepare(folder)));
        var set = PublicDatasets.Find("amazon14-beauty")!.LoadFrom(folder);
        Assert.False(set.Interactions.HasTimes);
    }

    [Fact]
    public void ABrokenLineOfTheMetadataIsNamedAndCostsOneProductItsText()
    {
        Amazon();
        Gz("meta_Beauty.json.gz", "{'asin': 'B3', 'title': \n{'asin': 'B1', 'title': 'Comb'}\n");
        var made = RawFiles.Prepare(folder, TestContext.Current.CancellationToken);
        Assert.Contains("meta_Beauty.json.gz:1: ", made[^1]);
        Assert.StartsWith("1 lines could not be read", made[^1]);
        var set = PublicDatasets.Find("amazon14-beauty")!.LoadFrom(folder);
        Assert.Equal((null, "Comb"), (set.Items.Title(1), set.Items.Title(2)));
    }

    [Fact]
    public void WithoutTheOptionalPartsTheOrderOfTheFileStandsAndTheGapsAreNamed()
    {
        Gz("sequences.txt.gz", "1 1 2\n2 2 3\n3 1 2 3\n");
        var set = PublicDatasets.Find("amazon14-beauty")!.LoadFrom(folder);
        Assert.Equal([1, 2], set.Interactions.ItemsOf(0).ToArray());
        Assert.False(set.Interactions.HasTimes);
        Assert.Equal(3, set.Gaps.Count);
        Assert.All(set.Gaps, gap => Assert.Contains("genrec data get amazon14-beauty", gap));
        var error = Assert.Throws<InvalidOperationException>(() => set.ItemsWith(ItemTable.TitleColumn));
        Assert.Contains("amazon14-beauty has no 'title'", error.Message);
        Assert.Contains("items.jsonl.gz", error.Message);
    }

    [Fact]
    public void MovieLensIsCutToTheFormOfSasRecWhereItsFileIsMissing()
    {
        MovieLens();
        RawFiles.Prepare(folder, TestContext.Current.CancellationToken);
        var set = PublicDatasets.Find("ml-1m")!.LoadFrom(folder);
        Assert.Equal((6, 2, 11), (set.Card.Users, set.Card.Items, set.Card.Interactions)); // the third film has one rating
        Assert.Equal(["20", "10"], set.Interactions.ItemKeys);
        Assert.Equal("Two (1999)", set.Items.Title(1));
        var all = PublicDatasets.Find("ml-1m-full")!.LoadFrom(folder);
        Assert.Equal((6, 3, 12), (all.Card.Users, all.Card.Items, all.Card.Interactions));
        Assert.Contains("rating", all.Interactions.Feedback.Keys);
    }

    [Fact]
    public void FilmsOfTheFileOfSasRecAreNamedByTheRatings()
    {
        MovieLens();
        Gz("ml-1m.txt.gz", "1 2\n2 1\n2 2\n3 1\n3 2\n4 2\n4 1\n5 1\n5 2\n6 1\n6 2\n");
        Assert.Equal(
            2,
            RawFiles
                .Prepare(folder, TestContext.Current.CancellationToken)
                .Count(line => line.EndsWith("made.", StringComparison.Ordinal))
        );
        var set = PublicDatasets.Find("ml-1m")!.LoadFrom(folder);
        Assert.Empty(set.Gaps);
        Assert.Equal(("1", "20"), (set.Interactions.UserKeys![0], set.Interactions.ItemKeys![1])); // user 1 rated film 20 alone
        Assert.Equal(("One (1990)", "Two (1999)"), (set.Items.Title(1), set.Items.Title(2)));
    }

    // S3-Rec's numbers: users 1..3 are Bea, Ann, Cid; items 1..3 are B3, B1, B2.
    private void Amazon()
    {
        Gz("sequences.txt.gz", "1 1 2\n2 2 3\n3 2 1 3\n");
        Gz(
            "reviews_Beauty_5.json.gz",
            Review("Ann", "B1", 1)
                + Review("Bea", "B1", 2)
                + Review("Cid", "B1", 1)
                + Review("Ann", "B2", 2)
                + Review("Cid", "B2", 5)
                + Review("Bea", "B3", 1)
                + Review("Cid", "B3", 3)
        );
        Gz(
            "meta_Beauty.json.gz",
            "{'asin': 'B3', 'title': 'Soap \"mild\"', 'price': 3.5, 'brand': 'Seba', 'categories': [['Beauty', 'Bath'], ['Gifts']]}\n"
                + "{'asin': 'B1', 'title': \"Ann's comb\"}\n{'asin': 'B9', 'title': 'not here'}\n"
        );
    }

    // Users 1..6; film 10 by all but user 1, film 20 by all, film 30 by user 2.
    private void MovieLens()
    {
        var lines = new StringBuilder("1::20::5::100\n");
        for (var user = 2; user <= 6; user++)
            lines.Append($"{user}::20::4::{100 * user}\n{user}::10::3::{100 * user + 1}\n");
        lines.Append("2::30::1::999\n");
        Gz("ratings.dat.gz", lines.ToString());
        Gz("movies.dat.gz", "10::One (1990)::Drama\n20::Two (1999)::Comedy|War\n30::Three (2000)::War\n");
    }

    private static string Review(string user, string item, int day) =>
        $$"""{"reviewerID": "{{user}}", "asin": "{{item}}", "overall": 5.0, "unixReviewTime": {{86_400 * day}}}"""
        + "\n";

    private void Gz(string name, string text)
    {
        using var file = new GZipStream(File.Create(Path.Combine(folder, name)), CompressionLevel.Fastest);
        file.Write(Encoding.Latin1.GetBytes(text));
    }
}
