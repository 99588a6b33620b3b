using GenRec.Shared.Data;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Shared.Tests.Experiments;

public sealed class RunFolderTests : IDisposable
{
    private static readonly RunEnvironment Here = new(
        "os",
        "X64",
        "cpu",
        2,
        2,
        "cpu",
        ".NET",
        "0.107.0",
        "2.10.0",
        "abc"
    );

    private readonly string root = Directory.CreateTempSubdirectory("genrec-runs-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void ARunIsOpenedAsItBegan()
    {
        var run = Create(new Options());
        var opened = RunFolder.Open(run.Path);
        Assert.Equal(run.Description, opened.Description);
        Assert.Equal(new Options(), opened.ReadConfig<Options>());
        Assert.Equal(
            (7, "abc", "genrec run"),
            (opened.Description.Seed, opened.Description.Environment.Commit, opened.Description.Command)
        );
    }

    [Fact]
    public void ASecondRunOfTheSameNameGetsItsOwnFolder()
    {
        var names = Enumerable.Range(0, 3).Select(_ => Path.GetFileName(Create(new Options()).Path));
        Assert.Equal(["sasrec", "sasrec-2", "sasrec-3"], names);
    }

    [Fact]
    public void AFolderThatIsNoRunIsLeftAlone()
    {
        var foreign = Directory.CreateDirectory(Path.Combine(root, "sasrec")).FullName;
        File.WriteAllText(Path.Combine(foreign, "notes.md"), "mine");
        Assert.Equal("sasrec-2", Create(new Options()).Description.Name);
        Assert.Equal(["notes.md"], Directory.GetFiles(foreign).Select(Path.GetFileName));
        Assert.Contains(
            "holds no run",
            Assert.Throws<DirectoryNotFoundException>(() => RunFolder.Open(foreign)).Message
        );
    }

    [Fact]
    public void ARunGoesOnOnlyWithTheOptionsItBeganWith()
    {
        var run = Create(new Options());
        Assert.Equal(run.Description, RunFolder.Resume(run.Path, new Options()).Description);
        var error = Assert.Throws<InvalidOperationException>(() =>
            RunFolder.Resume(run.Path, new Options { Width = 64 })
        );
        Assert.Contains("width was 50 and is 64", error.Message);
    }

    [Fact]
    public void ARunEndsOnce()
    {
        var run = Create(new Options());
        Assert.False(run.IsComplete);
        var result = new SeedResult(7, new Dictionary<string, double> { ["Recall@10"] = 0.1 }, 20, 1.5);
        run.Complete(result);
        Assert.Equal(result.Metrics, RunFolder.Open(run.Path).ReadResult().Metrics);
        Assert.Throws<IOException>(() => run.Complete(result));
        Assert.Contains(
            "has ended",
            Assert.Throws<InvalidOperationException>(() => RunFolder.Resume(run.Path, new Options())).Message
        );
    }

    [Fact]
    public void CurvesAreOneObjectALineAndShowALossThatBecameNaN()
    {
        var run = Create(new Options());
        run.AppendCurve(new CurvePoint(1, new Dictionary<string, double> { ["loss"] = 0.5 }));
        run.AppendCurve(new CurvePoint(2, new Dictionary<string, double> { ["loss"] = double.NaN }));
        Assert.Equal(
            ["{\"step\":1,\"values\":{\"loss\":0.5}}", "{\"step\":2,\"values\":{\"loss\":\"NaN\"}}"],
            File.ReadAllLines(run.CurvesPath)
        );
    }

    [Theory]
    [InlineData("../up")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    public void ANameThatLeavesTheFolderIsAnError(string name) =>
        Assert.Throws<ArgumentException>(() => RunFolder.Create(root, name, new Options(), 1, "genrec run", Here));

    [Fact]
    public void ADamagedDescriptionIsAnErrorThatNamesTheFile()
    {
        var file = Path.Combine(Create(new Options()).Path, "run.json");
        File.WriteAllText(file, "{ \"name\": ");
        Assert.StartsWith(
            file,
            Assert.Throws<InvalidDataException>(() => RunFolder.Open(Path.GetDirectoryName(file)!)).Message
        );
    }

    [Fact]
    public void TheEnvironmentIsThatOfThisProcess()
    {
        var found = RunEnvironment.Capture();
        Assert.Equal(Environment.ProcessorCount, found.Cores);
        Assert.All(
            [found.Cpu, found.Os, found.Dotnet, found.TorchSharp, found.LibTorch, found.Commit],
            Assert.NotEmpty
        );
        Assert.Equal("unknown", RunEnvironment.CommitOf(root));
        Assert.Equal(RunEnvironment.CommitOf(DataFolders.Repository!), found.Commit);
        if (found.Commit != "unknown")
            Assert.Matches("^[0-9a-f]{40}$", RunEnvironment.BuiltFrom()); // what a copy elsewhere says
        Assert.Equal("cpu, 2 cores, X64, os", Here.Machine());
    }

    private RunFolder Create(Options options) => RunFolder.Create(root, "sasrec", options, 7, "genrec run", Here);

    private sealed record Options
    {
        public int Width { get; init; } = 50;

        public DayOfWeek Day { get; init; } = DayOfWeek.Friday;
    }
}
