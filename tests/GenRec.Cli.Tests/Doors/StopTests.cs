using System.Diagnostics;
using GenRec.Shared.Tests.Downloads;

namespace GenRec.Cli.Tests.Doors;

/// <summary>Ctrl+C and SIGTERM to the real process.</summary>
public sealed class StopTests : DoorFixture
{
    private static readonly string[] Training =
    [
        "experiment",
        "run",
        "sasrec-bce-smoke-smoke",
        "--epochs",
        "80",
        "--set",
        "patience=1000",
    ];

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task AStoppedTrainingEndsAsIfItHadNotBeenStopped(string signal)
    {
        var whole = await GenRecProcess.RunAsync(Folder, [.. Training, "--output", In("whole")]);
        Assert.Equal(0, whole.ExitCode);

        using var process = GenRecProcess.Start(Folder, [.. Training, "--output", In("stopped")]);
        await process.SaysAsync("epoch 3 ");
        process.Signal(signal);
        var stopped = await process.EndAsync();
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains("Ctrl+C again ends it at once", stopped.Error);
        Assert.DoesNotContain("   at GenRec", stopped.Error);
        Assert.False(File.Exists(In("stopped", "metrics.json")));
        Assert.Empty(Leftovers());

        var command = stopped.Out.Split('\n').Single(line => line.Contains("experiment resume")).Trim();
        var resumed = await GenRecProcess.RunAsync(Folder, command.Split(' ')[1..]);
        Assert.Equal((0, "\n"), (resumed.ExitCode, resumed.Error));
        Assert.Equal(Weights("whole"), Weights("stopped"));
        Assert.Equal(whole.Out.Split('\n')[^4..], resumed.Out.Split('\n')[^4..]); // the metrics under every protocol
    }

