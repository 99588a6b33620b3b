namespace GenRec.Shared.Display;

/// <summary>A value that knows how to show itself in a notebook, on a page and in a terminal.</summary>
/// <remarks>
/// It names no notebook host: a host that knows this interface takes the bundle, one that does not finds <c>ToHtml()</c>
/// (Verso) or the attribute <see cref="TypeFormatterSourceAttribute"/> (.NET Interactive) by name.
/// </remarks>
public interface IRichValue
{
    /// <summary>The value as HTML that needs no other file; readable on dark and light pages.</summary>
    string ToHtml();

    /// <summary>The value as plain text, one or more lines without a final line break.</summary>
    string ToText() => ObjectCard.Of(this).ToText();

    /// <summary>
    /// All forms by MIME type, richest first; <c>text/plain</c> is always among them.
    /// JSON types (<c>application/json</c>, <c>application/*+json</c>) hold JSON text.
    /// </summary>
    IReadOnlyDictionary<string, string> ToMimeBundle() =>
        new Dictionary<string, string> { [MimeTypes.Html] = ToHtml(), [MimeTypes.Text] = ToText() };
}
