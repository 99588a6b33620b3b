using System.Diagnostics;

namespace GenRec.Cli.Tests.Doors;

/// <summary>A disk that is really full (a tiny tmpfs in a mount namespace of its own), and a limit of the file size.</summary>
/// <remarks>
/// <c>unshare -rm</c> gives a process a root of its own over its mounts, also where the user is none. The script that runs
/// inside fills the disk, calls the program, and copies what is to be looked at out of the disk before it vanishes.
/// </remarks>
public sealed class FullDiskTests : DoorFixture
{
    private const string Smoke = "experiment run sasrec-bce-smoke-smoke";

    [Fact]
    public async Task ARunThatCannotBeginLeavesItsNameFree()
    {
        var told = await OnSmallDiskAsync(256, $"fill 0; $GENREC {Smoke} --output $DISK/run; echo code $?; ls $DISK");
        Assert.Contains("code 1", told.Out);
        Assert.DoesNotContain("\nrun\n", told.Out);
        NoRoom(told);
    }

    [Fact]
    public async Task ACheckpointThatFindsNoRoomCostsNothingOlderAndTheRunGoesOnWhenThereIsRoom()
    {
        // One checkpoint of the smoke preset is about 110 kB; there is room for one and a half.
        var told = await OnSmallDiskAsync(
            1024,
            $"fill 160; $GENREC {Smoke} --output $DISK/run; echo code $?; ls -a $DISK/run/checkpoints; "
                + "rm $DISK/fill; echo room; $GENREC experiment resume $DISK/run; echo code $?"
        );
        var (before, after) = (told.Out.Split("room\n")[0], told.Out.Split("room\n")[1]);
        Assert.Contains("code 1", before);
        Assert.Contains("step-000000004\n", before);
        Assert.DoesNotContain("unfinished", before);
        Assert.Contains("experiment resume", told.Error);
        Assert.Contains("step-000000004 is intact", told.Error);
        NoRoom(told);
        Assert.Contains("goes on from", after);
        Assert.Contains("code 0", after);
    }

    [Fact]
    public async Task AnImportThatFindsNoRoomLeavesNothing()
    {
        await WriteEventsAsync();
        var told = await OnSmallDiskAsync(
            256,
            "fill 60; $GENREC data import sequences events.txt --output $DISK/imported; echo code $?; ls -a $DISK"
        );
        Assert.Contains("code 1", told.Out);
        Assert.DoesNotContain("imported", told.Out.Split("code")[1]);
        NoRoom(told);
    }

    [Fact]
    public async Task ANotebookThatCannotBeWrittenInPlaceStaysAsItWas()
    {
        await File.WriteAllTextAsync(
            In("notebooks", "01-long.ipynb"),
            Notebook("Console.WriteLine(new string('x', 100_000));"),
            TestContext.Current.CancellationToken
        );
        var told = await OnSmallDiskAsync(
            256,
            "cp -r GenRec.sln notebooks $DISK; cd $DISK; fill 40; $GENREC run --in-place --no-pictures; echo code $?; "
                + $"cmp notebooks/01-long.ipynb {In("notebooks", "01-long.ipynb")} && echo same; ls -a notebooks"
        );
        Assert.Contains("code 1", told.Out);
        Assert.Contains("No space left on device", told.Out);
        Assert.Contains("same", told.Out);
        Assert.DoesNotContain(".tmp", told.Out.Split("same")[1]);
    }

    [Fact]
    public async Task ARecordThatFindsNoRoomReplacesNothing()
    {
        var run = await GenRecProcess.RunAsync(Folder, [.. Smoke.Split(' '), "--output", In("run")]);
        Assert.Equal(0, run.ExitCode);
        var told = await OnSmallDiskAsync(
            256,
            $"cp GenRec.sln $DISK; cd $DISK; $GENREC experiment record {In("run")} > /dev/null && echo written; "
                + "cp -r data before; fill 0; "
                + $"$GENREC experiment record {In("run")} --overwrite; echo code $?; diff -r data before && echo same; find data"
        );
        Assert.Contains("written", told.Out);
        Assert.Contains("code 1", told.Out);
        Assert.Contains("same", told.Out);
        Assert.DoesNotContain(".tmp", told.Out);
        NoRoom(told);
    }

    [Fact]
    public async Task ADownloadSaysBeforehandThatThereIsNoRoom()
    {
        var content = new byte[100_000];
        using var server = new GenRec.Shared.Tests.Downloads.FaultyServer(request =>
            GenRec.Shared.Tests.Downloads.FaultyServer.Serve(request, content)
        );
        await WriteCatalogueAsync(server.Url());
        var told = await OnSmallDiskAsync(
            64,
            "$GENREC data get set --catalogue catalogue.json --folder $DISK/data; echo code $?; find $DISK -name 'file*'"
        );
        Assert.Contains("code 1", told.Out);
        Assert.Contains("free bytes", told.Error);
        Assert.DoesNotContain("file.bin\n", told.Out);
    }

