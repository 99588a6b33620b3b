using System.Net;
using System.Text.RegularExpressions;

namespace GenRec.Notebooks.Cells;

/// <summary>Text that is HTML already: shown as markup, not escaped.</summary>
/// <param name="html">The markup.</param>
public sealed partial class HtmlText(string html)
{
    /// <summary>The markup.</summary>
    public string Html { get; } = html;

    /// <summary>The words without the tags.</summary>
    public override string ToString() => WebUtility.HtmlDecode(Tag().Replace(Html, "")).Trim();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
