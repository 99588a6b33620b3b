using GenRec.Notebooks.Files;
using GenRec.Notebooks.Running;
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Tests.Running;

public sealed class NotebookRunnerTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    private string Folder => temporary.Path;

    private string Output => Path.Combine(Folder, "executed");

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task ACopyIsExecutedAndTheSourceStaysAsItIs()
    {
        var path = Write(
            "md:# A title",
            "#!import bootstrap.csx",
            "var a = 2;\nConsole.WriteLine(\"hi\");",
            "md:## 1. Next",
            "a * 21"
        );
        var before = File.ReadAllText(path);
        var news = new News();
        var summary = await new NotebookRunner(Copy, news).RunAsync([path], Token);
        Assert.True(summary.Passed, summary.Notebooks[0].Problem);
        Assert.Equal(before, File.ReadAllText(path));
        var notebook = Notebook.Read(Path.Combine(Output, "a.ipynb"));
        Assert.Equal([null, 1, 2, null, 3], notebook.Cells.Select(cell => cell.ExecutionCount));
        Assert.Equal("hi\n", (string?)notebook.Cells[2].Outputs[0]!["text"]![0]);
        var result = notebook.Cells[4].Outputs[0]!;
        Assert.Equal(
            ("execute_result", 3, "42"),
            (
                (string?)result["output_type"],
                (int)result["execution_count"]!,
                (string?)result["data"]!["text/plain"]![0]
            )
        );
        Assert.Equal("1. Next", news.Events.OfType<CellStarted>().Last().Heading);
        Assert.Contains(news.Events, one => one is CellProgress { Text: "hi" });
        Assert.IsType<NotebookStarted>(news.Events[0]);
        Assert.IsType<NotebookEnded>(news.Events[^1]);
    }

    [Fact]
    public async Task RunningInPlaceTwiceChangesNothing()
    {
        var path = Write(
            "md:text",
            "display(HTML(\"<b>x</b>\"));\nnew { A = 1 }",
            "Console.Write(\"no end\");",
            "Enumerable.Range(0, 3)"
        );
        await RunAsync(path, new RunOptions { InPlace = true });
        var once = File.ReadAllText(path);
        var summary = await RunAsync(path, new RunOptions { InPlace = true });
        Assert.True(summary.Passed);
        Assert.Equal(once, File.ReadAllText(path));
    }

    [Fact]
    public async Task ARunChangesOnlyOutputsAndCounts()
    {
        var path = Write("md:text", "var s = \"é\";", "s");
        await RunAsync(path, Copy);
        var (source, executed) = (Notebook.Read(path), Notebook.Read(Path.Combine(Output, "a.ipynb")));
        foreach (var cell in executed.Cells)
        {
            cell.ReplaceOutputs([]);
            cell.ExecutionCount = null;
        }
        Assert.Equal(source.ToUtf8(), executed.ToUtf8());
    }

    [Fact]
    public async Task AnErrorStopsTheNotebookAndWhatRanIsWritten()
    {
        var path = Write("1 + 1", "var a = 1;\nthrow new InvalidOperationException(\"broken\");", "3");
        var summary = await RunAsync(path, Copy);
        Assert.False(summary.Passed);
        Assert.Equal((2, CellOutcome.Failed), (summary.FirstFailure!.Number, summary.FirstFailure.Outcome));
        Assert.Contains("broken", summary.Problem, StringComparison.Ordinal);
        var notebook = Notebook.Read(summary.Output!);
        Assert.Single(notebook.Cells[0].Outputs);
        var error = notebook.Cells[1].Outputs[0]!;
        Assert.Equal(
            ("error", "InvalidOperationException", "broken"),
            ((string?)error["output_type"], (string?)error["ename"], (string?)error["evalue"])
        );
        Assert.Contains(
            error["traceback"]!.AsArray(),
            line => ((string)line!).Contains("cell 2, line 2", StringComparison.Ordinal)
        );
        Assert.Null(notebook.Cells[2].ExecutionCount);
    }

    [Fact]
    public async Task AnErrorInPlaceLeavesTheNotebookAndWritesAPartBesideIt()
    {
        var path = Write("1 + 1", "throw new Exception();");
        var before = File.ReadAllText(path);
        var summary = await RunAsync(path, new RunOptions { InPlace = true });
        Assert.Equal(before, File.ReadAllText(path));
        Assert.Equal(Path.Combine(Folder, "a.partial.ipynb"), summary.Output);
        Assert.Single(Notebook.Read(summary.Output!).Cells[0].Outputs);
        Assert.Equal([path], NotebookRunner.Find(Folder));
    }

    [Fact]
    public async Task ACellTaggedRaisesExceptionMayFail()
    {
        var path = Write(
            "tag:raises-exception\nthrow new Exception(\"expected\");",
            "tag:raises-exception\nnotDeclared",
            "5"
        );
        var summary = await RunAsync(path, Copy);
        Assert.True(summary.Passed, summary.Problem);
        Assert.Equal([true, true, false], summary.Cells.Select(cell => cell.Expected));
    }

    [Fact]
    public async Task AnInterruptedRunIsAValidNotebook()
    {
        var path = Write(
            "1 + 1",
            "while (true) { Cancellation.ThrowIfCancellationRequested(); Thread.Sleep(1); }",
            "3"
        );
        using var cancel = new CancellationTokenSource();
        var news = new News
        {
            On = one =>
            {
                if (one is CellStarted { Number: 2 })
                    cancel.CancelAfter(200);
            },
        };
        var summary = await new NotebookRunner(Copy, news).RunAsync([path, path], cancel.Token);
        Assert.Equal([path], summary.NotStarted);
        Assert.Equal("interrupted in cell 2", summary.Notebooks[0].Problem);
        var notebook = Notebook.Read(summary.Notebooks[0].Output!);
        Assert.Equal("Interrupted", (string?)notebook.Cells[1].Outputs[0]!["ename"]);
    }

    [Fact]
    public async Task LimitsStopARun()
    {
        var path = Write("1", "Thread.Sleep(Timeout.Infinite);", "3");
        var limits = new RunLimits
        {
            CellTime = TimeSpan.FromSeconds(20),
            NotebookTime = TimeSpan.FromSeconds(15), // the session's start counts, and takes seconds on a busy machine
            Grace = TimeSpan.FromMilliseconds(200),
        };
        var summary = await RunAsync(path, Copy with { Limits = limits });
        Assert.Contains("limit of 15 s was reached in cell 2", summary.Problem, StringComparison.Ordinal);
        Assert.Equal(CellOutcome.TimeLimit, summary.Cells[1].Outcome);
        summary = await RunAsync(
            path,
            Copy with
            {
                Limits = limits with { CellTime = TimeSpan.FromMilliseconds(500), NotebookTime = null },
            }
        );
        Assert.Contains("limit of 0.5 s", summary.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongOutputKeepsItsStartAndItsEnd()
    {
        var path = Write(
            "for (var i = 0; i < 100_000; i++) Console.WriteLine($\"line {i}\");",
            "for (var i = 0; i < 300; i++) display(i);"
        );
        var summary = await RunAsync(
            path,
            Copy with
            {
                Limits = new RunLimits { StreamCharacters = 2000, Outputs = 10 },
            }
        );
        var notebook = Notebook.Read(summary.Output!);
        var text = string.Concat(notebook.Cells[0].Outputs.Single()!["text"]!.AsArray().Select(line => (string)line!));
        Assert.True(text.Length < 4000);
        Assert.StartsWith("line 0\nline 1\n", text, StringComparison.Ordinal);
        Assert.EndsWith("line 99999\n", text, StringComparison.Ordinal);
        Assert.Contains(" left out ...\nline 99", text, StringComparison.Ordinal);
        Assert.Equal(11, notebook.Cells[1].Outputs.Count);
    }

    [Fact]
    public async Task ProgressKeepsItsPlaceAndItsLastValue()
    {
        var path = Write(
            "var handle = display(\"0 %\");\nConsole.WriteLine(\"between\");\nfor (var i = 1; i <= 50; i++) handle.Update($\"{i * 2} %\");",
            "Console.Write(\"a\\rb\"); Console.Write(\"\\rcc\\n\");",
            "display(1); clear_output(); display(2); clear_output(wait: true); display(3);",
            "handle.Update(\"done\");",
            "using (var live = Show.Live()) { live.Update(\"first\"); live.Update(\"last\"); }\n\"shown\".Display();"
        );
        var summary = await RunAsync(path, Copy);
        Assert.True(summary.Passed, summary.Problem);
        var notebook = Notebook.Read(summary.Output!);
        Assert.Equal(["done", "between\n"], Texts(notebook.Cells[0]));
        Assert.Equal(["cc\n"], Texts(notebook.Cells[1]));
        Assert.Equal(["3"], Texts(notebook.Cells[2]));
        Assert.Empty(notebook.Cells[3].Outputs);
        Assert.Equal(["last", "shown"], Texts(notebook.Cells[4]));
    }

    [Fact]
    public async Task OutputsNameNoFolderOfTheMachine()
    {
        File.WriteAllText(Path.Combine(Folder, "Some.sln"), "");
        var path = Write(
            $"Console.WriteLine(@\"{Folder}{Path.DirectorySeparatorChar}data{Path.DirectorySeparatorChar}x.csv\");",
            $"tag:raises-exception\nFile.ReadAllText(@\"{Path.Combine(Folder, "none.txt")}\")",
            "Path.GetTempPath()"
        );
        var summary = await RunAsync(path, Copy);
        Assert.True(summary.Passed, summary.Problem);
        foreach (var cell in Notebook.Read(summary.Output!).Cells)
            Assert.DoesNotContain(Path.GetFileName(Folder), cell.Outputs.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(
            $"data{Path.DirectorySeparatorChar}x.csv\n",
            Texts(Notebook.Read(summary.Output!).Cells[0]).Single()
        );
    }

    [Fact]
    public async Task TimesAreRecordedOnlyWhenAskedFor()
    {
        var path = Write("1");
        var plain = await RunAsync(path, Copy);
        Assert.False(Notebook.Read(plain.Output!).Cells[0].Metadata.ContainsKey("execution"));
        var timed = await RunAsync(path, Copy with { RecordTimes = true });
        Assert.NotNull(Notebook.Read(timed.Output!).Cells[0].Metadata["execution"]!["shell.execute_reply"]);
    }

    [Fact]
    public async Task WrongInputIsASummaryThatSaysSo()
    {
        var runner = new NotebookRunner(Copy);
        var broken = Path.Combine(Folder, "broken.ipynb");
        File.WriteAllText(broken, "{");
        var summary = await runner.RunAsync([broken, Path.Combine(Folder, "missing.ipynb")], Token);
        Assert.False(summary.Passed);
        Assert.Contains("broken.ipynb:1:", summary.Notebooks[0].Problem, StringComparison.Ordinal);
        Assert.Contains("There is no notebook", summary.Notebooks[1].Problem, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => NotebookRunner.Find(Path.Combine(Folder, "nothing")));
        Assert.Throws<ArgumentException>(() =>
            new NotebookRunner(new RunOptions { InPlace = true, OutputFolder = Output })
        );
        var same = await new NotebookRunner(new RunOptions { OutputFolder = Folder }).RunAsync(Write("1"), Token);
        Assert.Contains("would overwrite it", same.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ParametersAreSetBehindTheirCell()
    {
        var path = Write(
            "tag:parameters\nvar scale = \"tutorial\"; int seed = 1;\ndouble rate = 0.5;",
            "$\"{scale} {seed} {rate}\""
        );
        var options = Copy with
        {
            Scale = "smoke",
            Parameters = new Dictionary<string, string> { ["seed"] = "-7", ["rate"] = "1e-3" },
        };
        var summary = await RunAsync(path, options);
        Assert.True(summary.Passed, summary.Problem);
        var notebook = Notebook.Read(summary.Output!);
        Assert.True(notebook.Cells[1].HasTag("injected-parameters"));
        Assert.Equal("// Parameters\nseed = -7;\nrate = 0.001d;\nscale = \"smoke\";", notebook.Cells[1].Source);
        Assert.Equal(["smoke -7 0.001"], Texts(notebook.Cells[2]));
        var unknown = await RunAsync(
            path,
            Copy with
            {
                Parameters = new Dictionary<string, string> { ["sead"] = "1" },
            }
        );
        Assert.Equal("'sead' is not a parameter; known are scale, seed, rate.", unknown.Problem);
    }

    private RunOptions Copy => new() { OutputFolder = Output };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Write(params string[] cells) => Notebooks.Write(Folder, "a.ipynb", cells);

    private static Task<NotebookSummary> RunAsync(string path, RunOptions options) =>
        new NotebookRunner(options).RunAsync(path, Token);

    private static IEnumerable<string> Texts(NotebookCell cell) =>
        cell.Outputs.Select(output =>
            string.Concat((output!["text"] ?? output["data"]!["text/plain"])!.AsArray().Select(line => (string)line!))
        );

    private sealed class News : IProgress<RunEvent>
    {
        public List<RunEvent> Events { get; } = [];

        public Action<RunEvent>? On { get; init; }

        public void Report(RunEvent value)
        {
            lock (Events)
                Events.Add(value);
            On?.Invoke(value);
        }
    }
}
