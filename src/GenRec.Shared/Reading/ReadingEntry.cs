using System.Text;
using System.Text.Json.Serialization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>What a reading entry is.</summary>
public enum ReadingKind
{
    /// <summary>One paper and its system.</summary>
    Paper,

    /// <summary>A technique that many papers share.</summary>
    Technique,

    /// <summary>An open question.</summary>
    Question,
}

/// <summary>How much the list's reader holds of a paper.</summary>
public enum Importance
{
    /// <summary>Later work stands on it.</summary>
    Seminal,

    /// <summary>Brings something new.</summary>
    Novel,

    /// <summary>Neither.</summary>
    [JsonStringEnumMemberName("so-so")]
    SoSo,
}

/// <summary>How far the workbook is with an entry.</summary>
public enum ReadingState
{
    /// <summary>Nothing is there yet.</summary>
    Planned,

    /// <summary>Its notebook or model is being built.</summary>
    Started,

    /// <summary>Model, notebook and results are there.</summary>
    Done,
}

/// <summary>One line of the reading list.</summary>
/// <param name="Number">1..N, the order of reading.</param>
/// <param name="System">Short name: <c>SASRec</c>.</param>
/// <param name="Title">Title of the paper, or what the technique or question is.</param>
/// <param name="Kind">Paper, technique or question.</param>
/// <param name="Part">Part of the list.</param>
/// <param name="Date">First version, <c>yyyy-MM</c> or <c>yyyy-MM-dd</c>, or null.</param>
/// <param name="Venue">Venue and year, or null.</param>
/// <param name="ArXiv">arXiv numbers; empty when there is none.</param>
/// <param name="Importance">The reader's judgement, or null.</param>
/// <param name="Remark">Why to read it, in one sentence; may be empty.</param>
/// <param name="State">How far the workbook is.</param>
/// <param name="Notebook">Path of its notebook below <c>notebooks/</c>.</param>
public sealed record ReadingEntry(
    int Number,
    string System,
    string Title,
    ReadingKind Kind,
    string Part,
    string? Date,
    string? Venue,
    IReadOnlyList<string> ArXiv,
    Importance? Importance,
    string Remark,
    ReadingState State,
    string Notebook
) : RichRecord
{
    /// <summary>The date as a day; the 15th stands for a month. Null when the list gives none.</summary>
    [JsonIgnore]
    public DateOnly? Day =>
        Date is null ? null
        : Date.Length == 7 ? DateOnly.ParseExact(Date + "-15", "yyyy-MM-dd")
        : DateOnly.ParseExact(Date, "yyyy-MM-dd");

    /// <summary>Pages of the paper on arXiv.</summary>
    [JsonIgnore]
    public IEnumerable<Uri> Links => ArXiv.Select(number => new Uri($"https://arxiv.org/abs/{number}"));

    /// <summary>The judgement as the list writes it: <c>seminal</c>, <c>novel</c>, <c>so-so</c>, or <c>not judged</c>.</summary>
    [JsonIgnore]
    public string ImportanceText =>
        Importance switch
        {
            Reading.Importance.Seminal => "seminal",
            Reading.Importance.Novel => "novel",
            Reading.Importance.SoSo => "so-so",
            _ => "not judged",
        };

    /// <summary>The paper as a card: what it is, where it is, why to read it.</summary>
    public override string ToHtml()
    {
        var links = Links.Zip(
            ArXiv,
            (link, number) => $"<a href=\"{link}\" style=\"color:inherit\">arXiv:{HtmlText.Escape(number)}</a>"
        );
        var html = new StringBuilder("<div style=\"border-left:3px solid;padding:2px 12px;max-width:48em\">");
        html.Append($"<div><strong>{Number:00} {HtmlText.Escape(System)}</strong></div>");
        html.Append($"<div>{HtmlText.Escape(Title)}</div>");
        html.Append("<div style=\"opacity:0.8\">")
            .AppendJoin(" &#183; ", Facts.Select(HtmlText.Escape).Concat(links))
            .Append("</div>");
        if (Remark.Length > 0)
            html.Append($"<div style=\"margin-top:4px\">{HtmlText.Escape(Remark)}</div>");
        return html.Append("</div>").ToString();
    }

    /// <inheritdoc/>
    public override string ToText()
    {
        var text =
            $"{Number:00} {System}\n{Title}\n{string.Join(", ", Facts.Concat(Links.Select(link => link.ToString())))}";
        return Remark.Length == 0 ? text : $"{text}\n{Remark}";
    }

    private IEnumerable<string> Facts =>
        new[]
        {
            Venue,
            Date,
            Importance is null ? null : ImportanceText,
            $"workbook: {State.ToString().ToLowerInvariant()}",
        }.OfType<string>();
}
