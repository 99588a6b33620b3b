using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Shared.Tests.Experiments;

public sealed class ResultRecordTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-results-").FullName;

    private static readonly ResultRecord Sound = new ResultRecord
    {
        System = "sasrec",
        Variant = "ce",
        Dataset = "amazon-beauty",
        Split = "leave-one-out",
        Protocol = RecordedProtocol.Of(EvaluationProtocol.Full with { Level = EvaluationLevel.SemanticId }),
        Metrics = new Dictionary<string, SeedMean>(),
        Seeds = [],
        Steps = 0,
        Seconds = 0,
        Parameters = 10,
        Machine = "a machine",
        Commit = "0123abc",
        Command = "genrec experiment run sasrec-beauty",
    }.WithSeeds([Run(1, 0.1), Run(2, 0.2), Run(3, 0.6)]);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void ARecordIsReadBackAsItWasWritten()
    {
        var record = Sound with
        {
            Note = "A note with ü, + and '.",
            Curve = [new(10, new Dictionary<string, double> { ["loss"] = 2.5 })],
        };
        var path = ResultRecords.Save(folder, record);
        Assert.Equal(Path.Combine(folder, "sasrec", "amazon-beauty-ce.json"), path);
        var first = File.ReadAllText(path);
        var read = Assert.Single(ResultRecords.Load(folder));
        Assert.Equal(record.Metrics, read.Metrics);
        Assert.Equal((record.Protocol, record.Note), (read.Protocol, read.Note));
        ResultRecords.Save(folder, read, overwrite: true);
        Assert.Equal(first, File.ReadAllText(path)); // byte by byte, so that a rerun changes only what it measured
        Assert.EndsWith("}\n", first);
        Assert.Single(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void TheFieldsStandInTheOrderOfTheSchema()
    {
        var text = File.ReadAllText(ResultRecords.Save(folder, Sound));
        string[] fields =
        [
            "system",
            "variant",
            "dataset",
            "split",
            "protocol",
            "ranking",
            "seenFilter",
            "level",
            "metrics",
            "mean",
            "standardError",
            "seeds",
            "steps",
            "seconds",
            "parameters",
            "machine",
            "commit",
            "command",
            "perSeed",
        ];
        var places = fields.Select(field => text.IndexOf($"\"{field}\":", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.Contains("\"level\": \"semantic id\"", text);
    }

    [Fact]
    public void SeedsBecomeMeanAndStandardError()
    {
        Assert.Equal(0.3, Sound.Metrics["Recall@10"].Mean, 12);
        Assert.Equal(Math.Sqrt(0.07 / 3), Sound.Metrics["Recall@10"].StandardError!.Value, 12);
        Assert.Null(Sound.WithSeeds([Run(1, 0.1)]).Metrics["Recall@10"].StandardError);
        Assert.Equal([0.1, 0.2, 0.6], Sound.PerSeed!["Recall@10"]);
        var other = new SeedResult(4, new Dictionary<string, double> { ["NDCG@10"] = 1 }, 1, 1);
        Assert.Contains(
            "Seed 4 names NDCG@10",
            Assert.Throws<ArgumentException>(() => Sound.WithSeeds([Run(1, 0.1), other])).Message
        );
    }

    [Theory]
    [InlineData("\"variant\": \"ce\",", "", "variant")] // missing
    [InlineData("\"variant\": \"ce\",", "\"variant\": \"ce\", \"colour\": 1,", "colour")] // unknown
    [InlineData("\"variant\": \"ce\",", "\"variant\": \"ce\", \"variant\": \"ce\",", "variant")] // twice
    [InlineData("\"variant\": \"ce\",", "\"variant\": null,", "variant")]
    [InlineData("\"seenFilter\": \"none\"", "\"seenFilter\": \"some\"", "seenFilter")]
    [InlineData("\"seenFilter\": \"none\",", "", "seenFilter")]
    [InlineData("\"parameters\": 10", "\"parameters\": \"ten\"", "parameters")]
    [InlineData("\"parameters\": 10", "\"parameters\": -1", "parameters")]
    [InlineData("\"machine\": \"a machine\"", "\"machine\": \" \"", "machine")]
    [InlineData("\"seconds\": 5", "\"seconds\": -5", "seconds")]
    [InlineData("\"Recall@10\": {", "\"recall@10\": {", "recall@10")]
    [InlineData("\"standardError\": 0.", "\"standardError\": -0.", "standardError")]
    [InlineData("\"dataset\": \"amazon-beauty\"", "\"dataset\": \"amazon-sports\"", "amazon-sports")]
    public void AFaultyRecordIsAnErrorThatNamesFileAndField(string old, string now, string field)
    {
        var path = ResultRecords.Save(folder, Sound);
        var text = File.ReadAllText(path);
        Assert.Contains(old, text);
        var at = text.IndexOf(old, StringComparison.Ordinal);
        File.WriteAllText(path, text[..at] + now + text[(at + old.Length)..]);
        var error = Assert.Throws<InvalidDataException>(() => ResultRecords.Load(folder));
        Assert.StartsWith(path, error.Message);
        Assert.Contains(field, error.Message);
    }

    [Fact]
    public void ATruncatedRecordIsAnErrorThatNamesFileAndLine()
    {
        var path = ResultRecords.Save(folder, Sound);
        File.WriteAllLines(path, File.ReadLines(path).Take(5));
        Assert.StartsWith($"{path}:", Assert.Throws<InvalidDataException>(() => ResultRecords.Load(folder)).Message);
    }

    [Fact]
    public void ARecordIsReplacedOnlyOnRequest()
    {
        ResultRecords.Save(folder, Sound);
        Assert.Throws<IOException>(() => ResultRecords.Save(folder, Sound with { Note = "newer" }));
        ResultRecords.Save(folder, Sound with { Note = "newer" }, overwrite: true);
        Assert.Equal("newer", ResultRecords.Load(folder)[0].Note);
        var unsound = Assert.Throws<ArgumentException>(() =>
            ResultRecords.Save(folder, Sound with { System = "../up" })
        );
        Assert.Contains("system is '../up'", unsound.Message);
        Assert.Empty(ResultRecords.Load(Path.Combine(folder, "nowhere")));
    }

    [Fact]
    public void EveryCommittedRecordIsSound()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "GenRec.sln")))
            root = root.Parent;
        Assert.SkipUnless(root is not null, "The tests do not run inside the repository; run them from its build.");
        var results = Path.Combine(root.FullName, "data", "results");
        Assert.SkipUnless(Directory.Exists(results), "No records are committed in data/results.");
        Assert.NotEmpty(ResultRecords.Load(results));
    }

    private static SeedResult Run(long seed, double recall) =>
        new(seed, new Dictionary<string, double> { ["Recall@10"] = recall, ["loss"] = 2 * recall }, 100, 5);
}
