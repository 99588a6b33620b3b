using GenRec.Notebooks.Checks;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Running;

namespace GenRec.Notebooks.Tests;

/// <summary>Every notebook of the repository, at the smallest scale.</summary>
public sealed class CommittedNotebookTests
{
    public static IEnumerable<TheoryDataRow<string>> All
    {
        get
        {
            var folder = Path.Combine(Root(), "notebooks");
            var files = Directory.Exists(folder) ? NotebookRunner.Find(folder) : [];
            return files.Count > 0
                ? files.Select(file => new TheoryDataRow<string>(Path.GetRelativePath(Root(), file).Replace('\\', '/')))
                : [new TheoryDataRow<string>("none") { Skip = "there are no notebooks in notebooks/" }];
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void HasTheRhythm(string path)
    {
        var notebook = Notebook.Read(Path.Combine(Root(), path));
        var findings = NotebookRhythm.Check(notebook, NotebookRhythm.KindOf(path));
        foreach (var warning in findings.Where(finding => finding.Severity == RhythmSeverity.Warning))
            TestContext.Current.AddWarning($"{path}: {warning}");
        Assert.Empty(
            findings.Where(finding => finding.Severity == RhythmSeverity.Error).Select(error => error.ToString())
        );
    }

    [Theory]
    [MemberData(nameof(All))]
    public void IsWrittenBackByteForByte(string path)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Root(), path));
        Assert.Equal(bytes, Notebook.Parse(bytes, path).ToUtf8());
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task RunsAtSmokeScale(string path)
    {
        var options = new RunOptions
        {
            Scale = "smoke",
            Pictures = false,
            Limits = new RunLimits { CellTime = TimeSpan.FromMinutes(2), NotebookTime = TimeSpan.FromMinutes(4) },
        };
        var summary = await new NotebookRunner(options).RunAsync(
            Path.Combine(Root(), path),
            TestContext.Current.CancellationToken
        );
        var traceback = string.Join('\n', summary.FirstFailure?.Error?.Traceback ?? []);
        Assert.True(summary.Passed, $"{summary.Problem}\n{traceback}");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "GenRec.sln")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new DirectoryNotFoundException("GenRec.sln lies in no folder above the tests.");
    }
}
