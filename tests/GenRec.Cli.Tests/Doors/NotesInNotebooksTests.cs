namespace GenRec.Cli.Tests.Doors;

/// <summary>Notes from the cells of a notebook, in a process of its own.</summary>
public sealed class NotesInNotebooksTests : DoorFixture
{
    [Fact]
    public async Task ACellAddsWhatItFoundToItsPaperFromAnyFolderOfTheRepository()
    {
        Directory.CreateDirectory(In("notebooks", "2-semantic-ids", "deep"));
        await File.WriteAllTextAsync(
            In("notebooks", "2-semantic-ids", "deep", "05-tiger.ipynb"),
            Notebook(
                "var curve = Figures.LearningCurves(new FigureText(\"Loss\", \"It falls.\", \"epoch\", \"loss\"), "
                    + "[new LearningCurve(\"TIGER\", [1, 2], [0.9, 0.5])]);",
                "Notes.For(\"tiger\").Add(\"It learns.\", curve, new { Recall10 = 0.25 })",
                "Notes.Search(\"learns\")",
                "ReadingList.Load().Timeline(Notes.All())"
            ),
            TestContext.Current.CancellationToken
        );
        var ran = await GenRecProcess.RunAsync(Folder, "run", "--no-pictures", "--output", In("ran"));
        Assert.True(ran.ExitCode == 0, ran.Out + ran.Error);
        var note = await File.ReadAllTextAsync(
            In("notebooks", "notes", "05-tiger.md"),
            TestContext.Current.CancellationToken
        );
        Assert.Contains("It learns.", note);
        Assert.Contains("| Recall10 | 0.25 |", note);
        Assert.Matches(@"\(attachments/05-tiger-\d{8}-\d{6}\.(png|html)\)", note);
        Assert.Single(Directory.GetFiles(In("notebooks", "notes", "attachments")));
        var copy = await File.ReadAllTextAsync(
            Directory.GetFiles(In("ran"), "05-tiger.ipynb", SearchOption.AllDirectories).Single(),
            TestContext.Current.CancellationToken
        );
        Assert.Contains("<p>It learns.</p>", copy);
        Assert.Contains("notes/05-tiger.md:", copy);
        Assert.DoesNotContain(Folder, copy);
    }
}
