namespace GenRec.Notebooks.Tests.Sessions;

public sealed class DirectiveTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-directives-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task ImportRunsFilesBesideTheNotebookInOrder()
    {
        Directory.CreateDirectory(Path.Combine(folder, "inner"));
        Write(
            "helpers.csx",
            "#!import inner/deep.csx\nint Twice(int n) => n * Factor;\nConsole.WriteLine(\"imported\");\n42"
        );
        Write("inner/deep.csx", "#!import deeper.cs\nint Factor = Base + 1;");
        Write("inner/deeper.cs", "int Base = 1;");
        Write("with blank.csx", "var blank = \"found\";");
        using var session = new TestSession(folder);
        var (result, sink) = await session.RunAsync("var first = 1;\n#!import helpers.csx\nvar second = Twice(first);");
        Assert.True(result.Succeeded, result.Error?.Message);
        Assert.Equal("imported\n", sink.Out.ReplaceLineEndings("\n"));
        Assert.Empty(sink.Results); // the value of an imported file is not the cell's
        Assert.Equal("2", await session.ValueAsync("second"));
        Assert.Equal("found", await session.ValueAsync("#!import \"with blank.csx\"\nblank"));
    }

    [Fact]
    public async Task ImportRunsTheCodeCellsOfANotebook()
    {
        Write(
            "other.ipynb",
            """
            {"cells": [
             {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "not code"},
             {"cell_type": "code", "execution_count": null, "id": "b", "metadata": {}, "outputs": [], "source": "var fromNotebook = 7;"},
             {"cell_type": "code", "execution_count": null, "id": "c", "metadata": {}, "outputs": [], "source": ["var next =\n", " fromNotebook + 1;"]}
            ], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            """
        );
        using var session = new TestSession(folder);
        Assert.Equal("8", await session.ValueAsync("#!import other.ipynb\nnext"));
    }

    [Fact]
    public async Task TheBootstrapIsThereWithoutItsFile()
    {
        using var session = new TestSession(folder);
        Assert.Null(await session.ValueAsync("#!import bootstrap.csx"));
        Assert.Null(await session.ValueAsync("#!import ../bootstrap.csx"));
        Assert.Equal("3", await session.ValueAsync("zeros(3).shape[0]"));
    }

    [Fact]
    public async Task ABootstrapOfTheUsersOwnIsRun()
    {
        Write("bootstrap.csx", "var mine = 5;");
        using var session = new TestSession(folder);
        Assert.Equal("5", await session.ValueAsync("#!import bootstrap.csx\nmine"));
    }

    [Theory]
    [InlineData("#!import missing.csx", "no such file")]
    [InlineData("#!import", "needs a file")]
    [InlineData("#!import notes.md", "takes .csx, .cs and .ipynb")]
    [InlineData("#!import loop.csx", "imports itself")]
    [InlineData("var x = 1;\n#!fsharp\nx", "'#!fsharp' is not a directive")]
    [InlineData("#!share --from other x", "'#!share' is not a directive")]
    public async Task WrongDirectivesAreClearErrors(string code, string expected)
    {
        Write("notes.md", "text");
        Write("loop.csx", "#!import loop.csx");
        using var session = new TestSession(folder);
        var (result, _) = await session.RunAsync(code);
        Assert.Equal("DirectiveError", result.Error!.Name);
        Assert.Contains(expected, result.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ErrorsInImportedFilesNameTheFileAndItsLine()
    {
        Write("broken.csx", "var ok = 1;\nvar bad = nothing;");
        Write("throws.csx", "\n\nthrow new InvalidOperationException(\"on purpose\");");
        using var session = new TestSession(folder);
        var (compile, _) = await session.RunAsync("#!import broken.csx");
        Assert.Equal(("broken.csx", 2), (compile.Error!.Place, compile.Error.Line));
        var (thrown, _) = await session.RunAsync("#!import throws.csx");
        Assert.Equal(("throws.csx", 3), (thrown.Error!.Place, thrown.Error.Line));
    }

    [Fact]
    public async Task LinesAfterADirectiveKeepTheirNumbers()
    {
        using var session = new TestSession(folder);
        var (result, sink) = await session.RunAsync(
            "#!csharp\n#!time\nvar a = 1;\n#!import bootstrap.csx\nthrow new Exception(\"five\");"
        );
        Assert.Equal(("cell 1", 5), (result.Error!.Place, result.Error.Line));
        Assert.StartsWith("Wall time: ", sink.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADirectiveInsideAStringIsText()
    {
        using var session = new TestSession(folder);
        Assert.Equal("\n#!fsharp\n", await session.ValueAsync("var text = @\"\n#!fsharp\n\"; text"));
    }

    [Fact]
    public async Task LoadAndReferenceLookBesideTheNotebook()
    {
        Write("loaded.csx", "int Loaded() => 9;");
        using var session = new TestSession(folder);
        Assert.Equal("9", await session.ValueAsync("#load \"loaded.csx\"\nLoaded()"));
        File.Copy(typeof(CsCheck.Gen).Assembly.Location, Path.Combine(folder, "Strange.dll"));
        var (result, _) = await session.RunAsync("#r \"Strange.dll\"\ntypeof(CsCheck.Gen).Name");
        Assert.True(result.Succeeded, result.Error?.Message);
        var (missing, _) = await session.RunAsync("#r \"nuget: Plotly.NET, 6.0.0\"");
        Assert.Contains(
            "Packages are not restored",
            string.Join('\n', missing.Error!.Traceback),
            StringComparison.Ordinal
        );
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
}
