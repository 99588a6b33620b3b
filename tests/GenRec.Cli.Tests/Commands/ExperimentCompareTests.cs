using GenRec.Cli.Experiments;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;

namespace GenRec.Cli.Tests.Commands;

public sealed class ExperimentCompareTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-compare-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task PublishedAndOwnNumbersStandSideBySideInOneTableAProtocol()
    {
        var told = await Shell.RunAsync("experiment", "compare", "--system", "sasrec", "--dataset", "amazon14-beauty");
        Assert.Equal("", told.Error);
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("amazon14-beauty: full ranking, seen items kept", told.Out);
        Assert.Contains("amazon14-beauty: full ranking, seen items not mentioned", told.Out);
        Assert.Contains("ours, 3 seeds", told.Out);
        Assert.Contains("S3-Rec full-ranking table", told.Out);
        Assert.Contains("Reproduction status", told.Out);
    }

    [Fact]
    public async Task ASimulatedFeedIsComparedWithItselfAndStandsApartFromWhatIsPublished()
    {
        var (run, before) = (Path.Combine(folder, "run"), Path.Combine(folder, "before"));
        var trained = await Shell.RunAsync("experiment", "run", "onerec-session-feed-smoke-smoke", "--output", before);
        Assert.Equal("", trained.Error);
        var given = $"pretrained={before}";
        string[] arguments = ["experiment", "run", "onerec-simpo-feed-smoke-smoke", "--set", given, "--output", run];
        var ran = await Shell.RunAsync(arguments);
        Assert.Equal("", ran.Error);
        Assert.DoesNotContain("pre-training", ran.Out);
        var preset = AlignmentPreset.Find("onerec-simpo-feed-smoke-smoke");
        Assert.Equal(
            $"genrec experiment run {preset.Name} --seed 1 --set pretrained=runs/{preset.Base.Name}",
            Assert.Single(new AlignmentRun(preset).Records([RunFolder.Open(run)], null)).Command
        );
        Assert.Contains("reward model", ran.Out);
        var told = await Shell.RunAsync("experiment", "compare", run, "--system", "OneRec");
        Assert.Equal("", told.Error);
        var ours = told.Out[
            told.Out.IndexOf("world-feed-smoke: simulated users")..told.Out.IndexOf("kuaishou: as printed in")
        ];
        Assert.Contains("onerec, run-simpo-smoke", ours);
        Assert.Contains("truthOfRewardMax", ours);
        Assert.DoesNotContain("swt mean", ours);
        Assert.Contains("0.1025", told.Out); // swt mean of IPA in Table 1
        Assert.Contains("Nothing of ours is measured so", told.Out);
        Assert.DoesNotContain(
            "world-feed",
            (await Shell.RunAsync("experiment", "compare", "--dataset", "amazon14-beauty")).Out
        );
    }

    [Fact]
    public async Task ARunThatIsNotRecordedYetStandsBesideTheRecords()
    {
        var run = Path.Combine(folder, "run");
        var ran = await Shell.RunAsync("experiment", "run", "sasrec-bce-smoke-smoke", "--epochs", "1", "--output", run);
        Assert.Equal(0, ran.ExitCode);
        var told = await Shell.RunAsync("experiment", "compare", run, "--dataset", "smoke", "--system", "SASRec");
        Assert.Equal("", told.Error);
        Assert.Contains("sasrec, run-bce-unseen", told.Out);
        Assert.Contains("ours, one seed", told.Out);
        (await Shell.RunAsync("experiment", "compare", folder)).FailsWith(2, "holds no run");
    }

    [Fact]
    public async Task AReportIsWrittenAndNotReplacedUnasked()
    {
        var output = Path.Combine(folder, "report");
        var told = await Shell.RunAsync("experiment", "report", "--output", output);
        Assert.Equal("", told.Error);
        Assert.True(File.Exists(Path.Combine(output, "report.html")));
        Assert.Contains("| SASRec |", File.ReadAllText(Path.Combine(output, "report.md")));
        (await Shell.RunAsync("experiment", "report", "--output", output)).FailsWith(1, "is there already");
    }

    [Fact]
    public async Task APresetIsShownWithItsValuesAndWhatIsKnownOfIt()
    {
        var told = await Shell.RunAsync(
            "experiment",
            "show",
            "sasrec-ce-amazon14-beauty-paper",
            "--set",
            "dropout=0.25"
        );
        Assert.Equal("", told.Error);
        Assert.Matches(@"model\.dropout +0\.25", told.Out);
        Assert.Contains("ours, 3 seeds", told.Out);
        Assert.Contains("phonism/genrec", told.Out);
    }

    [Theory]
    [InlineData("compare --system SASRek", "Did you mean 'SASRec'?")]
    [InlineData("compare --dataset amazon14-beaty", "Did you mean 'amazon14-beauty'?")]
    [InlineData("compare --metric NDCG10", "Did you mean 'NDCG@10'?")]
    [InlineData("report --metric Recal@10", "Did you mean 'Recall@10'?")]
    [InlineData("compare --results nowhere", "is no folder")]
    [InlineData("show sasrec-ce-beauty", "experiment list")]
    [InlineData("show sasrec-ce-smoke-smoke --set droput=0.1", "Did you mean 'dropout'?")]
    [InlineData("run sasrec-ce-smoke-smoke --set heads=two", "which is a whole number")]
    [InlineData("run sasrec-ce-smoke-smoke --device tpu", "'tpu' is no device")]
    [InlineData("sweep sasrec-ce-smoke-smoke --vary drpout=0.1", "Did you mean 'dropout'?")]
    [InlineData("trial nowhere 0", "holds no sweep")]
    public async Task WrongInputIsToldWithTheNearestName(string command, string said) =>
        (await Shell.RunAsync(["experiment", .. command.Split(' ')])).FailsWith(2, said);

    [Fact]
    public async Task ABrokenRecordIsNamedByItsFile()
    {
        Directory.CreateDirectory(Path.Combine(folder, "sasrec"));
        File.WriteAllText(Path.Combine(folder, "sasrec", "x-ce.json"), "{\n  \"system\": 3\n}");
        (await Shell.RunAsync("experiment", "compare", "--results", folder)).FailsWith(2, "x-ce.json:2");
    }
}