    [Fact]
    public async Task ASecondCtrlCEndsTheProcessAtOnce()
    {
        await File.WriteAllTextAsync(
            In("notebooks", "01-deaf.ipynb"),
            Notebook($"{Begins} System.Threading.Thread.Sleep(600_000);"),
            TestContext.Current.CancellationToken
        );
        using var process = GenRecProcess.Start(Folder, "run", "--no-pictures");
        await CellBeginsAsync();
        process.Signal("INT");
        await process.SaysAsync("Stopping");
        process.Signal("INT");
        Assert.Equal(128 + 2, (await process.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task ANotebookStoppedInPlaceStaysAsItWasAndItsOutputsLieBesideIt()
    {
        var path = In("notebooks", "01-slow.ipynb");
        var before = Notebook("Console.WriteLine(\"the first cell\");", $"{Begins} while (true) await Task.Delay(10);");
        await File.WriteAllTextAsync(path, before, TestContext.Current.CancellationToken);
        using var process = GenRecProcess.Start(Folder, "run", "--in-place", "--no-pictures");
        await CellBeginsAsync();
        process.Signal("INT");
        var stopped = await process.EndAsync();
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains("interrupted", stopped.Out);
        Assert.Equal(before, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.True(File.Exists(In("notebooks", "01-slow.partial.ipynb")), stopped.Out);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task AThreadCountThatIsNoNumberIsToldBeforeTheRun()
    {
        using var process = GenRecProcess.StartProgram(
            "env",
            Folder,
            ["GENREC_THREADS=many", GenRecProcess.Program, .. Training, "--output", In("run")]
        );
        var ended = await process.EndAsync();
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("GENREC_THREADS", ended.Error);
        Assert.Contains("'many', need a number of threads", ended.Error);
    }

    [Fact]
    public async Task AStoppedDownloadGoesOnWhereItWas()
    {
        var content = new byte[200_000];
        new Random(1).NextBytes(content);
        using var server = new FaultyServer(request =>
            request.RangeStart is null
                ? FaultyServer.Serve(request, content) with
                {
                    CutAfter = 70_000,
                    Hangs = true,
                }
                : FaultyServer.Serve(request, content)
        );
        var catalogue = In("catalogue.json");
        await File.WriteAllTextAsync(
            catalogue,
            $$"""{"sources": [{"name": "set", "dataset": "set", "title": "The set", "file": "file.bin", "urls": ["{{server.Url()}}"], "page": "https://example.org", "terms": "free", "source": "this test", "sha256": "{{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))}}"}]}""",
            TestContext.Current.CancellationToken
        );
        string[] get = ["data", "get", "set", "--catalogue", catalogue, "--folder", In("data")];
        var part = In("data", "set", "file.bin.part");
        using (var process = GenRecProcess.Start(Folder, get))
        {
            while (!File.Exists(part) || new FileInfo(part).Length < 70_000)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            process.Signal("INT");
            var stopped = await process.EndAsync();
            Assert.Equal(1, stopped.ExitCode);
            Assert.Contains("What came in is kept; run the same command to go on.", stopped.Error);
        }
        Assert.Equal(70_000, new FileInfo(part).Length);

        var done = await GenRecProcess.RunAsync(Folder, get);
        Assert.Equal(0, done.ExitCode);
        Assert.Equal(70_000, server.Requests.Last().RangeStart);
        Assert.Equal(
            content,
            await File.ReadAllBytesAsync(In("data", "set", "file.bin"), TestContext.Current.CancellationToken)
        );
        Assert.False(File.Exists(part));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task AStoppedImportLeavesNothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals and named pipes of Unix are meant here.");
        var events = In("events.txt");
        using (var pipe = Process.Start("mkfifo", [events]))
            await pipe.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var process = GenRecProcess.Start(
            Folder,
            "data",
            "import",
            "sequences",
            events,
            "--output",
            In("imported")
        );
        // A pipe opens when both ends do; the import then waits for a first byte, however fast or busy the machine is.
        await using var silent = await Task.Run(() =>
                new FileStream(events, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)
            )
            .WaitAsync(GenRecProcess.Patience, TestContext.Current.CancellationToken);
        process.Signal("INT");
        var stopped = await process.EndAsync();
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains("Stopped.", stopped.Error);
        Assert.False(Directory.Exists(In("imported")));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task AStoppedDoctorEndsAtOnce()
    {
        using var process = GenRecProcess.Start(Folder, "doctor");
        await process.SaysAsync("libtorch");
        process.Signal("INT");
        var stopped = await process.EndAsync();
        Assert.Equal(128 + 2, stopped.ExitCode);
        Assert.DoesNotContain("   at GenRec", stopped.Error);
    }

    [Fact]
    public async Task AStoppedTuningGoesOnWithTheSettingItWasAt()
    {
        string[] tune =
        [
            "experiment",
            "tune",
            "sasrec-bce-smoke-smoke",
            "--vary",
            "dropout=0.1,0.2",
            "--vary",
            "patience=1000",
            "--vary",
            "epochs=60",
        ];
        using (var process = GenRecProcess.Start(Folder, tune))
        {
            await process.SaysAsync("dropout-0.2");
            process.Signal("INT");
            var stopped = await process.EndAsync();
            Assert.Equal(1, stopped.ExitCode);
            Assert.Contains("experiment tune", stopped.Out);
        }
        var first = Directory.GetDirectories(In("runs", "sasrec-bce-smoke-smoke-tuning"), "dropout-0.1*").Single();
        var written = File.GetLastWriteTimeUtc(Path.Combine(first, "validation.json"));

        var done = await GenRecProcess.RunAsync(Folder, [.. tune, "--record"]);
        Assert.Equal(0, done.ExitCode);
        Assert.DoesNotContain("dropout-0.1_", done.Out); // not run again
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(first, "validation.json")));
        Assert.Contains("best", done.Out);
        Assert.True(File.Exists(In("data", "tuning", "sasrec-bce-smoke-smoke.json")));
        Assert.Equal(2, Directory.GetDirectories(In("runs", "sasrec-bce-smoke-smoke-tuning")).Length);
        Assert.Empty(Directory.GetFiles(In("runs"), "metrics*.json", SearchOption.AllDirectories)); // the test cases stayed closed
    }

    /// <summary>C# that says the cell runs by making a file: what a cell prints is shown at its end.</summary>
    private string Begins => $"System.IO.File.WriteAllText(@\"{In("begun")}\", \"\");";

    private async Task CellBeginsAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2)); // a busy machine
        while (!File.Exists(In("begun")))
            await Task.Delay(20, patience.Token);
    }

    private byte[] Weights(string run) => File.ReadAllBytes(In(run, "checkpoints", "model.safetensors"));
}
