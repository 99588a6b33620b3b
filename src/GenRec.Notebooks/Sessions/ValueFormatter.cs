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
        // Inside lists and foreign objects, too, none of these may become a tree of properties.
        if (!HostFormatters.Register())
            throw new InvalidOperationException("Microsoft.DotNet.Interactive.Formatting takes no formatters.");
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
            JsonNode json => MimeBundle.OfText(json.ToJsonString(new JsonSerializerOptions { WriteIndented = true })),
            DataFrame or GenericChart or torch.Tensor or torch.nn.Module => OfRichValue(HostFormatters.Rich(value)),
            IReadOnlyCollection<object?> many when OurElement(many.GetType()) is { } element => OfRichValue(
                ObjectCard.OfMany(many, element)
            ),
            _ when value.GetType().Assembly == SessionDefaults.Library && IsObject(value.GetType()) => OfRichValue(
                HostFormatters.Rich(value)
            ),
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

    private static bool IsObject(Type type) =>
        !type.IsEnum
        && !type.IsInterface
        && type.IsVisible
        && !type.ContainsGenericParameters
        && !(type.IsAbstract && type.IsSealed)
        && !typeof(Exception).IsAssignableFrom(type)
        && !typeof(Delegate).IsAssignableFrom(type);

    // The element of a list of records or data classes: they make a table, one row each. Figures and tables do not.
    private static Type? OurElement(Type list) =>
        list.GetInterfaces()
            .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            .Select(type => type.GetGenericArguments()[0])
            .FirstOrDefault(type =>
                type.Assembly == SessionDefaults.Library
                && type.IsClass
                && IsObject(type)
                && !typeof(RichValue).IsAssignableFrom(type)
            );

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
