namespace GenRec.Shared.Display;

/// <summary>Text inside HTML and inside plotly.js labels, which read a little HTML.</summary>
internal static class HtmlText
{
    /// <summary>Escapes what has a meaning in HTML; letters and signs stay readable (± stays ±).</summary>
    public static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("\"", "&quot;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal);
}
