using System.Security.Cryptography;
using System.Text;

namespace GenRec.Shared.Display;

/// <summary>Writes figures as HTML.</summary>
internal static class FigureHtml
{
    /// <summary>A piece of a page. Drawn when plotly.js is there or can be loaded; before that, title, caption and numbers.</summary>
    public static string Fragment(Figure figure)
    {
        var json = Json(figure);
        var id = "figure-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)).AsSpan(0, 8));
        // Found by class and marked when drawn: the same figure may stand on a page twice.
        return $$"""
            <figure class="{{id}}" style="margin:0">
            <div>{{Fallback(figure)}}</div>
            <script>
            (function () {
              const chart = {{json}};
              function draw(plotly) {
                for (const figure of document.querySelectorAll('.{{id}}:not([data-drawn])')) {
                  figure.dataset.drawn = 'yes';
                  const box = figure.firstElementChild;
                  box.replaceChildren();
                  box.style.height = '{{figure.Height}}px';
                  plotly.newPlot(box, chart.data, chart.layout, chart.config);
                }
              }
            {{PlotlyScript.Loader}}
            })();
            </script>
            </figure>
            """;
    }

    /// <summary>A page of its own, plotly.js included.</summary>
    public static string Page(Figure figure, int? width, bool forPicture) =>
        $$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>{{HtmlText.Escape(figure.Title)}}</title>
            <style>body { margin: 0 } #figure { height: {{figure.Height}}px; width: {{(
                width is { } fixedWidth ? $"{fixedWidth}px" : "100%"
            )}} }</style>
            <script>{{PlotlyScript.Text}}</script></head>
            <body><div id="figure"></div><script>
            const chart = {{Json(figure)}};
            const config = { ...chart.config, ...{{(forPicture ? "{ displayModeBar: false }" : "{}")}} };
            Plotly.newPlot('figure', chart.data, chart.layout, config)
              .then(function () { document.body.dataset.drawn = 'yes'; });
            </script></body></html>
            """;

    // "<" occurs only inside strings of JSON, so a script end in a label cannot close the script.
    private static string Json(Figure figure) =>
        figure.ToPlotlyJson().Replace("<", "\\u003c", StringComparison.Ordinal);

    private static string Fallback(Figure figure)
    {
        var html = new StringBuilder();
        html.Append("<strong>").Append(HtmlText.Escape(figure.Title)).Append("</strong>");
        html.Append("<figcaption>").Append(HtmlText.Escape(figure.Caption)).Append("</figcaption>");
        if (figure.Data is { } data)
            html.Append("<details><summary>The numbers</summary>").Append(data.ToHtml()).Append("</details>");
        return html.ToString();
    }
}
