using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.Experiments;

[Collection(TorchGenerator.Name)]
public class Bert4RecPresetTests
{
    public static TheoryData<string> Names => [.. Bert4RecPreset.All.Select(preset => preset.Name)];

    public static TheoryData<string> Smoke =>
        [.. Bert4RecPreset.All.Where(preset => preset.Scale == "smoke").Select(preset => preset.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void APresetIsValidAndSaysWhereItsValuesComeFrom(string name)
    {
        var preset = Bert4RecPreset.Find(name);
        preset.Model.Validate();
        preset.Training.Validate();
        Assert.False(string.IsNullOrWhiteSpace(preset.Source));
    }

    [Fact]
    public void NamesAreUnique() =>
        Assert.Equal(NextItemPresets.All.Count, NextItemPresets.All.DistinctBy(preset => preset.Name).Count());

    [Theory]
    [MemberData(nameof(Smoke))]
    public void ASmokePresetTrainsAndIsMeasuredUnderEveryProtocol(string name)
    {
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var preset = Bert4RecPreset.Find(name);
            var run = RunFolder.Create(folder, "run", preset, seed: 1);
            var results = NextItemExperiment.Run(preset, 1, run);
            Assert.Equal(["", "-unseen", "-sampled", "-popularity"], results.Keys);
            // Few competitors are easier than many, and popular ones are harder than others.
            Assert.True(results["-sampled"].Metrics["Recall@10"] > results["-popularity"].Metrics["Recall@10"]);
            Assert.True(results["-popularity"].Metrics["Recall@10"] > results["-unseen"].Metrics["Recall@10"]);
            var records = NextItemExperiment.Records(preset, [run]);
            Assert.All(records, record => Assert.Empty(record.Problems()));
            var seconds = records[0].Curve!.Select(point => point.Values[MetricsRow.UpdateSeconds]).ToArray();
            Assert.Equal(2, seconds.Length);
            Assert.True(0 < seconds[0] && seconds[0] < seconds[1] && seconds[1] <= results[""].Seconds);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
