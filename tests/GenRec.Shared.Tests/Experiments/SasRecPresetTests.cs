using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;

namespace GenRec.Shared.Tests.Experiments;

[Collection(TorchGenerator.Name)]
public class SasRecPresetTests
{
    public static TheoryData<string> Names => [.. SasRecPreset.All.Select(preset => preset.Name)];

    public static TheoryData<string> Smoke =>
        [.. SasRecPreset.All.Where(preset => preset.Scale == "smoke").Select(preset => preset.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void APresetIsValidAndSaysWhereItsValuesComeFrom(string name)
    {
        var preset = SasRecPreset.Find(name);
        preset.Model.Validate();
        preset.Training.Validate();
        Assert.False(string.IsNullOrWhiteSpace(preset.Model.Source));
    }

    [Fact]
    public void NamesAreUnique() =>
        Assert.Equal(SasRecPreset.All.Count, SasRecPreset.All.DistinctBy(preset => preset.Name).Count());

    [Theory]
    [MemberData(nameof(Smoke))]
    public void ASmokePresetTrainsAndIsMeasuredUnderEveryProtocol(string name)
    {
        var folder = Directory.CreateTempSubdirectory("genrec-").FullName;
        try
        {
            var preset = SasRecPreset.Find(name);
            var run = RunFolder.Create(folder, "run", preset, seed: 1);
            var results = NextItemExperiment.Run(preset, 1, run);
            Assert.Equal(preset.Protocols.Select(protocol => protocol.Suffix), results.Keys);
            Assert.All(results.Values, result => Assert.InRange(result.Metrics["NDCG@10"], 1e-6, 1));
            // A sampled ranking has fewer competitors, and a filtered one no more than the full one.
            Assert.True(results["-sampled"].Metrics["Recall@10"] > results["-unseen"].Metrics["Recall@10"]);
            Assert.True(results["-unseen"].Metrics["Recall@10"] >= results[""].Metrics["Recall@10"]);
            Assert.All(NextItemExperiment.Records(preset, [run]), record => Assert.Empty(record.Problems()));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
