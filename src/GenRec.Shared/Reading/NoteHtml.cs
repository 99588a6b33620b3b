using System.Text;
using GenRec.Shared.Display;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace GenRec.Shared.Reading;

/// <summary>A note as HTML for a notebook's output.</summary>
internal static class NoteHtml
{
    private const long LargestPicture = 2 << 20;

    // Notes come from vaults that others may write to: their HTML is shown as text.
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseTaskLists()
        .UseFootnotes()
        .UseAutoLinks()
        .UseMathematics()
        .UseEmphasisExtras()
        .DisableHtml()
        .Build();

    /// <summary>A card of the front matter, and the text below it.</summary>
    /// <param name="note">The front matter.</param>
    /// <param name="markdown">The text.</param>
    public static string Page(PaperNote note, string markdown)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        var folder = Path.GetDirectoryName(note.Path)!;
        foreach (var link in document.Descendants<LinkInline>())
            link.Url = link.IsImage ? Inside(link.Url, folder) : Safe(link.Url);
        var html = new StringBuilder("<div style=\"border-left:3px solid;padding:2px 12px;max-width:52em\">");
        html.Append($"<div><strong>{HtmlText.Escape(note.Title)}</strong></div><div style=\"opacity:0.8\">");
        html.AppendJoin(" &#183; ", Facts(note).Select(HtmlText.Escape));
        foreach (var number in note.ArXiv)
            html.Append(
                $" &#183; <a href=\"https://arxiv.org/abs/{HtmlText.Escape(number)}\" style=\"color:inherit\">arXiv:{HtmlText.Escape(number)}</a>"
            );
        html.Append($"</div><div style=\"opacity:0.8\"><code>{HtmlText.Escape(Shown(note.Path))}</code></div>");
        return html.Append(document.ToHtml(Pipeline)).Append("</div>").ToString();
    }

    private static IEnumerable<string> Facts(PaperNote note)
    {
        var authors = note.Authors.Count > 3 ? [note.Authors[0], "et al."] : note.Authors;
        return new[]
        {
            string.Join(authors.Count > 1 && authors[^1] != "et al." ? ", " : " ", authors),
            note.Venue ?? note.Year?.ToString(),
            note.ImportanceText,
            note.StatusText,
        }
            .OfType<string>()
            .Where(fact => fact.Length > 0);
    }

    // Outputs are committed: they show no path of this machine.
    private static string Shown(string path) =>
        Data.DataFolders.Repository is { } root
        && Path.GetRelativePath(root, path) is var below
        && !below.StartsWith("..", StringComparison.Ordinal)
            ? below.Replace('\\', '/')
            : Path.GetFileName(path);

    // A picture beside the note is not beside the notebook: it goes into the page.
    private static string? Inside(string? url, string folder)
    {
        var kind = Path.GetExtension(url)?.ToLowerInvariant() switch
        {
            ".png" => "image/png",
            ".jpg" or ".jpeg" => "image/jpeg",
            ".gif" => "image/gif",
            ".webp" => "image/webp",
            _ => null,
        };
        if (kind is null || url!.Contains(':', StringComparison.Ordinal))
            return Safe(url);
        var file = new FileInfo(Path.Combine(folder, Uri.UnescapeDataString(url)));
        return file is { Exists: true, Length: <= LargestPicture }
            ? $"data:{kind};base64,{Convert.ToBase64String(File.ReadAllBytes(file.FullName))}"
            : url;
    }

    private static string? Safe(string? url)
    {
        if (url is null || url.IndexOf(':', StringComparison.Ordinal) is not (>= 0 and var colon))
            return url;
        if (url.AsSpan(0, colon).ContainsAny('/', '?', '#'))
            return url;
        return url[..colon].ToLowerInvariant() is "http" or "https" or "mailto" or "obsidian" or "zotero" ? url : "";
    }
}
