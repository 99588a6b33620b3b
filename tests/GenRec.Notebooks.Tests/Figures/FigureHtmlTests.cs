using GenRec.Notebooks.Figures;
using GenRec.Shared.Display;
using GenRec.Shared.Plotting;

namespace GenRec.Notebooks.Tests.Figures;

/// <summary>A figure's HTML in a browser without a network, as Jupyter's pages hold it.</summary>
public sealed class FigureHtmlTests : IDisposable
{
    private const string Drawn = "class=\"main-svg\"";

    // What require.js does to a library that is a module: it defines no global.
    private const string ModuleLoader = """
        <script>
        let paths = {}, module;
        globalThis.define = function (needs, make) { module = make(); };
        globalThis.define.amd = {};
        globalThis.require = function (names, done, failed) {
          const script = document.createElement('script');
          script.src = paths[names[0]][0] + '.js';
          script.onload = () => done(module);
          script.onerror = failed;
          document.head.appendChild(script);
        };
        globalThis.require.config = (config) => { paths = config.paths; };
        </script>
        """;

    private static readonly Figure Sample = GenRec.Shared.Plotting.Figures.LearningCurves(
        new FigureText("Loss falls", "It falls.", "epoch", "loss"),
        [new LearningCurve("SASRec", [1, 2], [3.0, 2.0])]
    );

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("<body data-base-url=\"{0}\">", "")] // classic Notebook's page
    [InlineData("<body data-base-url=\"{0}\">", ModuleLoader)]
    [InlineData(
        "<body><script id=\"jupyter-config-data\" type=\"application/json\">{{\"baseUrl\": \"{0}\"}}</script>",
        ""
    )]
    public async Task ItIsDrawnWithTheScriptInTheKernelsFolder(string body, string before)
    {
        var kernel = Directory.CreateDirectory(Path.Combine(folder.Path, "kernelspecs", PlotlyScript.KernelName));
        await File.WriteAllTextAsync(
            Path.Combine(kernel.FullName, PlotlyScript.FileName),
            PlotlyScript.Text,
            TestContext.Current.CancellationToken
        );
        var page = await OpenAsync(
            string.Format(body, new Uri(folder.Path + "/").AbsoluteUri) + before + Sample.ToHtml() + Sample.ToHtml()
        );
        Assert.True(page.Split(Drawn).Length > 2, page[..Math.Min(2000, page.Length)]); // both of them
    }

    [Fact]
    public async Task WithoutServerAndNetworkItStillSaysWhatItShows()
    {
        var page = await OpenAsync("<body>" + Sample.ToHtml());
        Assert.DoesNotContain(Drawn, page, StringComparison.Ordinal);
        Assert.Contains("<strong>Loss falls</strong>", page, StringComparison.Ordinal);
        Assert.Contains("The numbers", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APageOfItsOwnIsDrawn() =>
        Assert.Contains(Drawn, await OpenAsync(Sample.ToPage()), StringComparison.Ordinal);

    private async Task<string> OpenAsync(string html)
    {
        Assert.SkipUnless(
            Chromium.Find() is not null,
            "no Chromium, Chrome or Edge was found; GENREC_CHROMIUM names one"
        );
        var cancel = TestContext.Current.CancellationToken;
        var page = Path.Combine(folder.Path, "page.html");
        await File.WriteAllTextAsync(page, "<!DOCTYPE html><html>" + html, cancel);
        return await Chromium.DumpAsync(Chromium.Find()!, page, TimeSpan.FromSeconds(30), cancel);
    }
}
