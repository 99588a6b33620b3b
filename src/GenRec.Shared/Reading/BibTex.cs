using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenRec.Shared.Reading;

/// <summary>Notes as BibTeX, in the form that Zotero's Better BibTeX writes and every importer reads.</summary>
internal static partial class BibTex
{
    private static readonly HashSet<string> Journals = new(["TMLR", "TOIS", "TKDE", "TORS"], StringComparer.Ordinal);

    /// <summary>All works of the notes, each once; a technique's note stands for the works it names.</summary>
    public static string Of(IEnumerable<PaperNote> notes)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var entry in notes.SelectMany(EntriesOf))
        {
            var key = entry.Key;
            for (var letter = 'a'; !keys.Add(key) && letter < 'z'; letter++)
                key = entry.Key + letter; // as Zotero tells equal keys apart
            Append(text, entry with { Key = key });
        }
        return text.ToString();
    }

    private static IEnumerable<Entry> EntriesOf(PaperNote note)
    {
        if (note.ArXiv.Count > 1)
            return note
                .ArXiv.Select(number => Bibliography.Find(number))
                .OfType<BibliographyWork>()
                .Select(work => new Entry(
                    CiteKey.Of(work.Authors, work.Title, work.Year),
                    work.Title,
                    work.Complete ? work.Authors : [.. work.Authors, "others"],
                    work.Year,
                    work.Venue,
                    work.ArXiv
                ));
        if (note.ArXiv.Count == 0 && note.Authors.Count == 0)
            return []; // a question, not a work
        var year = note.Year ?? note.Date?.Year;
        var key = note.CiteKeys is [var given, ..] ? given : CiteKey.Of(note.Authors, note.Title, year);
        return [new Entry(key, note.Title, note.Authors, year, note.Venue, note.ArXiv is [var number] ? number : null)];
    }

    private static void Append(StringBuilder text, Entry entry)
    {
        var venue = entry.Venue is null ? null : TrailingYear().Replace(entry.Venue, "").Trim();
        var isJournal =
            venue is not null && (Journals.Contains(venue) || venue.Contains("Journal", StringComparison.Ordinal));
        var kind =
            venue is null ? "misc"
            : isJournal ? "article"
            : "inproceedings";
        text.Append($"@{kind}{{{entry.Key},\n");
        Field("title", Title(entry.Title));
        Field("author", entry.Authors.Count == 0 ? null : string.Join(" and ", entry.Authors.Select(Author)));
        Field("year", entry.Year?.ToString(CultureInfo.InvariantCulture));
        Field(isJournal ? "journal" : "booktitle", venue is null ? null : Escaped(venue));
        if (entry.ArXiv is not null)
        {
            Field("eprint", entry.ArXiv);
            Field("eprinttype", "arxiv");
            Field("archiveprefix", "arXiv");
            Field("url", $"https://arxiv.org/abs/{entry.ArXiv}");
        }
        text.Append("}\n\n");

        void Field(string name, string? value)
        {
            if (value is not null)
                text.Append($"  {name} = {{{value}}},\n");
        }
    }

    // Words with a capital inside keep it whatever the style does: {BERT4Rec}.
    private static string Title(string title) =>
        string.Join(
            ' ',
            title.Split(' ').Select(word => word.Skip(1).Any(char.IsUpper) ? $"{{{Escaped(word)}}}" : Escaped(word))
        );

    private static string Author(string author)
    {
        if (author == "others")
            return author;
        if (CiteKey.IsTeam(author))
            return $"{{{Escaped(author)}}}";
        var family = CiteKey.FamilyName(author);
        if (author.Contains(',') || family == author)
            return Escaped(author);
        return $"{Escaped(family)}, {Escaped(author[..^family.Length].Trim())}";
    }

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (var letter in text)
            escaped.Append(
                letter switch
                {
                    '\\' => @"\textbackslash{}",
                    '{' or '}' or '&' or '%' or '$' or '#' or '_' => $"\\{letter}",
                    '~' => @"\textasciitilde{}",
                    '^' => @"\textasciicircum{}",
                    _ => letter.ToString(),
                }
            );
        return escaped.ToString();
    }

    [GeneratedRegex(@"\s*\b(19|20)\d\d$")]
    private static partial Regex TrailingYear();

    private sealed record Entry(
        string Key,
        string Title,
        IReadOnlyList<string> Authors,
        int? Year,
        string? Venue,
        string? ArXiv
    );
}
