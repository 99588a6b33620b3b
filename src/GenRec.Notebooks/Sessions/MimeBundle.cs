using System.Text.Json.Nodes;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Sessions;

/// <summary>One value in several forms, by mime type; the front end picks the richest it knows.</summary>
/// <remarks>Text forms are JSON strings; <c>image/png</c> is base64; JSON mime types hold JSON.</remarks>
public sealed class MimeBundle
{
    /// <summary>A bundle of the given forms.</summary>
    /// <param name="data">Mime type to value; kept sorted by mime type, as Jupyter writes it.</param>
    public MimeBundle(IEnumerable<KeyValuePair<string, JsonNode>> data)
    {
        var sorted = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (mime, value) in data)
            sorted[mime] = value;
        Data = sorted;
    }

    /// <summary>Mime type to value, sorted.</summary>
    public IReadOnlyDictionary<string, JsonNode> Data { get; }

    /// <summary>A bundle of plain text.</summary>
    /// <param name="text">The text.</param>
    public static MimeBundle OfText(string text) => new([new(MimeTypes.Text, text)]);

    /// <summary>A bundle of HTML with plain text beside it.</summary>
    /// <param name="html">The HTML.</param>
    /// <param name="text">What a terminal shows.</param>
    public static MimeBundle OfHtml(string html, string text) =>
        new([new(MimeTypes.Html, html), new(MimeTypes.Text, text)]);
}
