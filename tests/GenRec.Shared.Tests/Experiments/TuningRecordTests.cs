using GenRec.Shared.Experiments.Records;

namespace GenRec.Shared.Tests.Experiments;

public sealed class TuningRecordTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-tuning-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void EveryCombinationOccursOnceAndTheLastOptionChangesFastest()
    {
        var all = TuningRecord.Combinations([("a", ["1", "2"]), ("b", ["x", "y", "z"])]);
        Assert.Equal(["1x", "1y", "1z", "2x", "2y", "2z"], all.Select(values => values["a"] + values["b"]));
        Assert.Empty(Assert.Single(TuningRecord.Combinations([])));
        Assert.Empty(TuningRecord.Combinations([("a", ["1"]), ("b", [])]));
    }

    [Fact]
    public void TheBestTrialHasTheHighestValueOfTheChosenMetricAndOfEqualOnesIsTheFirst()
    {
        var record = Record(("0.1", 0.2, 0.9), ("0.2", 0.3, 0.1), ("0.3", 0.3, 0.5));
        Assert.Equal("0.2", record.Best().Values["dropout"]);
        Assert.Equal("0.1", (record with { Metric = "Recall@10" }).Best().Values["dropout"]);
        Assert.Throws<InvalidOperationException>(() => Record().Best());
    }

    [Fact]
    public void ARecordIsReadAsItWasWrittenAndReplacedOnlyWhenAsked()
    {
        var record = Record(("0.1", 0.2, 0.9), ("0.2", 0.3, 0.1));
        var path = record.Save(folder);
        Assert.Equal(Path.Combine(folder, "sasrec-x.json"), path);
        var read = TuningRecord.Read(path);
        Assert.Equal(record.Best().Metrics, read.Best().Metrics);
        Assert.Equal((record.Seed, record.Command, record.Trials.Count), (read.Seed, read.Command, read.Trials.Count));
        Assert.Throws<IOException>(() => record.Save(folder));
        (record with { Seed = 9 }).Save(folder, overwrite: true);
        Assert.Equal(9, TuningRecord.Read(path).Seed);
    }

    [Fact]
    public void ABrokenRecordIsNamedByFileAndLine()
    {
        var path = Path.Combine(folder, "broken.json");
        File.WriteAllText(path, "{\n\"preset\": \"x\",\n\"metrics\": 1}");
        Assert.Contains($"{path}:3", Assert.Throws<InvalidDataException>(() => TuningRecord.Read(path)).Message);
    }

    private static TuningRecord Record(params (string Dropout, double Ndcg, double Recall)[] trials) =>
        new()
        {
            Preset = "sasrec-x",
            Metric = "NDCG@10",
            Seed = 1,
            Trials =
            [
                .. trials.Select(trial => new TuningTrial(
                    new Dictionary<string, string> { ["dropout"] = trial.Dropout },
                    new Dictionary<string, double> { ["NDCG@10"] = trial.Ndcg, ["Recall@10"] = trial.Recall },
                    Steps: 5,
                    Seconds: 1.5
                )),
            ],
            Machine = "a machine",
            Commit = "abc",
            Command = "genrec experiment tune sasrec-x",
        };
}
