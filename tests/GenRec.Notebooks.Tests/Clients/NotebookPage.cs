using System.Text.Json;
using Microsoft.Playwright;

namespace GenRec.Notebooks.Tests.Clients;

/// <summary>A notebook in Jupyter Notebook, in a browser without a window.</summary>
internal sealed class NotebookPage : IAsyncDisposable
{
    private const float Patience = 240_000; // milliseconds

    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private NotebookPage(IPlaywright playwright, IBrowser browser, IPage page) =>
        (this.playwright, this.browser, Page) = (playwright, browser, page);

    public IPage Page { get; }

    /// <summary>What went wrong in the page's scripts.</summary>
    public List<string> Problems { get; } = [];

    public static async Task<NotebookPage> OpenAsync(string program, Uri notebook)
    {
        var playwright = await Playwright.CreateAsync();
        var options = new BrowserTypeLaunchOptions { ExecutablePath = program, Args = ["--no-sandbox"] };
        var browser = await playwright.Chromium.LaunchAsync(options);
        var page = await browser.NewPageAsync(
            new()
            {
                ViewportSize = new() { Width = 1240, Height = 1000 },
            }
        );
        page.SetDefaultTimeout(Patience);
        var opened = new NotebookPage(playwright, browser, page);
        page.PageError += (_, problem) => opened.Problems.Add(problem);
        await page.GotoAsync(notebook.AbsoluteUri);
        await page.WaitForFunctionAsync(
            "() => window.Jupyter?.notebook?.kernel?.is_connected() && Jupyter.notebook._fully_loaded"
        );
        return opened;
    }

    /// <summary>Runs all cells, by the menu as a reader does.</summary>
    public async Task RunAllAsync()
    {
        await Page.ClickAsync("#celllink");
        await Page.ClickAsync("#run_all_cells");
    }

    /// <summary>Waits until every code cell has run, or one has failed.</summary>
    /// <returns>The text of the error shown; empty where all is well.</returns>
    public async Task<string> FinishAsync()
    {
        await Page.WaitForFunctionAsync(
            """
            () => document.querySelector('.output_error') || (!Jupyter.notebook.kernel_busy
              && [...document.querySelectorAll('.code_cell .input_prompt')].every(p => /\[\d+\]/.test(p.textContent)))
            """
        );
        return await Page.EvaluateAsync<string>("() => document.querySelector('.output_error')?.textContent ?? ''");
    }

    /// <summary>Makes the window as high as the notebook, for a picture of all of it.</summary>
    public async Task UnfoldAsync()
    {
        var height = await Page.EvaluateAsync<int>("() => document.querySelector('#notebook-container').scrollHeight");
        await Page.SetViewportSizeAsync(1240, height + 300);
    }

    /// <summary>Light text on a dark page, set from outside as editors do: Jupyter Notebook has no dark theme.</summary>
    public Task DarkenAsync(string background) =>
        Page.AddStyleTagAsync(
            new()
            {
                Content = $$"""
                body, #site, #notebook, #notebook-container, .output_area { background: {{background}} !important; }
                #notebook-container, .rendered_html, .output_area pre { color: #d4d4d4 !important; }
                .rendered_html table { color: inherit !important; }
                .rendered_html tr { background: none !important; }
                """,
            }
        );

    /// <summary>How many pixels of a picture are of each of some colours, give or take what smoothing changes.</summary>
    /// <param name="png">The picture.</param>
    /// <param name="colours">As CSS writes them.</param>
    public async Task<int[]> PixelsAsync(byte[] png, IEnumerable<string> colours) =>
        (
            await Page.EvaluateAsync<JsonElement>(
                """
                async ([picture, colours]) => {
                  const image = new Image();
                  image.src = 'data:image/png;base64,' + picture;
                  await image.decode();
                  const canvas = document.createElement('canvas');
                  [canvas.width, canvas.height] = [image.width, image.height];
                  const context = canvas.getContext('2d', { willReadFrequently: true });
                  const wanted = colours.map(colour => {
                    context.fillStyle = colour;
                    context.fillRect(0, 0, 1, 1);
                    return context.getImageData(0, 0, 1, 1).data;
                  });
                  context.drawImage(image, 0, 0);
                  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
                  const counts = wanted.map(() => 0);
                  for (let i = 0; i < pixels.length; i += 4)
                    wanted.forEach((w, c) => {
                      if ([0, 1, 2].every(k => Math.abs(pixels[i + k] - w[k]) < 24)) counts[c]++;
                    });
                  return counts;
                }
                """,
                new object[] { Convert.ToBase64String(png), colours.ToArray() }
            )
        ).Deserialize<int[]>()!;

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
