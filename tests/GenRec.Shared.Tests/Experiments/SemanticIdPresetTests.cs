using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.SemanticIds;

namespace GenRec.Shared.Tests.Experiments;

[Collection(TorchGenerator.Name)]
public class SemanticIdPresetTests
{
    public static TheoryData<string> Names => [.. SemanticIdPreset.All.Select(preset => preset.Name)];

    public static TheoryData<string> Smoke =>
        [.. SemanticIdPreset.All.Where(preset => preset.Scale == "smoke").Select(preset => preset.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void APresetIsValidHasOneMethodAndSaysWhereItsValuesComeFrom(string name)
    {
        var preset = SemanticIdPreset.Find(name);
        Assert.False(string.IsNullOrWhiteSpace(preset.Source));
        Assert.Equal(
            preset.PublishedFile is null,
            preset.CreateQuantiser(GenRec.Shared.Data.ItemTable.Empty(3)) is not null
        );
        Assert.Equal(preset.RqVae is null, preset.Training is null);
        Assert.Single(
            new object?[]
            {
                preset.RqVae,
                preset.KMeans,
                preset.Product,
                preset.Tree,
                preset.Lsh,
                preset.Random,
                preset.CategoryLevels,
                preset.PublishedFile,
            }.OfType<object>()
        );
    }

    [Fact]
    public void NamesAreUnique() =>
        Assert.Equal(SemanticIdPreset.All.Count, SemanticIdPreset.All.DistinctBy(preset => preset.Name).Count());

    [Theory]
    [MemberData(nameof(Smoke))]
    public void ASmokePresetRunsAndItsRecordIsSound(string name)
    {
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var preset = SemanticIdPreset.Find(name);
            var run = RunFolder.Create(folder, "run", preset, seed: 1);
            var (result, report) = SemanticIdExperiment.Run(preset, 1, run);
            Assert.True(report.Ids.IsUnique);
            Assert.Equal(0, result.Metrics["collision-rate"]);
            Assert.InRange(result.Metrics["explained-1"], 0.05, 1);
            Assert.InRange(result.Metrics["category-nmi-1"], 0.05, 1);
            Assert.Equal(
                report.Ids.Codes.ToArray(),
                SemanticIdFile.Load(Path.Combine(run.Path, "ids.json")).Codes.ToArray()
            );
            var record = SemanticIdExperiment.Record(preset, [run]);
            Assert.Empty(record.Problems());
            ResultRecords.Save(folder, record);
            Assert.Equal(record.Metrics, ResultRecords.Read(Path.Combine(folder, record.RelativePath)).Metrics);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void OptionsOfEveryPartChangeByName()
    {
        var preset = SemanticIdPreset.Find("sids-rqvae-3x256-amazon14-beauty-paper");
        var changed = preset.With(
            new Dictionary<string, string>
            {
                ["latent"] = "16",
                ["epochs"] = "3",
                ["collisions"] = "sinkhorn",
            }
        );
        Assert.Equal((16, 3), (changed.RqVae!.Latent, changed.Training!.Epochs));
        Assert.Equal(CollisionPolicy.Sinkhorn, changed.Collisions);
        var clusters = SemanticIdPreset
            .Find("sids-rqkmeans-3x256-amazon14-beauty-paper")
            .With(new Dictionary<string, string> { ["rounds"] = "7", ["codes"] = "64" });
        Assert.Equal((7, 64), (clusters.KMeans!.Clustering.Rounds, clusters.KMeans.Codes));
        var wrong = Assert.Throws<ArgumentException>(() =>
            preset.With(new Dictionary<string, string> { ["rounds"] = "7" })
        );
        Assert.Contains("has no option 'rounds'", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            preset.With(new Dictionary<string, string> { ["latent"] = "0" })
        );
    }
}
