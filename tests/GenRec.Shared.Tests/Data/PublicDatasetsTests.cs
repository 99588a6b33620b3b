using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

/// <summary>The real sets equal what their authors publish; skipped where the files are not on this machine.</summary>
public class PublicDatasetsTests
{
    public static TheoryData<string> Names => [.. PublicDatasets.All.Select(set => set.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void CountsEqualThePublishedOnes(string name)
    {
        var set = PublicDatasets.Find(name)!;
        PublicData.Need(set);

        var data = set.Load();

        Assert.Equal(
            (set.Users, set.Items, set.Interactions),
            (data.Card.Users, data.Card.Items, data.Card.Interactions)
        );
        Assert.Equal(set.Items, data.Items.ItemCount);
        Assert.Equal(0, data.Report!.Malformed);
        Assert.All(data.Interactions.ItemCounts()[1..], count => Assert.True(count > 0, "an item without events"));
    }

    [Theory]
    [InlineData("amazon14-beauty", 8.8764, 6, 0.0734)]
    [InlineData("amazon14-sports", 8.3245, 6, 0.0453)]
    [InlineData("ml-1m", 165.4985, 96, 4.8448)]
    [InlineData("ml-1m-full", 165.5975, 96, 4.4684)]
    [InlineData("ml-100k", 106.0445, 65, 6.3047)]
    [InlineData("sasrec-video", 9.2576, 6, 0.0390)]
    [InlineData("bert4rec-beauty", 8.7993, 6, 0.0161)]
    [InlineData("lcrec-instruments", 8.3220, 6, 0.0839)]
    [InlineData("lcrec-games", 8.9619, 6, 0.0532)]
    [InlineData("microlens-iba", 5.9239, 5, 0.1115)]
    public void LengthsAndDensityEqualThePublishedOnes(string name, double mean, double median, double densityPercent)
    {
        var card = PublicData.Load(name).Card;
        Assert.Equal((mean, median), (Math.Round(card.MeanLength, 4), card.MedianLength));
        Assert.Equal(densityPercent, Math.Round(100 * card.Density, 4));
    }

    [Fact]
    public void BeautyHasTimesTitlesUsersAndBrands()
    {
        var beauty = PublicData.Load("amazon14-beauty");
        var first = beauty.Interactions;
        Assert.Equal([1, 2, 3, 4, 5], first.ItemsOf(0).ToArray());
        Assert.Equal(1_318_896_000, first.TimesOf(0)[0]);
        Assert.Equal(("A1YJEY40YUW4SE", "B004756YJA"), (first.UserKeys![0], first.ItemKeys![0]));
        Assert.Equal("OPI Nail Lacquer, Simmer and Shimmer, 0.5-Fluid Ounce", beauty.Items.Title(1));
        Assert.Equal(("OPI", 12.0), (beauty.Items.Brand(1), beauty.Items.Price(1)));
        Assert.Equal(
            [
                ["Beauty", "Makeup", "Nails", "Nail Polish"],
            ],
            beauty.Items.Categories(1)
        );
        Assert.Equal(7, Enumerable.Range(1, 12_101).Count(item => beauty.Items.Title(item) is null));
        Assert.Equal(0, beauty.Report!.Duplicates);
    }

    [Fact]
    public void FilmsKeepTheirTitlesUnderBothNumberings()
    {
        var (sasRec, full) = (PublicData.Load("ml-1m"), PublicData.Load("ml-1m-full"));
        var titles = Enumerable
            .Range(1, full.Items.ItemCount)
            .ToDictionary(i => full.Interactions.ItemKeys![i - 1], full.Items.Title);
        Assert.DoesNotContain(null, titles.Values);
        for (var item = 1; item <= sasRec.Items.ItemCount; item++)
            Assert.Equal(titles[sasRec.Interactions.ItemKeys![item - 1]], sasRec.Items.Title(item));
    }

    [Fact]
    public void SmallMovieLensHasRatingsTimesFilmsAndUsers()
    {
        var data = PublicData.Load("ml-100k");
        Assert.Equal("Toy Story (1995)", data.Items.Title(1));
        Assert.Equal(["Animation", "Children's", "Comedy"], data.Items.Categories(1).Select(path => path[0]));
        Assert.All(data.Interactions.Feedback["rating"], stars => Assert.InRange(stars, 1, 5));
        var user = data.Interactions.UserKeys!.ToList().IndexOf("1");
        Assert.Equal((24.0, "technician"), ((double)data.Users!["age"][user], (string)data.Users["occupation"][user]));
    }

    [Theory]
    [InlineData("kuairand-pure", 5_885)]
    [InlineData("amazon23-allbeauty-tiny", 444)]
    public void RepeatsAreCountedAndKept(string name, int repeats)
    {
        var data = PublicData.Load(name);
        Assert.Equal(repeats, data.Report!.Duplicates);
    }

    [Fact]
    public void RepeatsOfAPairAreCountedWhereTheyAreAskedFor()
    {
        PublicData.Need(PublicDatasets.Find("amazon23-allbeauty-tiny")!);
        var path = Path.Combine(DataFolders.Find("amazon23-allbeauty-tiny"), "interactions.jsonl.gz");
        var options = new ImportOptions { DuplicateMeaning = DuplicateMeaning.SameItem };
        Assert.Equal(463, AmazonJson.ReadReviews(path, options).Report.Duplicates);
    }

    [Fact]
    public void KuaiRandHasItsFeedbackColumns()
    {
        var log = PublicData.Load("kuairand-pure").Interactions;
        Assert.Superset(
            new HashSet<string> { "is_click", "is_like", "long_view", "play_time_ms" },
            log.Feedback.Keys.ToHashSet()
        );
        Assert.True(log.HasTimes);
    }

    [Fact]
    public void ColaRecShipsItsOwnSplit()
    {
        var split = PublicData.Load("colarec-phone").ShippedSplit!;
        Assert.Equal((137_277, 28_581, 28_581), (split.Train.Count, split.Validation.Count, split.Test.Count));
        Assert.True(split.Train.HasTimes);
    }

    /// <summary>LIGER counts test targets that training never shows, after a cut to the last 20 events.</summary>
    [Theory]
    [InlineData("amazon14-beauty", 43, 33)]
    [InlineData("amazon14-sports", 81, 73)]
    public void ColdItemsEqualThoseOfLiger(string name, int cut, int uncut)
    {
        var all = PublicData.Load(name).Interactions;
        Assert.Equal(cut, ColdTargets(InteractionFilters.KeepLast(all, 20)));
        Assert.Equal(uncut, ColdTargets(all));

        static int ColdTargets(Interactions interactions) =>
            ColdItems.Separate(Splits.LeaveOneOut(interactions)).ColdTest.Targets.Distinct().Count();
    }

    [Theory]
    [InlineData("minionerec-industrial", 3_686, 4_532, 4_533, null)]
    [InlineData("minionerec-office", 3_459, 4_866, 4_866, null)]
    [InlineData("amazon23-industrial-tiny", 1_204, 959, 959, 7_672)]
    public void ShippedCasesAreComplete(string name, int items, int validation, int test, int? train)
    {
        Assert.SkipWhen(
            DataFolders.TryFind(name) is null,
            $"Set {DataFolders.Variable} to the folder that holds '{name}'."
        );
        var cases = PublicDatasets.LoadCases(name);
        Assert.Equal(
            (items, validation, test, train),
            (cases.Items.ItemCount, cases.Validation.Count, cases.Test.Count, cases.Train?.Count)
        );
        Assert.Equal(
            (items, name.StartsWith("mini", StringComparison.Ordinal) ? 3 : 4),
            (cases.Codes.ItemCount, cases.Codes.Levels)
        );
        Assert.NotNull(cases.Items.Title(1));
    }

    [Theory]
    [InlineData("letter-rqvae-4x256", 4, 197, 24)]
    [InlineData("iba-rqvae-4x256", 4, 185, 410)]
    [InlineData("tiger-noname-rqvae-4x256", 4, 256, 0)]
    [InlineData("unigenrec-text-opq-32x256", 32, 256, 61)]
    public void SemanticIdsOfBeautyAreThoseDescribed(string file, int levels, int distinct, int shared)
    {
        PublicData.Need(PublicDatasets.Find("amazon14-beauty")!);
        var path = Path.Combine(DataFolders.Find("amazon14-beauty"), "sids", $"{file}.tsv.gz");
        var codes = ItemCodesFile.ReadTable(path, 12_101);
        Assert.Equal((levels, distinct, shared), (codes.Levels, codes.DistinctOn(0), codes.SharedItems()));
    }

    [Fact]
    public void VectorsOfBeautyHaveTheirShapes()
    {
        PublicData.Need(PublicDatasets.Find("amazon14-beauty")!);
        var folder = DataFolders.Find("amazon14-beauty");
        var text = NumpyFile.Read(Path.Combine(folder, "text-use512.f16.npy"), 12_101, 512);
        var norm = Math.Sqrt(text[0].ToArray().Sum(x => (double)x * x));
        Assert.Equal(1, norm, 2);
        Assert.Equal(12_102, NumpyFile.Read(Path.Combine(folder, "cf-e4srec-sasrec64.f32.npy.gz"), columns: 64).Rows);
    }
}
