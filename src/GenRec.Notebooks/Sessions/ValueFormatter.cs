using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Shared.Display;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;
using Plotly.NET;
using TorchSharp;
using CellHtml = GenRec.Notebooks.Cells.HtmlText;

namespace GenRec.Notebooks.Sessions;

/// <summary>From any value to what a front end can show.</summary>
/// <remarks>
/// Rich values bring their own bundle; charts, tensors and data frames are shown as such; plain values as text;
/// everything
/// else through Microsoft.DotNet.Interactive.Formatting, as .NET Interactive shows it.
/// </remarks>
public static class ValueFormatter
{
    private const int MostTextLines = 40;

    static ValueFormatter()
    {
        Formatter.ListExpansionLimit = 10;
        Formatter.RecursionLimit = 4;
    }

    /// <summary>All forms of a value.</summary>
    /// <param name="value">Anything; null is shown as such.</param>
    /// <param name="mime">Only this form: a string is taken as being in it; null for all forms.</param>
    public static MimeBundle Format(object? value, string? mime = null) =>
        mime is null ? Format(value) : FormatAs(value, mime);

    private static MimeBundle FormatAs(object? value, string mime)
    {
        if (value is string text)
            return new MimeBundle([new(mime, IsJson(mime) ? Parse(text) : text)]);
        var all = Format(value);
        if (all.Data.TryGetValue(mime, out var form))
            return new MimeBundle([new(mime, form)]);
        return new MimeBundle([new(mime, value.ToDisplayString(mime))]);
    }

    private static MimeBundle Format(object? value) =>
        value switch
        {
            null => MimeBundle.OfText("null"),
            MimeBundle bundle => bundle,
            CellHtml html => MimeBundle.OfHtml(html.Html, html.ToString()),
            string text => MimeBundle.OfText(text),
            IRichValue rich => OfRichValue(rich),
            DataFrame frame => OfRichValue(frame.AsTable()),
            JsonNode json => MimeBundle.OfText(json.ToJsonString(new JsonSerializerOptions { WriteIndented = true })),
            GenericChart chart => OfChart(chart),
            torch.Tensor tensor => OfTensor(tensor),
            IFormattable plain when IsPlain(value.GetType()) => MimeBundle.OfText(
                plain.ToString(null, CultureInfo.InvariantCulture)
            ),
            _ when IsPlain(value.GetType()) => MimeBundle.OfText(value.ToString() ?? ""),
            _ => OfObject(value),
        };

    private static bool IsPlain(Type type) =>
        type.IsPrimitive
        || type.IsEnum
        || type == typeof(decimal)
        || type == typeof(DateTime)
        || type == typeof(DateOnly)
        || type == typeof(TimeOnly)
        || type == typeof(DateTimeOffset)
        || type == typeof(TimeSpan)
        || type == typeof(Guid)
        || type == typeof(Uri)
        || type == typeof(Version)
        || type == typeof(StringBuilder)
        || type == typeof(Half)
        || type == typeof(Int128)
        || type == typeof(System.Numerics.BigInteger);

    private static MimeBundle OfRichValue(IRichValue value) =>
        new(
            value
                .ToMimeBundle()
                .Select(form => KeyValuePair.Create(form.Key, IsJson(form.Key) ? Parse(form.Value) : form.Value))
        );

    private static MimeBundle OfChart(GenericChart chart)
    {
        var title = "Plotly chart";
        return new MimeBundle([new(MimeTypes.Plotly, Parse(GenericChart.toJson(chart))), new(MimeTypes.Text, title)]);
    }

    private static MimeBundle OfTensor(torch.Tensor tensor)
    {
        if (tensor.IsInvalid)
            return MimeBundle.OfText("(a tensor that has been disposed)");
        return torch.is_complex(tensor)
            ? MimeBundle.OfText(tensor.ToString(TensorStringStyle.Julia))
            : OfRichValue(tensor.AsTable());
    }

    private static MimeBundle OfObject(object value)
    {
        var text = Shorten(value.ToDisplayString(MimeTypes.Text).TrimEnd());
        var html = value.ToDisplayString(MimeTypes.Html);
        // A list of plain values is a line of text in a box with a style sheet: the text alone says as much.
        return html.StartsWith("<div class=\"dni-plaintext\"><pre>", StringComparison.Ordinal)
            ? MimeBundle.OfText(text)
            : MimeBundle.OfHtml(html, text);
    }

    private static string Shorten(string text)
    {
        var lines = text.Split('\n');
        return lines.Length <= MostTextLines
            ? text
            : string.Join('\n', lines[..MostTextLines]) + $"\n... {lines.Length - MostTextLines} more lines";
    }

    private static bool IsJson(string mime) =>
        mime == "application/json"
        || mime.StartsWith("application/", StringComparison.Ordinal)
            && mime.EndsWith("+json", StringComparison.Ordinal);

    private static JsonNode Parse(string json) => JsonNode.Parse(json)!;
}
