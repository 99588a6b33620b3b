namespace GenRec.Cli.Tests.Doors;

/// <summary>A sweep as a job array of a real Slurm.</summary>
public sealed class SlurmTests : DoorFixture
{
    [Fact]
    public async Task AJobArrayRunsTheSweepResumesWhatFailedAndItsResultsAreGathered()
    {
        using var slurm = await SlurmNode.StartAsync();
        string[] sweep =
        [
            "experiment",
            "sweep",
            "sasrec-bce-smoke-smoke",
            "--set",
            "epochs=1",
            "--seeds",
            "1,2",
            "--launcher",
            "slurm",
            "--output",
            In("sweep"),
        ];
        // The first task fails: a file stands where its run's folder should be.
        Directory.CreateDirectory(In("sweep"));
        await File.WriteAllTextAsync(In("sweep", "epochs-1_seed-2"), "", TestContext.Current.CancellationToken);
        var first = await RunAsync(slurm, [.. sweep, "--wait"]);
        Assert.Contains("submitted job", first.Out);
        Assert.Contains("1 of 2 runs are not done", first.Out);
        Assert.Equal(1, first.ExitCode);
        Assert.True(File.Exists(In("sweep", "epochs-1_seed-1", "validation.json")));

        File.Delete(In("sweep", "epochs-1_seed-2"));
        var second = await RunAsync(slurm, [.. sweep, "--wait"]);
        Assert.Equal("\n", second.Error);
        Assert.Equal(0, second.ExitCode);
        Assert.Contains("1 tasks", second.Out); // only what had failed
        Assert.Contains("±", second.Out); // both seeds

        var third = await RunAsync(slurm, sweep);
        Assert.DoesNotContain("submitted", third.Out);
        Assert.Equal(0, third.ExitCode);
    }

    private Task<Shell> RunAsync(SlurmNode slurm, string[] arguments) =>
        GenRecProcess.RunWithAsync(Folder, new Dictionary<string, string> { ["SLURM_CONF"] = slurm.Config }, arguments);
}
