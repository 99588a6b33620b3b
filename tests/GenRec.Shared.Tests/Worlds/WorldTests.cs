using GenRec.Shared.Data.Worlds;

namespace GenRec.Shared.Tests.Worlds;

public class WorldTests
{
    // A difference here means another world: raise World.Version and pin the new fingerprints.
    [Theory]
    [InlineData("sequences", "99b5e3995fa7ed159fd235878f8b6072f0ac98996ba8a5e6235182b2a13750d5")]
    [InlineData("smoke", "0acc43b7b54bbd8ef1b9cbbacd735f8af035a2ed10629886616bbe4b79499487")]
    [InlineData("unordered", "19a3cf3c6670e3b51e06adbd3b8552555989f63f9ebb0d755b5a37e471052704")]
    public void PresetSeedAndVersionNameOneWorld(string preset, string fingerprint)
    {
        Assert.Equal(1, World.Version);
        Assert.Equal(fingerprint, World.Create(WorldPreset.Find(preset)).Fingerprint());
    }

    [Fact]
    public void TwoCreationsAreIdenticalAndTwoSeedsAreNot()
    {
        var fingerprint = WorldSamples.Smoke.Fingerprint();
        Assert.Equal(fingerprint, World.Create(WorldPreset.Smoke).Fingerprint());
        var other = World.Create(WorldPreset.Smoke, seed: 2);
        Assert.NotEqual(fingerprint, other.Fingerprint());
        Assert.NotEqual(WorldSamples.Smoke.Dataset.Name, other.Dataset.Name);
    }

    [Fact]
    public void TheCardNamesPresetVersionAndSeed()
    {
        var data = WorldSamples.Smoke.Dataset;
        Assert.Equal($"world-smoke-v{World.Version}", data.Name);
        Assert.Contains($"version {World.Version}, seed 1", Assert.Single(data.Card.Sources));
        Assert.Equal((500, 300), (data.Card.Users, data.Card.Items));
    }

    [Fact]
    public void ObservablesHoldNoWayToTheTruth()
    {
        var reached = ObjectGraph.From(WorldSamples.Smoke.Dataset);
        Assert.All(reached, thing => Assert.NotEqual(typeof(World).Namespace, thing.GetType().Namespace));
        Assert.True(reached.Count > 10); // the walk did enter the data set
    }

    [Fact]
    public void HistoriesVaryInLengthAndSeldomRepeatAnItem()
    {
        var log = WorldSamples.Sequences.Dataset.Interactions;
        var rows = Enumerable.Range(0, log.Users).Select(u => log.ItemsOf(u).ToArray()).ToArray();
        Assert.Equal(4000, rows.Length);
        Assert.Equal(5, rows.Min(row => row.Length));
        Assert.InRange(rows.Average(row => row.Length), 9, 12);
        Assert.InRange(rows.Max(row => row.Length), 50, 80);
        Assert.InRange(rows.Sum(row => row.Length - row.Distinct().Count()) / (double)log.Count, 0.0001, 0.01);
    }

    [Fact]
    public void PopularityHasALongTailAndNearlyEveryItemOccursFiveTimes()
    {
        var log = WorldSamples.Sequences.Dataset.Interactions;
        var counts = log.ItemCounts()[1..].OrderDescending().ToArray();
        Assert.InRange(counts.Take(counts.Length / 5).Sum() / (double)log.Count, 0.4, 0.7);
        Assert.True(counts[0] > 8 * counts[counts.Length / 2]);
        Assert.True(counts.Count(count => count >= 5) > 0.9 * counts.Length);
    }

    [Fact]
    public void ItemsOfOneDayTie()
    {
        var log = WorldSamples.Sequences.Dataset.Interactions;
        var tied = Enumerable.Range(0, log.Users).Count(u => log.TimesOf(u)[^1] == log.TimesOf(u)[^2]);
        Assert.InRange(tied / (double)log.Users, 0.4, 0.6);
        Assert.All(log.TimesOf(0).ToArray(), time => Assert.Equal(0, time % 86_400));
    }

