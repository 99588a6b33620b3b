using System.Globalization;
using System.Text;

namespace GenRec.Shared.Reading;

/// <summary>The text of a new note: front matter as Obsidian and Zotero's exporters know it, and the questions.</summary>
internal static class NoteTemplate
{
    /// <summary>The fields in the order of the file, each with its YAML value; an empty one is the reader's to fill.</summary>
    /// <param name="paper">The paper, completed.</param>
    public static IReadOnlyList<(string Field, string Yaml)> Fields(NewNote paper) =>
        [
            ("id", YamlText.Of(paper.Id!)),
            ("title", YamlText.Of(paper.Title)),
            ("aliases", paper.System is null ? "" : YamlText.Of([paper.System])),
            ("authors", paper.Authors.Count == 0 ? "" : YamlText.Of(paper.Authors)),
            ("year", paper.Year?.ToString(CultureInfo.InvariantCulture) ?? ""),
            ("date", paper.Date ?? ""),
            ("venue", paper.Venue is null ? "" : YamlText.Of(paper.Venue)),
            ("arxiv", OneOrMany(paper.ArXiv, YamlText.Quoted)),
            ("citekey", OneOrMany(paper.CiteKeys, YamlText.Of)),
            ("part", paper.Part is null ? "" : YamlText.Of(paper.Part)),
            ("importance", paper.Importance is { } importance ? PaperNote.TextOf(importance) : ""),
            ("status", PaperNote.TextOf(paper.Status)),
            ("tags", YamlText.Of(paper.Tags)),
        ];

    /// <summary>A whole new note.</summary>
    /// <param name="paper">The paper, completed.</param>
    /// <param name="today">The day it is made.</param>
    /// <param name="toNotebooks">From the note's folder to <c>notebooks/</c>, or null where the note lies elsewhere.</param>
    public static byte[] Text(NewNote paper, DateOnly today, string? toNotebooks)
    {
        var text = new StringBuilder("---\n");
        foreach (var (field, yaml) in Fields(paper))
            text.Append(field).Append(yaml.Length == 0 ? ":" : ": ").Append(yaml).Append('\n');
        text.Append($"created: {today:yyyy-MM-dd}\nstarted:\nfinished:\n---\n\n");
        text.Append($"# {paper.System ?? paper.Title}\n\n");
        text.Append("## Why do so\n\n## How to do\n\n## What can I do\n\n## Open questions\n\n## Links\n\n");
        foreach (var number in paper.ArXiv)
            text.Append($"- [arXiv:{number}](https://arxiv.org/abs/{number})\n");
        if (toNotebooks is not null && paper.Notebook is not null)
            text.Append($"- [Notebook]({toNotebooks}{paper.Notebook})\n");
        return Encoding.UTF8.GetBytes(text.ToString().TrimEnd('\n') + "\n");
    }

    private static string OneOrMany(IReadOnlyList<string> values, Func<string, string> yaml) =>
        values.Count switch
        {
            0 => "",
            1 => yaml(values[0]),
            _ => "[" + string.Join(", ", values.Select(yaml)) + "]",
        };
}
