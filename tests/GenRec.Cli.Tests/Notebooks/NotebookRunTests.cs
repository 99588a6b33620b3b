using System.Text.Json.Nodes;
using GenRec.Cli.Notebooks;
using GenRec.Notebooks.Running;

namespace GenRec.Cli.Tests.Notebooks;

public sealed class NotebookRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-notebooks-").FullName;

    private string Output => Path.Combine(folder, "out");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task CopiesAndASummaryAreWrittenAndAFailureIsNamedByCell()
    {
        var good = Notebook("00-good", ("var seed = 1;", true), ("Console.WriteLine(seed + 35);", false));
        var bad = Notebook("01-bad", ("throw new InvalidOperationException(\"no luck\");", false));
        var before = await File.ReadAllTextAsync(good, TestContext.Current.CancellationToken);

        var (code, said) = await RunAsync([good, bad], new Dictionary<string, string> { ["seed"] = "7" });

        Assert.Equal(1, code);
        Assert.Contains("00-good: passed", said);
        Assert.Contains("01-bad: failed in cell", said);
        Assert.Contains("no luck", said);
        Assert.Contains("1 of 2 notebooks passed", said);
        Assert.Contains(
            "42",
            await File.ReadAllTextAsync(Path.Combine(Output, "00-good.ipynb"), TestContext.Current.CancellationToken)
        );
        Assert.Equal(before, await File.ReadAllTextAsync(good, TestContext.Current.CancellationToken)); // the source stays
        Assert.Contains(
            "[00-good](00-good.ipynb) | passed",
            await File.ReadAllTextAsync(Path.Combine(Output, "summary.md"), TestContext.Current.CancellationToken)
        );
        var record = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(Output, "summary.json"), TestContext.Current.CancellationToken)
        )!;
        Assert.False((bool)record["passed"]!);
        Assert.Equal(2, record["notebooks"]!.AsArray().Count);
    }

    [Fact]
    public async Task AParameterThatNoNotebookHasIsWrongInput()
    {
        var only = Notebook("00-good", ("var seed = 1;", true));
        var error = await Assert.ThrowsAsync<UserError>(() =>
            RunAsync([only], new Dictionary<string, string> { ["sede"] = "7" })
        );
        Assert.Equal(2, error.ExitCode);
        Assert.Contains("Did you mean 'seed'?", error.Message);
        Assert.False(Directory.Exists(Output));
    }

    [Fact]
    public void NotebooksAreChosenByTheStartOfTheirNames()
    {
        string[] all = ["n/00-start-here.ipynb", "n/1/01-sasrec.ipynb", "n/1/02-bert4rec.ipynb"];
        Assert.Equal(all, NotebookChoice.Choose(all, []));
        Assert.Equal([all[1], all[2]], NotebookChoice.Choose(all, ["02", "01"])); // the folder's order
        Assert.Contains("01-sasrec", Assert.Throws<UserError>(() => NotebookChoice.Choose(all, ["9"])).Message);
    }

    private async Task<(int Code, string Said)> RunAsync(string[] notebooks, Dictionary<string, string> parameters)
    {
        using var output = new StringWriter();
        var options = new RunOptions
        {
            OutputFolder = Output,
            NotebooksRoot = folder,
            Parameters = parameters,
            Pictures = false,
        };
        var terminal = new Terminal(output, output);
        var code = await NotebookRun.WatchAsync(terminal, notebooks, options, TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }

    private string Notebook(string name, params (string Code, bool IsParameters)[] cells)
    {
        var notebook = new JsonObject
        {
            ["cells"] = new JsonArray([
                .. cells.Select(
                    (cell, i) =>
                        new JsonObject
                        {
                            ["cell_type"] = "code",
                            ["id"] = $"cell-{i}",
                            ["execution_count"] = null,
                            ["metadata"] = new JsonObject
                            {
                                ["tags"] = new JsonArray(cell.IsParameters ? ["parameters"] : []),
                            },
                            ["outputs"] = new JsonArray(),
                            ["source"] = cell.Code,
                        }
                ),
            ]),
            ["metadata"] = new JsonObject(),
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        };
        var path = Path.Combine(folder, $"{name}.ipynb");
        File.WriteAllText(path, notebook.ToJsonString());
        return path;
    }
}
