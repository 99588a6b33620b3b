using System.Text.Json.Nodes;
using GenRec.Notebooks.Files;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Tests.Clients;

/// <summary>Programs that execute whole notebooks, with our kernel found by the notebook's metadata.</summary>
[Collection(JupyterClients.Name)]
public sealed class NotebookClientTests(JupyterHome jupyter)
{
    [Theory]
    [InlineData("00-start-here.ipynb", 3)]
    [InlineData("1-sparse-ids/01-sasrec.ipynb", 5)]
    public async Task NbClientExecutesItWithParametersAsPapermillGivesThem(string path, int figures)
    {
        JupyterHome.SkipUnlessInstalled();
        var copy = jupyter.Copy(path, "given.ipynb");
        var target = Path.Combine(jupyter.Folder, "executed.ipynb");
        var (code, said) = await jupyter.RunPythonAsync("execute_notebook.py", copy, target, "var scale = \"smoke\";");
        Assert.True(code == 0, said);

        var cells = Notebook.Read(target).Cells.Where(cell => cell.Kind == CellKind.Code).ToArray();
        Assert.All(cells, cell => Assert.NotNull(cell.ExecutionCount));
        Assert.Contains("smoke", AllText(cells), StringComparison.Ordinal); // the value given, not the notebook's own
        var outputs = cells.SelectMany(cell => cell.Outputs).Select(output => output!.AsObject()).ToArray();
        Assert.DoesNotContain(outputs, output => (string)output["output_type"]! == "error");
        var bundles = outputs.Select(output => output["data"]).OfType<JsonObject>().ToArray();
        var drawn = bundles.Where(bundle => bundle.ContainsKey(MimeTypes.Plotly)).ToArray();
        Assert.Equal(figures, drawn.Length);
        Assert.All(drawn, bundle => Assert.Contains("<figure", CellText.Join(bundle[MimeTypes.Html])));
        Assert.All(bundles, bundle => Assert.True(bundle.ContainsKey(MimeTypes.Text))); // never a tree of properties
    }

    [Fact]
    public async Task NbClientKeepsTheLastStateOfALiveTraining()
    {
        JupyterHome.SkipUnlessInstalled();
        const string Training = """
            using (var watch = new TrainingWatch("a run", "NDCG@10"))
            {
                var split = Splits.LeaveOneOut(World.Create(WorldPreset.Smoke).Dataset.Interactions);
                var preset = SasRecPreset.Find($"sasrec-ce-{WorldPreset.Smoke.Name}-smoke");
                await Trainer.FitAsync(new SasRecTask("world", split, preset.Model, 1), preset.Training, watch);
            }
            """;
        var path = Notebooks.Write(jupyter.Folder, "training.ipynb", "#!import bootstrap.csx", Training);
        var target = Path.Combine(jupyter.Folder, "trained.ipynb");
        var (code, said) = await jupyter.RunPythonAsync("execute_notebook.py", path, target);
        Assert.True(code == 0, said);
        var outputs = Notebook.Read(target).Cells[1].Outputs.Select(output => output!["data"]!.AsObject()).ToArray();
        Assert.Equal(2, outputs.Length); // one line, one figure, however often they changed
        Assert.Contains("done in", CellText.Join(outputs[0][MimeTypes.Text]), StringComparison.Ordinal);
        Assert.True(outputs[1].ContainsKey(MimeTypes.Plotly));
    }

    [Fact]
    public async Task NbConvertExecutesItIntoAPage()
    {
        JupyterHome.SkipUnlessInstalled();
        var copy = jupyter.Copy("00-start-here.ipynb", "page.ipynb", scale: "smoke");
        var (code, said) = await JupyterHome.RunAsync(
            jupyter.Start(
                JupyterHome.Python,
                ["-m", "nbconvert", "--execute", "--to", "html", "--ExecutePreprocessor.startup_timeout=120", copy]
            )
        );
        Assert.True(code == 0, said);
        var page = await File.ReadAllTextAsync(Path.ChangeExtension(copy, ".html"));
        Assert.Contains("<figure", page, StringComparison.Ordinal);
        Assert.Contains("OneRec", page, StringComparison.Ordinal); // the reading list's table
        Assert.Contains("popularity, ", page, StringComparison.Ordinal);
    }

    private static string AllText(IEnumerable<NotebookCell> cells) =>
        string.Join('\n', cells.SelectMany(cell => cell.Outputs).Select(output => CellText.Join(output!["text"])));
}
