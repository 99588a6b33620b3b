using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Tests.Worlds;

namespace GenRec.Shared.Tests.Experiments;

[Collection(TorchGenerator.Name)]
public class OneRecPresetTests
{
    public static TheoryData<string> Names => [.. OneRecPreset.All.Select(preset => preset.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void APresetIsValidAndSaysWhereItsValuesComeFrom(string name)
    {
        var preset = OneRecPreset.Find(name).With(new Dictionary<string, string> { ["epochs"] = "3" });
        Assert.False(string.IsNullOrWhiteSpace(preset.Model.Source));
        Assert.False(string.IsNullOrWhiteSpace(preset.Ids.Source));
        Assert.Equal(preset.Rules.MaxHistory, preset.Model.MaxHistory);
        Assert.Single(OneRecPreset.All, other => other.Name == name);
    }

    [Theory]
    [InlineData("onerec-session-feed-smoke-smoke")]
    [InlineData("onerec-point-feed-smoke-smoke")]
    public void ASmokePresetGoesTheWholeRoad(string name)
    {
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var preset = OneRecPreset.Find(name);
            var run = RunFolder.Create(folder, "run", preset, seed: 1);
            var result = OneRecExperiment.Run(preset, 1, run);
            Assert.InRange(result.Metrics["utility"], 0.01, 100);
            Assert.InRange(result.Metrics["illegalMass1"], 0, 1);
            Assert.Equal(0, result.Metrics["repeatShare"]);
            var record = OneRecExperiment.Record(preset, [run]);
            Assert.Empty(record.Problems());
            Assert.NotEmpty(record.Curve!);
            Assert.All(record.Curve!, point => Assert.InRange(point.Values["utilityOfWatched"], 0.01, 100));
            var untold = OneRecExperiment.Run(preset with { WatchedUsers = 0 }, 1); // watching changes no weight
            Assert.Equal(result.Metrics["utility"], untold.Metrics["utility"]);
            Assert.Equal(result.Metrics["logLikelihood"], untold.Metrics["logLikelihood"]);
            var tuned = OneRecExperiment.Run(preset, 1, isTuning: true);
            Assert.DoesNotContain(tuned.Metrics.Keys, name => name.StartsWith("utility"));
            Assert.True(SemanticIdFile.Load(Path.Combine(run.Path, "ids.json")).IsUnique);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void SomeUsersAreServedAsTheyAreAmongAll()
    {
        var world = FeedSamples.Smoke;
        var all = FeedEvaluation.SlatesOf(world, world.Own);
        int[] some = [7, 3, 59];
        Assert.Equal(
            some.SelectMany(user => all[(user * 5)..(user * 5 + 5)]),
            FeedEvaluation.SlatesOf(world, world.Own, some)
        );
        Assert.Equal(3, FeedEvaluation.Measure(world, world.Own, users: some).Users);
    }

    [Fact]
    public void TrueUtilityIsTheOracles()
    {
        var world = FeedSamples.Smoke;
        int[] slates = [.. Enumerable.Range(0, 60).SelectMany(user => FeedSamples.Slate(user))];
        var report = FeedEvaluation.Measure(world, "random", slates);
        var exact = world.Oracle.Values([.. Enumerable.Range(0, 60)], slates);
        Assert.Equal(exact.Average(value => value.Utility()), report.Utility, 1e-9);
        Assert.Equal(exact.Average(value => value.Stays), report.Stays, 1e-9);
        Assert.Equal(slates.Distinct().Count() / 300.0, report.CatalogueShare, 1e-9);
        Assert.Equal(0, report.RepeatShare);
        var greedy = FeedEvaluation.Greedy(world, users: 5);
        Assert.True(greedy.Utility > report.Utilities[..5].Average());
        Assert.True(FeedEvaluation.Logged(world).Utility > report.Utility);
        slates[1] = slates[0];
        Assert.Equal(1 / 300.0, FeedEvaluation.Measure(world, "repeating", slates).RepeatShare, 1e-9);
        Assert.Contains("seen before", report.ToText());
    }
}
