using System.Text.Json;
using GenRec.Notebooks.Files;
using GenRec.Shared.Data;
using Microsoft.Playwright;

namespace GenRec.Notebooks.Tests.Clients;

/// <summary>What a reader sees. The pictures are kept in <c>artifacts/pictures</c> and with the test results.</summary>
[Collection(JupyterClients.Name)]
public sealed class BrowserTests(JupyterHome jupyter)
{
    private const int Figures = 5; // in notebook 01, the live one among them
    private const int Epochs = 40; // enough to see the training live: at smoke scale it would be over at once
    private const string White = "#ffffff";
    private const string Dark = "#1e1e1e";

    // Notes what the training's cell shows while it runs.
    private const string Watch = """
        () => {
          const cell = Jupyter.notebook.get_cells().find(cell => cell.get_text().includes('new TrainingWatch('));
          const box = cell.element[0];
          box.id = 'training';
          window.seen = { bars: [], curves: [] };
          const note = (list, what) => { if (list.at(-1) !== what) list.push(what); };
          new MutationObserver(() => {
            if (!box.querySelector('.input_prompt').textContent.includes('*')) return;
            const bar = box.querySelector('[role=progressbar]');
            if (bar) note(seen.bars, bar.getAttribute('aria-valuenow'));
            const plot = box.querySelector('.js-plotly-plot');
            if (plot?.querySelector('.scatterlayer .trace')) note(seen.curves, JSON.stringify(plot.data.map(t => t.y)));
          }).observe(box, { childList: true, subtree: true });
        }
        """;

    [Fact]
    public async Task ATrainingIsDrawnWhileItRunsAndEveryFigureOfTheNotebookIsOnThePage()
    {
        var program = JupyterHome.SkipUnlessBrowser();
        jupyter.Copy("1-sparse-ids/01-sasrec.ipynb", "01-sasrec.ipynb", scale: "smoke", TrainLonger);
        await using var server = await JupyterServer.StartAsync(jupyter);
        await using var notebook = await NotebookPage.OpenAsync(
            program,
            new Uri(server.Address, "notebooks/01-sasrec.ipynb")
        );
        var page = notebook.Page;
        await page.EvaluateAsync(Watch);
        await notebook.RunAllAsync();

        await page.WaitForFunctionAsync(
            "() => seen.curves.length > 1 || document.querySelector('.output_error') || Jupyter.notebook.get_cells()"
                + ".find(cell => cell.element[0].id === 'training').input_prompt_number > 0"
        );
        await KeepAsync(page.Locator("#training"), "training-live");
        Assert.Equal("", await notebook.FinishAsync());
        var seen = await page.EvaluateAsync<JsonElement>("() => seen");
        Assert.InRange(seen.GetProperty("bars").GetArrayLength(), 3, 1000);
        Assert.InRange(seen.GetProperty("curves").GetArrayLength(), 2, 1000);
        var training = page.Locator("#training");
        Assert.Contains("done in", await training.InnerTextAsync(), StringComparison.Ordinal);

        var plots = page.Locator(".js-plotly-plot");
        Assert.Equal(Figures, await plots.CountAsync());
        for (var i = 0; i < Figures; i++)
            await IsDrawnAsync(notebook, plots.Nth(i), $"figure-{i + 1}", White);
        await KeepAsync(training, "training");
        await training.EvaluateAsync("training => training.previousElementSibling.scrollIntoView()");
        await KeepAsync(page.Locator("body"), "page");
        await notebook.UnfoldAsync();
        await KeepAsync(page.Locator("#notebook-container"), "notebook");

        await notebook.DarkenAsync(Dark); // what we draw has no background of its own, and ink that is seen on both
        await IsDrawnAsync(notebook, plots.Nth(1), "figure-2-dark", Dark);
        await KeepAsync(page.Locator("#notebook-container"), "notebook-dark");
        Assert.Empty(notebook.Problems);
    }

    private static void TrainLonger(Notebook notebook)
    {
        const string Options = "Training(\"ce\", seed), watch";
        var cell = Assert.Single(notebook.Cells, cell => cell.Source.Contains(Options, StringComparison.Ordinal));
        var longer =
            $"Training(\"ce\", seed)\n    with {{ Epochs = {Epochs}, Patience = null, ReportEverySteps = 4 }}, watch";
        cell.Source = cell.Source.Replace(Options, longer, StringComparison.Ordinal);
    }

    // Looks at the pixels: each trace's colour must be there, and more background than anything else.
    private static async Task IsDrawnAsync(NotebookPage notebook, ILocator plot, string name, string background)
    {
        var picture = await KeepAsync(plot, name);
        var colours = await plot.EvaluateAsync<string[]>(
            "plot => [...new Set(plot._fullData.map(t => t.line?.color ?? t.marker?.color)"
                + ".filter(colour => typeof colour === 'string'))]"
        );
        var box = await plot.BoundingBoxAsync();
        Assert.InRange(box!.Width, 400, 1240);
        Assert.InRange(box.Height, 250, 900);
        var counts = await notebook.PixelsAsync(picture, [background, .. colours]);
        foreach (var (colour, count) in colours.Zip(counts.Skip(1)))
            Assert.True(count >= 40, $"{name}: {count} pixels of {colour}");
        var all = box.Width * box.Height;
        Assert.InRange(counts[0], 0.3 * all, 0.98 * all);
    }

    private static async Task<byte[]> KeepAsync(ILocator what, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(DataFolders.Repository!, "artifacts", "pictures"));
        var path = Path.Combine(folder.FullName, $"{name}.png");
        var picture = await what.ScreenshotAsync(new() { Path = path });
        TestContext.Current.AddAttachment($"{name}.png", picture, "image/png");
        return picture;
    }
}
