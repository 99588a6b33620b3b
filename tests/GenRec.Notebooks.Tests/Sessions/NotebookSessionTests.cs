using GenRec.Notebooks.Sessions;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Tests.Sessions;

public sealed class NotebookSessionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StateAndAwaitsCrossCells()
    {
        using var session = new TestSession();
        Assert.Null(await session.ValueAsync("int a = 3; int Twice(int n) => 2 * n; record Point(int X, int Y);"));
        Assert.Null(await session.ValueAsync("await Task.Delay(5); var b = Twice(a);"));
        Assert.Equal("6", await session.ValueAsync("b"));
        Assert.Equal("Point { X = 1, Y = 6 }", await session.ValueAsync("new Point(1, b).ToString()"));
        Assert.Contains(session.Session.Variables, variable => variable.Name == "b" && variable.Value is 6);
    }

    [Fact]
    public async Task OnlyALastExpressionWithoutSemicolonIsAResult()
    {
        using var session = new TestSession();
        Assert.Null(await session.ValueAsync("var x = 1;"));
        Assert.Equal("2", await session.ValueAsync("var y = 1;\n1 + y"));
        Assert.Equal("null", await session.ValueAsync("string s = null; s"));
        Assert.Null(await session.ValueAsync("GC.KeepAlive(s)"));
        Assert.Equal("1.5", await session.ValueAsync("3 / 2.0"));
    }

    [Fact]
    public async Task ConsoleOfACellGoesToItsSinkInWholeLines()
    {
        using var session = new TestSession();
        var before = Console.Out;
        var (_, sink) = await session.RunAsync(
            """
            Console.Write("a"); Console.WriteLine("b"); Console.Error.WriteLine("oops");
            await Task.Run(() => Console.WriteLine("from a task"));
            new Thread(() => Console.WriteLine("from a thread")).UnsafeAndJoin();
            static class Threads { public static void UnsafeAndJoin(this Thread t) { t.Start(); t.Join(); } }
            """
        );
        // An extension class cannot be declared in a script: the cell must say so instead of printing.
        Assert.Contains("CS1109", Assert.Single(sink.Errors).Message, StringComparison.Ordinal);
        (_, sink) = await session.RunAsync(
            """
            Console.Write("a"); Console.WriteLine("b"); Console.Error.WriteLine("oops");
            await Task.Run(() => Console.WriteLine("from a task"));
            var thread = new Thread(() => Console.WriteLine("from a thread")); thread.Start(); thread.Join();
            Console.Write("no line end");
            """
        );
        Assert.Equal("ab\nfrom a task\nfrom a thread\nno line end", sink.Out.ReplaceLineEndings("\n"));
        Assert.Equal("oops\n", sink.ErrorText.ReplaceLineEndings("\n"));
        Assert.Equal("ab\n", sink.Calls[0].ReplaceLineEndings("\n"));
        Assert.Same(before, Console.Out);
    }

    [Fact]
    public async Task TwoSessionsAtOnceKeepTheirOutputsApart()
    {
        using var one = new TestSession();
        using var two = new TestSession();
        const string Code =
            "for (var i = 0; i < 200; i++) { Console.WriteLine(name); if (i % 20 == 0) await Task.Delay(1); }";
        await one.ValueAsync("var name = \"one\";");
        await two.ValueAsync("var name = \"two\";");
        var runs = await Task.WhenAll(one.RunAsync(Code), two.RunAsync(Code));
        Assert.Equal(200, runs[0].Sink.Out.Split("one").Length - 1);
        Assert.DoesNotContain("two", runs[0].Sink.Out, StringComparison.Ordinal);
        Assert.Equal(200, runs[1].Sink.Out.Split("two").Length - 1);
    }

    [Fact]
    public async Task CompileErrorsGiveLineAndColumnAndLeaveTheSessionUsable()
    {
        using var session = new TestSession();
        await session.ValueAsync("var kept = 5;");
        var (result, sink) = await session.RunAsync("var a = 1;\nvar b = missing + 1;");
        Assert.Equal(CellOutcome.Failed, result.Outcome);
        var error = Assert.Single(sink.Errors);
        Assert.Equal("CompileError", error.Name);
        Assert.Equal(("cell 2", 2), (error.Place, error.Line));
        Assert.StartsWith("cell 2, line 2, column 9: CS0103", error.Message, StringComparison.Ordinal);
        Assert.Equal("          ^^^^^^^", error.Traceback[2]);
        Assert.Equal("5", await session.ValueAsync("kept"));
    }

    [Fact]
    public async Task ExceptionsNameTheLineAndFoldOurFrames()
    {
        using var session = new TestSession();
        await session.ValueAsync(
            "int Parse(string s)\n{\n    try { return int.Parse(s); } finally { GC.KeepAlive(s); }\n}"
        );
        var (result, sink) = await session.RunAsync("var before = 1;\n\nvar n = Parse(\"x\");\nvar after = 2;");
        var error = Assert.Single(sink.Errors);
        Assert.Same(error, result.Error);
        Assert.Equal("FormatException", error.Name);
        var text = string.Join('\n', error.Traceback);
        Assert.Contains("at Parse, cell 1, line 3", text, StringComparison.Ordinal);
        Assert.EndsWith("at cell 2, line 3", text, StringComparison.Ordinal);
        Assert.Contains(
            "-->   3 |     try { return int.Parse(s); } finally { GC.KeepAlive(s); }",
            text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("CodeAnalysis", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Submission#", text, StringComparison.Ordinal);
        Assert.Equal("1", await session.ValueAsync("before")); // what ran before the throw stays
    }

    [Fact]
    public async Task CallsInsideTheLibrariesAreFolded()
    {
        using var session = new TestSession();
        var (result, _) = await session.RunAsync(
            "var text = \"<a><b></a>\";\nvar page = System.Xml.Linq.XDocument.Parse(text);"
        );
        var text = string.Join('\n', result.Error!.Traceback);
        Assert.Contains("--> ", text, StringComparison.Ordinal);
        Assert.Matches(
            @"\.\.\. \d+ calls inside the libraries \.\.\.\n   at System\.Xml\.Linq\.XDocument\.Parse",
            text
        );
        Assert.Equal(("cell 1", 2), (result.Error.Place, result.Error.Line));
    }

    [Fact]
    public async Task OurAssembliesAreTheLoadedOnesWhateverPathIsReferenced()
    {
        using var session = new TestSession();
        await session.ValueAsync(
            "#r \"/no/such/folder/GenRec.Shared.dll\"\n#r \"TorchSharp.dll\"\nvar ours = typeof(GenRec.Shared.Data.Histories);"
        );
        var ours = session.Session.Variables.Single(variable => variable.Name == "ours").Value;
        Assert.Same(typeof(GenRec.Shared.Data.Histories), ours);
        await session.ValueAsync(
            "var chart = typeof(Plotly.NET.GenericChart); var frame = typeof(DataFrame); var t = typeof(torch);"
        );
        Assert.Same(typeof(Plotly.NET.GenericChart), session.Session.Variables.Single(v => v.Name == "chart").Value);
        Assert.Same(
            typeof(Microsoft.Data.Analysis.DataFrame),
            session.Session.Variables.Single(v => v.Name == "frame").Value
        );
        Assert.Same(typeof(TorchSharp.torch), session.Session.Variables.Single(v => v.Name == "t").Value);
    }

    [Fact]
    public async Task TensorsAndChartsWorkInCells()
    {
        using var session = new TestSession();
        Assert.Equal("6", await session.ValueAsync("ones(2, 3).sum().item<float>()"));
        var (result, sink) = await session.RunAsync(
            "var trace = new Plotly.NET.Trace(\"scatter\"); trace.SetProperty(\"y\", new[] { 3, 4 });\nGenericChart.ofTraceObject(true, trace)"
        );
        Assert.True(result.Succeeded, result.Error?.Message);
        Assert.Equal("scatter", (string?)Assert.Single(sink.Results).Data[MimeTypes.Plotly]["data"]![0]!["type"]);
        await session.ValueAsync("1");
        Assert.Single(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "FSharp.Core");
    }

    [Fact]
    public async Task NoTypeOfTheLibraryHasAnAmbiguousName()
    {
        var opened = SessionDefaults.Usings.ToHashSet(StringComparer.Ordinal);
        var names = SessionDefaults
            .Library.GetExportedTypes()
            .Where(type => !type.IsNested && !type.IsGenericType && opened.Contains(type.Namespace!))
            .Select(type => type.Name);
        using var session = new TestSession();
        await session.ValueAsync(string.Join('\n', names.Select(name => $"GC.KeepAlive(typeof({name}));")));
    }

    [Fact]
    public async Task GradientModeLastsFromCellToCell()
    {
        using var session = new TestSession();
        await session.ValueAsync("torch.set_grad_enabled(false);");
        Assert.Equal("False", await session.ValueAsync("torch.is_grad_enabled()"));
        await session.ValueAsync("torch.set_grad_enabled(true);");
        Assert.Equal("True", await session.ValueAsync("torch.is_grad_enabled()"));
    }

    [Fact]
    public async Task CSharp14IsRefused()
    {
        using var session = new TestSession();
        var (_, sink) = await session.RunAsync("class C { public int P { get; set => field = value; } }");
        Assert.Equal("CompileError", Assert.Single(sink.Errors).Name);
    }

    [Fact]
    public async Task AValueThatThrowsWhileItIsShownIsTheCellsError()
    {
        using var session = new TestSession();
        var (result, _) = await session.RunAsync(
            "class Bad { public override string ToString() => throw new InvalidOperationException(\"no words\"); }\nnew System.Text.StringBuilder().Append(new Bad())"
        );
        Assert.Equal(CellOutcome.Failed, result.Outcome);
        Assert.Equal("no words", result.Error!.Message);
    }

    [Fact]
    public async Task ReadLineWithoutAKeyboardIsAClearError()
    {
        using var session = new TestSession();
        var (_, sink) = await session.RunAsync("var line = Console.ReadLine();");
        Assert.Contains("nobody can answer", Assert.Single(sink.Errors).Message, StringComparison.Ordinal);
        Assert.False(Token.IsCancellationRequested);
    }
}
