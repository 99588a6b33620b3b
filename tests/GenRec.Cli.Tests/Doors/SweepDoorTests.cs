namespace GenRec.Cli.Tests.Doors;

/// <summary>Sweeps as a shell runs them: processes of their own, stopped and gone on with.</summary>
public sealed class SweepDoorTests : DoorFixture
{
    private string[] Sweep(params string[] more) =>
        [
            "experiment",
            "sweep",
            "sasrec-bce-smoke-smoke",
            "--vary",
            "dropout=0.1,0.3",
            "--output",
            In("sweep"),
            .. more,
        ];

    [Fact]
    public async Task ASweepRunsEverySettingInProcessesOfItsOwnAndRunsNothingTwice()
    {
        var told = await GenRecProcess.RunAsync(Folder, Sweep("--set", "epochs=1", "--parallel", "2"));
        Assert.Equal("\n", told.Error);
        Assert.Equal(0, told.ExitCode);
        Assert.Equal(2, told.Out.Split("done      epochs-1_dropout-").Length - 1);
        Assert.Contains("best", told.Out);
        Assert.True(File.Exists(In("sweep", "epochs-1_dropout-0.3_seed-1", "validation.json")));

        Assert.Contains(
            "standardError",
            await File.ReadAllTextAsync(In("sweep", "results.json"), TestContext.Current.CancellationToken)
        );

        var again = await GenRecProcess.RunAsync(Folder, Sweep("--set", "epochs=1"));
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("2 runs, 0 to do", again.Out);
        Assert.DoesNotContain("begun", again.Out);
        Assert.Contains("best", again.Out);
    }

    [Fact]
    public async Task AStoppedSweepSavesItsRunsAndTheSameCommandGoesOn()
    {
        string[] arguments = Sweep("--set", "epochs=600", "--set", "patience=1000", "--parallel", "1");
        using var process = GenRecProcess.Start(Folder, arguments);
        var log = In("sweep", "logs", "epochs-600_patience-1000_dropout-0.1_seed-1.log");
        for (var waited = 0; !Says(log, "epoch 2 ") && waited < 600; waited++)
            await Task.Delay(100, TestContext.Current.CancellationToken);
        process.Signal("INT");
        var stopped = await process.EndAsync();
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains("2 of 2 runs are not done", stopped.Out);
        Assert.True(Says(log, "a checkpoint is saved"), File.ReadAllText(log));
        Assert.True(
            Directory
                .EnumerateFileSystemEntries(In("sweep", "epochs-600_patience-1000_dropout-0.1_seed-1", "checkpoints"))
                .Any()
        );
    }

    [Fact]
    public async Task AMissingDataSetIsToldBeforeAFolderIsMade()
    {
        var told = await GenRecProcess.RunAsync(
            Folder,
            "experiment",
            "run",
            "sasrec-ce-amazon14-sports-paper",
            "--output",
            In("run")
        );
        Assert.Equal(2, told.ExitCode);
        Assert.Contains("genrec data get amazon14-sports", told.Error);
        Assert.False(Directory.Exists(In("run")));
    }

    private static bool Says(string file, string text)
    {
        if (!File.Exists(file))
            return false;
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Contains(text, StringComparison.Ordinal);
    }
}