    [Fact]
    public async Task OutputThatCannotBeWrittenIsAFailure()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        foreach (var command in new[] { "data list", "doctor --quick", "experiment list" })
        {
            using var process = GenRecProcess.StartProgram(
                "sh",
                Folder,
                "-c",
                $"{GenRecProcess.Program} {command} > /dev/full; echo code $?"
            );
            var told = await process.EndAsync();
            Assert.Contains("code 1", told.Out);
            told = told with { ExitCode = 1 };
            told.FailsWith(1, "No space left on device");
        }
    }

    [Fact]
    public async Task ALimitOfTheFileSizeStopsATrainingAndALargerOneLetsItGoOn()
    {
        var stopped = await LimitedAsync(40_000, [.. Smoke.Split(' '), "--output", In("run")]);
        stopped.FailsWith(1, "checkpoint of step 4 could not be written", "experiment resume");
        NoRoom(stopped);
        Assert.Empty(Leftovers());
        Assert.Equal(0, (await GenRecProcess.RunAsync(Folder, "experiment", "resume", In("run"))).ExitCode);
    }

    [Fact]
    public async Task ALimitOfTheFileSizeStopsAnImportAndLeavesNothing()
    {
        await WriteEventsAsync();
        var stopped = await LimitedAsync(
            50_000,
            ["data", "import", "sequences", In("events.txt"), "--output", In("imported")]
        );
        stopped.FailsWith(1);
        NoRoom(stopped);
        Assert.False(Directory.Exists(In("imported")));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task ALimitOfTheFileSizeStopsADownloadWhichIsKept()
    {
        var content = new byte[300_000];
        using var server = new GenRec.Shared.Tests.Downloads.FaultyServer(request =>
            GenRec.Shared.Tests.Downloads.FaultyServer.Serve(request, content)
        );
        await WriteCatalogueAsync(server.Url());
        string[] get = ["data", "get", "set", "--catalogue", In("catalogue.json"), "--folder", In("data")];
        var stopped = await LimitedAsync(150_000, get);
        stopped.FailsWith(1, "What came in is kept", "file.bin.part");
        Assert.Equal(0, (await GenRecProcess.RunAsync(Folder, get)).ExitCode);
        Assert.Equal(300_000, new FileInfo(In("data", "set", "file.bin")).Length);
        Assert.Empty(Leftovers());
    }

    private static void NoRoom(Shell told)
    {
        Assert.Contains("There is no room to write", told.Error);
        Assert.DoesNotContain("   at GenRec", told.Error);
        Assert.DoesNotContain("--verbose", told.Error);
    }

    private Task WriteEventsAsync() =>
        File.WriteAllLinesAsync(
            In("events.txt"),
            Enumerable.Range(0, 60_000).Select(i => $"{i / 50 + 1} {i % 997 + 1}"),
            TestContext.Current.CancellationToken
        );

    private Task WriteCatalogueAsync(Uri url) =>
        File.WriteAllTextAsync(
            In("catalogue.json"),
            $$"""{"sources": [{"name": "set", "dataset": "set", "title": "The set", "file": "file.bin", "urls": ["{{url}}"], "page": "https://example.org", "terms": "free", "source": "this test"}]}""",
            TestContext.Current.CancellationToken
        );

    private async Task<Shell> LimitedAsync(long bytes, IEnumerable<string> arguments)
    {
        Assert.SkipUnless(Works("prlimit", "true"), "A limit of the file size needs prlimit (util-linux).");
        using var process = GenRecProcess.StartProgram(
            "prlimit",
            Folder,
            [$"--fsize={bytes}", GenRecProcess.Program, .. arguments]
        );
        return await process.EndAsync();
    }

    /// <summary>Runs a script with <c>$DISK</c>, a disk of so many KiB, and <c>fill n</c>, which leaves n KiB of it free.</summary>
    private async Task<Shell> OnSmallDiskAsync(int size, string script)
    {
        var disk = Directory.CreateDirectory(In("disk")).FullName;
        Assert.SkipUnless(
            Works("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", disk),
            "A small disk needs 'unshare -rm mount -t tmpfs' (Linux, user namespaces allowed)."
        );
        var preparation =
            $"DISK={disk}; GENREC={GenRecProcess.Program}; mount -t tmpfs -o size={size}k none $DISK || exit 99; "
            + "fill() { free=$(df --output=avail $DISK | tail -1); head -c $(( (free - $1) * 1024 )) /dev/zero > $DISK/fill; }; ";
        using var process = GenRecProcess.StartProgram("unshare", Folder, "-rm", "sh", "-c", preparation + script);
        var told = await process.EndAsync();
        Assert.NotEqual(99, told.ExitCode);
        return told;
    }

    private static bool Works(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
            )!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
