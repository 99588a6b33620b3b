using GenRec.Cli.Experiments.Sweeps;

namespace GenRec.Cli.Tests.Experiments;

public sealed class SweepTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-sweep-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void AGridIsEveryCombinationWithEverySeed()
    {
        var plan = Plan(SweepSettings.Grid(["dropout=0.1,0.3", "hidden=8"]), 1, 2);
        Assert.Equal(
            [
                "dropout-0.1_hidden-8_seed-1",
                "dropout-0.1_hidden-8_seed-2",
                "dropout-0.3_hidden-8_seed-1",
                "dropout-0.3_hidden-8_seed-2",
            ],
            plan.Trials.Select(trial => trial.Name)
        );
        Assert.Equal("seed-7", Assert.Single(Plan(SweepSettings.Grid([]), 7).Trials).Name); // several seeds of one setting
    }

    [Fact]
    public void RandomDrawsStayInTheirRangesDifferAndComeAgainWithTheirSeed()
    {
        string[] varied = ["dropout=0.1..0.5", "hidden=8..64", "learningRate=1e-4..1e-2:log", "norm=pre,post"];
        var drawn = SweepSettings.Random(varied, 200, seed: 3);
        Assert.Equal(200, drawn.Select(values => string.Join('|', values.Values)).Distinct().Count());
        double[] Numbers(string name) =>
            [.. drawn.Select(values => double.Parse(values[name], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.All(Numbers("dropout"), value => Assert.InRange(value, 0.1, 0.5));
        Assert.All(Numbers("hidden"), value => Assert.True(value is >= 8 and <= 64 && value == Math.Floor(value)));
        Assert.Contains(64, Numbers("hidden").Concat(Numbers("hidden").Select(value => value + 1)));
        Assert.InRange(Numbers("learningRate").Count(value => value < 1e-3), 70, 130); // half of the logarithm
        Assert.Equal(["post", "pre"], drawn.Select(values => values["norm"]).Distinct().Order());
        Assert.Equal(drawn, SweepSettings.Random(varied, 200, seed: 3));
        Assert.NotEqual(drawn[0], SweepSettings.Random(varied, 1, seed: 4)[0]);
        Assert.Equal(2, SweepSettings.Random(["norm=pre,post"], 9, seed: 1).Count); // no setting twice
    }

    [Theory]
    [InlineData("dropout=0.1..0.5", "draw settings with --random")]
    [InlineData("dropout=,", "names no value")]
    [InlineData("dropout", "name=value")]
    public void AWrongGridIsRefused(string vary, string said) =>
        Assert.Contains(said, Assert.Throws<UserError>(() => SweepSettings.Grid([vary])).Message);

    [Theory]
    [InlineData("rate=0..1:log", "above 0")]
    [InlineData("rate=5..1", "no range")]
    [InlineData("rate=a..b", "no range")]
    public void AWrongRangeIsRefused(string vary, string said) =>
        Assert.Contains(said, Assert.Throws<UserError>(() => SweepSettings.Random([vary], 1, 1)).Message);

    [Fact]
    public void SeedsAreAListOrARange()
    {
        Assert.Equal([1, 2, 7], SweepSettings.Seeds("1, 2,7,2"));
        Assert.Equal([3, 4, 5], SweepSettings.Seeds("3..5"));
        Assert.Contains("'1,x'", Assert.Throws<UserError>(() => SweepSettings.Seeds("1,x")).Message);
    }

    [Fact]
    public void AFolderHoldsOneSweep()
    {
        var plan = Plan(SweepSettings.Grid(["dropout=0.1"]), 1);
        plan.Claim(folder);
        plan.Claim(folder); // the same goes on
        Assert.Equal(plan.Trials[0].Values, SweepPlan.Read(folder).Trials[0].Values);
        Assert.Contains(
            "another sweep",
            Assert.Throws<UserError>(() => Plan(SweepSettings.Grid(["dropout=0.2"]), 1).Claim(folder)).Message
        );
        File.WriteAllText(Path.Combine(folder, "sweep.json"), "{\n\"preset\": 3");
        Assert.Contains("sweep.json:2:", Assert.Throws<UserError>(() => SweepPlan.Read(folder)).Message);
    }

    [Theory]
    [InlineData(100, new long[] { }, 0, true)] // one always runs
    [InlineData(100, new long[] { 50 }, 0, false)] // how much one needs is not known yet
    [InlineData(100, new long[] { 50 }, 60, true)] // 100 - 10 to grow >= 72
    [InlineData(80, new long[] { 50 }, 60, false)]
    [InlineData(100, new long[] { 60, 10 }, 60, false)] // the second has yet to grow
    public void ARunBeginsOnlyWhereItsMemoryIsFree(long available, long[] running, long peak, bool may) =>
        Assert.Equal(may, MemoryGate.MayStart(available, running, peak));

    [Fact]
    public void TheArrayScriptNamesEveryOpenTrialAndBecomesTheProgram()
    {
        var plan = Plan(SweepSettings.Grid(["dropout=0.1,0.2,0.3"]), 1, 2);
        var script = Slurm.Script("/data/my sweep", plan, [0, 1, 2, 5], 3, ["--gres=gpu:1"]);
        var lines = script.Split('\n');
        Assert.Equal("#!/bin/bash", lines[0]);
        Assert.Contains("#SBATCH --array=0-2,5%3", lines);
        Assert.Contains("#SBATCH --gres=gpu:1", lines);
        Assert.Contains("#SBATCH --signal=B:INT@90", lines);
        Assert.StartsWith("exec ", lines[^2]);
        Assert.EndsWith("experiment trial '/data/my sweep' \"$SLURM_ARRAY_TASK_ID\"", lines[^2]);
        Assert.Equal("0,2-3,9", Slurm.Ranges([9, 3, 2, 0]));
    }

    private static SweepPlan Plan(IReadOnlyList<IReadOnlyDictionary<string, string>> settings, params long[] seeds) =>
        SweepPlan.Of("sasrec-bce-smoke-smoke", null, false, settings, seeds);
}
