using GenRec.Shared.Data;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.SemanticIds;

namespace GenRec.Shared.Tests.Experiments;

[Collection(TorchGenerator.Name)]
public class TigerPresetTests
{
    public static TheoryData<string> Names => [.. TigerPreset.All.Select(preset => preset.Name)];

    public static TheoryData<string> Smoke =>
        [.. TigerPreset.All.Where(preset => preset.Scale == "smoke").Select(preset => preset.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void APresetIsValidAndSaysWhereItsValuesComeFrom(string name)
    {
        var preset = TigerPreset.Find(name);
        preset.Model.Validate();
        preset.Training.Validate();
        Assert.False(string.IsNullOrWhiteSpace(preset.Model.Source));
        Assert.False(string.IsNullOrWhiteSpace(preset.Ids.Source));
    }

    [Fact]
    public void PublishedIdsAreReadAsTheirDataSetNumbersItems()
    {
        var letter = TigerPreset.Find("tiger-letter-lcrec-instruments-paper");
        var set = GenRec.Shared.Data.PublicDatasets.Find(letter.Dataset)!;
        GenRec.Shared.Tests.Data.PublicData.Need(set);
        var ids = letter.Ids.LoadPublished(set.Items);
        Assert.Equal(set.Items, ids.ItemCount);
        Assert.Equal([128, 241, 146, 235], ids[1].ToArray()); // the file's item 0
    }

    [Fact]
    public void NamesAreUnique() =>
        Assert.Equal(TigerPreset.All.Count, TigerPreset.All.DistinctBy(preset => preset.Name).Count());

    [Theory]
    [MemberData(nameof(Smoke))]
    public void ASmokePresetGoesTheWholeRoad(string name)
    {
        using var folder = new TestFolder();
        var preset = TigerPreset.Find(name);
        var run = RunFolder.Create(folder.Path, "run", preset, seed: 1);
        var result = GenerativeExperiment.Run(preset, 1, run);
        Assert.InRange(result.Metrics["NDCG@10"], 1e-6, 1);
        var record = GenerativeExperiment.Record(preset, [run]);
        Assert.Empty(record.Problems());
        Assert.NotEmpty(record.Curve!);
        Assert.True(SemanticIdFile.Load(Path.Combine(run.Path, "ids.json")).IsUnique);
    }

    [Theory]
    [InlineData("rqkmeans-short-amazon14-beauty", "rqkmeans-laptop-amazon14-beauty")]
    [InlineData("rqkmeans-short-amazon14-sports", "rqkmeans-laptop-amazon14-sports")]
    [InlineData("letter-lcrec-instruments", "letter-laptop-lcrec-instruments")]
    public void ALaptopPresetIsWhatItsRecordWasMadeWith(string recorded, string laptop)
    {
        var preset = TigerPreset.Find($"tiger-{laptop}-paper");
        var record = Assert.Single(
            ResultRecords.Load(Path.Combine(DataFolders.Repository!, "data", "results")),
            one => one.Command.Contains($"tiger-{recorded}-paper ", StringComparison.Ordinal)
        );
        var words = record.Command.Split(' ');
        var values = words
            .Zip(words.Skip(1))
            .Where(pair => pair.First == "--set")
            .Select(pair => pair.Second.Split('='));
        var made = TigerPreset
            .Find($"tiger-{recorded}-paper")
            .With(values.Select(pair => KeyValuePair.Create(pair[0], pair[1])));
        Assert.Equal(made.Ids, preset.Ids);
        Assert.Equal(made.Training, preset.Training);
        Assert.Equal(made.Model with { Source = preset.Model.Source }, preset.Model);
    }

    [Fact]
    public void OptionsAreFoundInModelTrainingScheduleAndOptimizer()
    {
        var changed = TigerPreset
            .Find("tiger-rqkmeans-smoke-smoke")
            .With(
                new Dictionary<string, string>
                {
                    ["userTokens"] = "7",
                    ["steps"] = "3",
                    ["warmupSteps"] = "2",
                    ["weightDecay"] = "0.1",
                }
            );
        Assert.Equal(7, changed.Model.UserTokens);
        Assert.Equal((3, null), ((int)changed.Training.Steps!, changed.Training.Epochs));
        Assert.Equal(2, changed.Training.Schedule.WarmupSteps);
        Assert.Equal(0.1, changed.Training.Optimizer.WeightDecay);
        var wrong = Assert.Throws<ArgumentException>(() =>
            changed.With(new Dictionary<string, string> { ["depth"] = "7" })
        );
        Assert.Contains("no option 'depth'", wrong.Message);
        Assert.Contains("ids", wrong.Message);
    }

    private sealed class TestFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("genrec-").FullName;

        public void Dispose() => Directory.Delete(Path, true);
    }
}
