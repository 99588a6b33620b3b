using System.Net;
using System.Text;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading.Search;

/// <summary>What kind of text a hit lies in.</summary>
public enum SearchSource
{
    /// <summary>A note of the reader.</summary>
    Note,

    /// <summary>A notebook.</summary>
    Notebook,

    /// <summary>A data file about papers that ships with the library.</summary>
    Data,
}

/// <summary>One place that holds the words searched for.</summary>
/// <param name="Source">Kind of text.</param>
/// <param name="Path">The file, as a user of the repository would name it.</param>
/// <param name="Line">Line in the file where the passage begins, from 1; for a notebook the cell, from 1.</param>
/// <param name="Heading">The heading above it; may be empty.</param>
/// <param name="Excerpt">Text around the words; what was found stands between <see cref="Begin"/> and <see cref="End"/>.</param>
/// <param name="Score">Relevance (BM25 with its sign turned): larger is better.</param>
public sealed record SearchHit(SearchSource Source, string Path, int Line, string Heading, string Excerpt, double Score)
    : RichRecord
{
    /// <summary>Stands before a word that was found.</summary>
    public const char Begin = '\u0001';

    /// <summary>Stands behind it.</summary>
    public const char End = '\u0002';

    /// <summary>File and line, or file and cell.</summary>
    public string Place => Source == SearchSource.Notebook ? $"{Path} cell {Line}" : $"{Path}:{Line}";

    /// <summary>The excerpt without marks.</summary>
    public string PlainExcerpt =>
        Excerpt.Replace($"{Begin}", "", StringComparison.Ordinal).Replace($"{End}", "", StringComparison.Ordinal);
}

/// <summary>What a search found, best first.</summary>
/// <param name="Query">The words.</param>
/// <param name="Hits">The places.</param>
/// <param name="Problems">Files that could not be searched, and why.</param>
public sealed record SearchResult(string Query, IReadOnlyList<SearchHit> Hits, IReadOnlyList<string> Problems)
    : RichRecord
{
    /// <inheritdoc/>
    public override string ToHtml()
    {
        var html = new StringBuilder(
            $"<div><strong>{WebUtility.HtmlEncode(Query)}</strong>: {Hits.Count} places</div>"
        );
        foreach (var hit in Hits)
            html.Append("<div style=\"margin-top:6px\"><code>")
                .Append(HtmlText.Escape(hit.Place))
                .Append("</code> ")
                .Append(HtmlText.Escape(hit.Heading))
                .Append("<div style=\"opacity:0.85\">")
                .Append(
                    HtmlText
                        .Escape(hit.Excerpt)
                        .Replace($"{SearchHit.Begin}", "<b>")
                        .Replace($"{SearchHit.End}", "</b>")
                )
                .Append("</div></div>");
        foreach (var problem in Problems)
            html.Append($"<div>not searched: {HtmlText.Escape(problem)}</div>");
        return html.ToString();
    }

    /// <inheritdoc/>
    protected override Table AsTable() =>
        Table
            .Of(
                Hits,
                ("place", hit => hit.Place),
                ("heading", hit => hit.Heading),
                ("text", hit => hit.PlainExcerpt),
                (new TableColumn("score", "F2"), hit => hit.Score)
            )
            .Top(Math.Max(1, Hits.Count))
            .Titled(Query, Problems.Count == 0 ? null : "Not searched: " + string.Join("\n", Problems));
}
