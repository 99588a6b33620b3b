using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Models;

namespace GenRec.Shared.Tests.Experiments;

[Collection(TorchGenerator.Name)]
public class BackbonePresetTests
{
    public static TheoryData<string> Smoke =>
        [.. BackbonePreset.All.Where(preset => preset.Scale == "smoke").Select(preset => preset.Name)];

    [Fact]
    public void PresetsAreValidNamedOnceAndEqualInParameters()
    {
        Assert.Equal(BackbonePreset.All.Count, BackbonePreset.All.DistinctBy(preset => preset.Name).Count());
        foreach (var preset in BackbonePreset.All)
        {
            preset.Model.Validate();
            preset.Training.Validate();
            Assert.False(string.IsNullOrWhiteSpace(preset.Model.Source));
        }
        foreach (var set in BackbonePreset.All.GroupBy(preset => (preset.Dataset, preset.Scale)))
        {
            var parameters = set.Select(preset => (double)BackboneMatch.BodyParameters(preset.Model, 4)).ToArray();
            Assert.InRange(parameters.Max() / parameters.Min(), 1, set.Key.Scale == "smoke" ? 1.1 : 1.02);
        }
    }

    [Theory]
    [MemberData(nameof(Smoke))]
    public void ASmokePresetTrainsAndIsRecorded(string name)
    {
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var preset = BackbonePreset.Find(name);
            var run = RunFolder.Create(folder, "run", preset, seed: 1);
            var result = GenerativeExperiment.Run(preset, 1, run);
            Assert.InRange(result.Metrics["Recall@10"], 1e-6, 1);
            var record = GenerativeExperiment.Record(preset, [run]);
            Assert.Empty(record.Problems());
            Assert.Contains("accuracy4", record.Curve![0].Values.Keys);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