    [Fact]
    public void TitlesAreDistinctAndTextSaysWhatTheItemIs()
    {
        var items = WorldSamples.Sequences.Dataset.Items;
        var ids = Enumerable.Range(1, items.ItemCount).ToArray();
        Assert.Equal(ids.Length, ids.Select(items.Title).Distinct().Count());
        foreach (var item in ids)
        {
            var (title, description) = (items.Title(item)!, items.Description(item)!);
            var path = Assert.Single(items.Categories(item));
            Assert.Equal(3, path.Count);
            Assert.Contains(path[2], title, StringComparison.Ordinal);
            Assert.Contains(items.Text(item, "style")!, description, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(items.Text(item, "colour")!, description, StringComparison.Ordinal);
            Assert.Contains(items.Brand(item)!, title + description, StringComparison.Ordinal);
            Assert.InRange(items.Price(item)!.Value, 0.99, 1000);
            Assert.DoesNotContain("{", title + description, StringComparison.Ordinal);
            Assert.EndsWith(".", description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ItemsChosenOneAfterTheOtherReadAlike()
    {
        var (log, items) = (WorldSamples.Sequences.Dataset.Interactions, WorldSamples.Sequences.Dataset.Items);
        var words = Enumerable
            .Range(1, items.ItemCount)
            .Select(i =>
                (items.Title(i) + " " + items.Description(i)).ToLowerInvariant().Split(' ', '.', ',', ':').ToHashSet()
            )
            .Prepend([])
            .ToArray();
        var frequency = words.SelectMany(set => set).CountBy(word => word).ToDictionary();
        var (near, far, pairs) = (0.0, 0.0, 0);
        for (var user = 0; user + 1 < 1000; user++)
        for (var at = 0; at + 1 < log.ItemsOf(user).Length; at++, pairs++)
        {
            near += Shared(log.ItemsOf(user)[at], log.ItemsOf(user)[at + 1]);
            far += Shared(log.ItemsOf(user)[at], log.ItemsOf(user + 1)[0]);
        }
        Assert.True(
            near > 3 * far,
            $"{near / pairs:F3} shared rare words between neighbours, {far / pairs:F3} between strangers"
        );

        double Shared(int a, int b) => words[a].Where(words[b].Contains).Sum(word => frequency[word] < 100 ? 1 : 0);
    }

    [Fact]
    public void AWorldOutsideItsRangesIsRefused()
    {
        var own = WorldPreset.Smoke with { Name = "own" };
        Assert.Throws<ArgumentOutOfRangeException>(() => World.Create(own with { Users = 0 }));
        Assert.Contains("240 items", Refusal(own with { Items = 200, Departments = 2 }), StringComparison.Ordinal);
        Assert.Contains("MinLength 90", Refusal(own with { MinLength = 90 }), StringComparison.Ordinal);
        Assert.Contains("Without order effects", Refusal(own with { OrderEffects = false }), StringComparison.Ordinal);
        Assert.Contains(
            "name of its own",
            Refusal(WorldPreset.Smoke with { Users = 10 }),
            StringComparison.OrdinalIgnoreCase
        );
        var error = Assert.Throws<ArgumentException>(() => WorldPreset.Find("feed"));
        Assert.Contains("sequences, smoke, unordered", error.Message, StringComparison.Ordinal);

        static string Refusal(WorldPreset preset) =>
            Assert.Throws<ArgumentException>(() => World.Create(preset)).Message;
    }

    [Fact]
    public void SmallAndLargeWorldsOfOnesOwnCanBeMade()
    {
        var small = new WorldPreset
        {
            Name = "small",
            Departments = 1,
            Items = 120,
            Users = 5,
        };
        Assert.Equal(120, World.Create(small).Dataset.Items.ItemCount);
        var complete = small with { Name = "complete", MinLength = 300, MaxLength = 300, RepeatWeight = 1e-6 }; // has everything
        Assert.Equal(1, World.Create(complete).Oracle.NextItem(0, 300).Sum(), 1e-12);
        var wide = small with { Name = "wide", Departments = 8, Items = 6000 };
        Assert.Equal(6000, World.Create(wide).Dataset.Items.ItemCount);
    }
}
