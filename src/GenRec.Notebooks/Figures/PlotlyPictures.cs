using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Notebooks.Files;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Figures;

/// <summary>Draws Plotly figures as PNG, all of a notebook in one call of the browser.</summary>
/// <remarks>The plotly.js is the one inside the Plotly.NET assembly; nothing is loaded from a network.</remarks>
public static class PlotlyPictures
{
    /// <summary>Width of a picture in pixels, unless the figure's layout gives one.</summary>
    public const int Width = 700;

    /// <summary>Height of a picture in pixels, unless the figure's layout gives one.</summary>
    public const int Height = 420;

    private const string Begin = "genrec-pictures-begin";
    private const string End = "genrec-pictures-end";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>Adds a picture to every figure of a notebook that has none.</summary>
    /// <param name="notebook">The notebook; outputs with a Plotly figure are changed.</param>
    /// <param name="cancel">Stops the browser.</param>
    /// <returns>What could not be drawn and why; empty where all is well.</returns>
    public static async Task<IReadOnlyList<string>> AddAsync(Notebook notebook, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        JsonObject[] missing = [.. PictureMemory.FigureData(notebook).Where(data => data[MimeTypes.Png] is null)];
        if (missing.Length == 0)
            return [];
        if (Chromium.Find() is not { } browser)
            return
            [
                $"{missing.Length} figures have no picture: no Chromium, Chrome or Edge was found ({Chromium.Variable} names one).",
            ];
        try
        {
            var drawn = await DrawAsync(
                    browser,
                    [.. missing.Select(data => data[MimeTypes.Plotly]!.AsObject())],
                    cancel
                )
                .ConfigureAwait(false);
            var notes = new List<string>();
            foreach (var (data, picture) in missing.Zip(drawn))
                if (picture.Png is { } png)
                    PictureMemory.Add(data, Convert.ToBase64String(png));
                else
                    notes.Add($"a figure has no picture: {picture.Problem}");
            return notes;
        }
        catch (IOException e)
        {
            return [$"{missing.Length} figures have no picture: {e.Message}"];
        }
    }

    /// <summary>Draws one figure, or returns null where no browser can.</summary>
    /// <param name="json">The figure as plotly JSON.</param>
    public static byte[]? TryDraw(string json)
    {
        if (Chromium.Find() is not { } browser)
            return null;
        try
        {
            return Task.Run(() => DrawAsync(browser, [JsonNode.Parse(json)!.AsObject()]))
                .GetAwaiter()
                .GetResult()[0]
                .Png;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Draws figures.</summary>
    /// <param name="browser">The browser's program, see <see cref="Chromium.Find"/>.</param>
    /// <param name="figures">Each with <c>data</c> and <c>layout</c>.</param>
    /// <param name="cancel">Stops the browser.</param>
    /// <returns>For each figure its PNG, or why there is none.</returns>
    /// <exception cref="IOException">The browser failed.</exception>
    public static async Task<IReadOnlyList<(byte[]? Png, string? Problem)>> DrawAsync(
        string browser,
        IReadOnlyList<JsonObject> figures,
        CancellationToken cancel = default
    )
    {
        var folder = Directory.CreateTempSubdirectory("genrec-figures-");
        try
        {
            var page = Path.Combine(folder.FullName, "figures.html");
            await File.WriteAllTextAsync(page, Page(figures), cancel).ConfigureAwait(false);
            var document = await Chromium.DumpAsync(browser, page, Limit, cancel).ConfigureAwait(false);
            return Read(document, figures.Count);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Page(IReadOnlyList<JsonObject> figures)
    {
        // JSON inside a script: a closing tag or a comment in a title must not end it.
        var json = new JsonArray([.. figures.Select(figure => figure.DeepClone())])
            .ToJsonString()
            .Replace("<", "\\u003c", StringComparison.Ordinal);
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html><html><head><meta charset=\"utf-8\"><script>")
            .Append(PlotlyScript.Text)
            .Append("</script></head>");
        page.Append("<body><script>const figures = ").Append(json).Append(";\n");
        page.Append(
            $$"""
            (async () => {
              const pictures = [];
              for (const figure of figures) {
                const box = document.createElement('div');
                document.body.appendChild(box);
                try {
                  const given = figure.layout ?? {};
                  const size = { width: given.width ?? {{Width}}, height: given.height ?? {{Height}} };
                  const layout = { ...given, ...size, autosize: false, paper_bgcolor: '#fff' };
                  if ((layout.plot_bgcolor ?? '').includes('rgba')) layout.plot_bgcolor = '#fff';
                  await Plotly.newPlot(box, figure.data, layout, { staticPlot: true });
                  pictures.push(await Plotly.toImage(box, { format: 'png', scale: 1, ...size }));
                } catch (error) {
                  pictures.push('problem:' + error);
                }
                Plotly.purge(box);
                box.remove();
              }
              document.head.replaceChildren();
              document.body.textContent = '{{Begin}}' + JSON.stringify(pictures) + '{{End}}';
            })();
            """
        );
        return page.Append("</script></body></html>").ToString();
    }

    private static List<(byte[]? Png, string? Problem)> Read(string document, int count)
    {
        const string Prefix = "data:image/png;base64,";
        var begin = document.LastIndexOf(Begin, StringComparison.Ordinal);
        var end = document.LastIndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new IOException("the browser did not finish the figures.");
        var json = System.Net.WebUtility.HtmlDecode(document[(begin + Begin.Length)..end]);
        var pictures = JsonSerializer.Deserialize<string[]>(json)!;
        if (pictures.Length != count)
            throw new IOException($"the browser drew {pictures.Length} of {count} figures.");
        return
        [
            .. pictures.Select(picture =>
                picture.StartsWith(Prefix, StringComparison.Ordinal)
                    ? (Convert.FromBase64String(picture[Prefix.Length..]), null)
                    : ((byte[]?)null, (string?)picture)
            ),
        ];
    }
}
