using GenRec.Cli.Tests.Doors;

namespace GenRec.Cli.Tests.Commands;

public sealed class NotesCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-notes-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<Shell> NotesAsync(params string[] arguments) =>
        Shell.RunAsync(["notes", .. arguments, "--notes", folder]);

    private string In(string name) => Path.Combine(folder, name);

    [Fact]
    public async Task TheTimelineShowsEveryDatedPaperAndTheReadersOwn()
    {
        Assert.Equal(
            0,
            (
                await NotesAsync("new", "--arxiv", "2601.01234", "--title", "Mine: a paper", "--importance", "novel")
            ).ExitCode
        );
        await File.WriteAllTextAsync(
            In("05-tiger.md"),
            "---\nid: 05-tiger\nstatus: read\n---\n",
            TestContext.Current.CancellationToken
        );
        var told = await NotesAsync();
        Assert.Equal((0, ""), (told.ExitCode, told.Error));
        Assert.Matches(@"\S TIGER\*\* ✓", told.Out); // the first mark is the workbook's state, which changes
        Assert.Contains("◇ Mine: a paper*", told.Out);
        Assert.Contains("2018", told.Out);
        foreach (var name in new[] { "SASRec", "BERT4Rec", "OneRec**"[..6], "GR4AD", "UniGRF-" })
            Assert.Contains(name, told.Out);
        Assert.All(told.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 160));
        var page = In("timeline.html");
        Assert.Equal(0, (await NotesAsync("--page", page)).ExitCode);
        Assert.Contains("Mine: a paper", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ANoteIsMadeShownAddedToFoundAndExported()
    {
        Assert.Contains("Made", (await NotesAsync("new", "tiger")).Out);
        Assert.Contains("no field is empty", (await NotesAsync("new", "tiger")).Out);
        Assert.Equal(0, (await NotesAsync("add", "tiger", "Does", "the okapi", "matter?")).ExitCode);
        Assert.EndsWith(
            "Does the okapi matter?\n\n",
            (await NotesAsync("show", "5")).Out.Replace("\r", "") + "\n",
            StringComparison.Ordinal
        );
        Assert.Equal(In("05-tiger.md"), (await NotesAsync("show", "tiger", "--path")).Out.Trim());
        var found = await NotesAsync("search", "okapi", "--in", "note");
        Assert.Contains("05-tiger.md", found.Out);
        Assert.Contains("1 places", found.Out);
        var list = await NotesAsync("list", "--status", "to-read");
        Assert.Contains("05-tiger.md", list.Out);
        Assert.DoesNotContain("SASRec", list.Out);
        Assert.Contains("rajputRecommenderSystemsGenerative2023", (await NotesAsync("export", "bibtex")).Out);
        Assert.Equal(0, (await NotesAsync("export", "book", "-o", In("book.txt"))).ExitCode);
        (await NotesAsync("export", "json", "-o", In("book.txt"))).FailsWith(2, "--force");
        Assert.StartsWith(
            "# Reading notes",
            await File.ReadAllTextAsync(In("book.txt"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task WrongInputIsToldInOneLine()
    {
        (await NotesAsync("new", "tigre")).FailsWith(2, "Did you mean 'TIGER'?");
        (await NotesAsync("new")).FailsWith(2, "--title");
        (await NotesAsync("new", "--title", "T", "--arxiv", "1")).FailsWith(2, "2601.01234");
        (await NotesAsync("add", "tiger")).FailsWith(2, "Give the text");
        (await NotesAsync("add", "tiger", "--file", In("none.txt"))).FailsWith(2, "none.txt");
        (await NotesAsync("export", "book")).FailsWith(2, "no notes");
        (await NotesAsync("search", "!!")).FailsWith(2, "no word");
        (await Shell.RunAsync("notes", "--notes", In("none"))).FailsWith(2, "none", "GENREC_NOTES");
        await File.WriteAllBytesAsync(
            In("latin.txt"),
            [(byte)'a', (byte)'\n', 0xE9],
            TestContext.Current.CancellationToken
        );
        (await NotesAsync("add", "tiger", "--file", In("latin.txt"))).FailsWith(2, "latin.txt:2", "UTF-8");
        Assert.False(File.Exists(In("05-tiger.md")));
    }

    [Fact]
    public async Task ABrokenNoteIsToldAndTheOthersAreListed()
    {
        await NotesAsync("new", "sasrec");
        await File.WriteAllTextAsync(
            In("05-tiger.md"),
            "---\nid: 05-tiger\nstatus: reed\n---\n",
            TestContext.Current.CancellationToken
        );
        var list = await NotesAsync("list");
        list.FailsWith(2, "05-tiger.md:3", "to-read");
        Assert.Contains("01-sasrec.md", list.Out);
        (await NotesAsync()).FailsWith(2, "05-tiger.md:3");
        (await NotesAsync("show", "tiger")).FailsWith(2, "05-tiger.md:3");
        (await NotesAsync("export", "bibtex", "-o", In("b.bib"))).FailsWith(2, "05-tiger.md:3", "--skip-broken");
        Assert.False(File.Exists(In("b.bib")));
        Assert.Contains("kang", (await NotesAsync("export", "bibtex", "--skip-broken")).Out);
    }

    [Fact]
    public async Task KilledInTheMiddleOfAWriteTheOldFileStands()
    {
        await NotesAsync("new", "tiger");
        await File.WriteAllTextAsync(
            In("long.txt"),
            string.Concat(Enumerable.Repeat("a long thought\n", 2_000_000)),
            TestContext.Current.CancellationToken
        );
        for (var attempt = 0; ; attempt++)
        {
            var before = await File.ReadAllBytesAsync(In("05-tiger.md"), TestContext.Current.CancellationToken);
            using (
                var process = GenRecProcess.Start(
                    folder,
                    "notes",
                    "add",
                    "tiger",
                    "-f",
                    In("long.txt"),
                    "--notes",
                    folder
                )
            )
            {
                while (Directory.GetFiles(folder, "*.unfinished").Length == 0 && !process.HasExited)
                    await Task.Delay(1, TestContext.Current.CancellationToken);
                process.Signal("KILL");
                await process.EndAsync();
            }
            var after = await File.ReadAllBytesAsync(In("05-tiger.md"), TestContext.Current.CancellationToken);
            if (Directory.GetFiles(folder, "*.unfinished").Length == 1) // it was in the middle
            {
                Assert.Equal(before, after);
                break;
            }
            Assert.True(after.AsSpan().StartsWith(before), "It was too quick, and then the new text is there whole.");
            Assert.InRange(attempt, 0, 20);
        }
        Assert.Equal(0, (await NotesAsync("add", "tiger", "after all")).ExitCode);
        Assert.Empty(Directory.GetFiles(folder, "*.unfinished"));
    }
}
