using Plotly.NET;

namespace GenRec.Shared.Display;

/// <summary>The plotly.js that figures are drawn with: the one inside Plotly.NET, so that no network is needed.</summary>
public static class PlotlyScript
{
    /// <summary>Version of plotly.js; the one inside Plotly.NET 6.0.0.</summary>
    public const string Version = "2.28.0";

    /// <summary>
    /// Name of the file in the kernel's folder. A Jupyter server serves that folder to the page, so a notebook needs no copy
    /// of the script in it: <c>kernelspecs/.net-csharp/plotly-2.28.0.min.js</c>.
    /// </summary>
    public const string FileName = $"plotly-{Version}.min.js";

    /// <summary>Name of the kernel whose folder holds the file.</summary>
    public const string KernelName = ".net-csharp";

    private const string Resource = $"Plotly.NET.{FileName}";

    /// <summary>The script, about 3.6 MB.</summary>
    /// <exception cref="InvalidOperationException">Plotly.NET holds another version.</exception>
    public static string Text
    {
        get
        {
            using var stream =
                typeof(GenericChart).Assembly.GetManifestResourceStream(Resource)
                ?? throw new InvalidOperationException(
                    $"Plotly.NET holds no {Resource}: its version changed, change it here too."
                );
            using var reader = new StreamReader(stream);
            // A closing tag inside the library's own strings would end a script element.
            return reader.ReadToEnd().Replace("</script", "<\\/script", StringComparison.Ordinal);
        }
    }

    /// <summary>JavaScript that calls <c>draw(Plotly)</c> as soon as there is one, and never where there is none.</summary>
    /// <remarks>
    /// Classic Notebook has require.js, for which plotly.js must be a module; JupyterLab and plain pages have not. All figures
    /// of a page share one download.
    /// </remarks>
    internal const string Loader = $$"""
          const name = 'plotly-{{Version}}.min';
          function sources() {
            const lab = document.getElementById('jupyter-config-data');
            let base = document.body && document.body.dataset.baseUrl;
            try { base = base || (lab && JSON.parse(lab.textContent).baseUrl); } catch (error) { }
            const kernel = globalThis.Jupyter && Jupyter.notebook && Jupyter.notebook.kernel && Jupyter.notebook.kernel.name;
            const cdn = 'https://cdn.plot.ly/' + name;
            return base ? [base + 'kernelspecs/' + encodeURIComponent(kernel || '{{KernelName}}') + '/' + name, cdn] : [cdn];
          }
          function load(left) {
            return new Promise(function (done, failed) {
              const script = document.createElement('script');
              script.src = left[0] + '.js';
              script.onload = function () { globalThis.Plotly ? done(globalThis.Plotly) : failed(); };
              script.onerror = function () { left.length > 1 ? load(left.slice(1)).then(done, failed) : failed(); };
              document.head.appendChild(script);
            });
          }
          function find() {
            if (typeof globalThis.require === 'function' && globalThis.require.config) {
              globalThis.require.config({ paths: { [name]: sources() } });
              return new Promise(function (done, failed) { globalThis.require([name], done, failed); });
            }
            return load(sources());
          }
          if (globalThis.Plotly) { draw(globalThis.Plotly); }
          else {
            globalThis.genrecPlotly = globalThis.genrecPlotly || find();
            globalThis.genrecPlotly.then(draw, function () { globalThis.genrecPlotly = null; });
          }
        """;
}
