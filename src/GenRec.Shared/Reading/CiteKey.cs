using System.Globalization;
using System.Text;

namespace GenRec.Shared.Reading;

/// <summary>
/// Citation keys as Zotero's Better BibTeX makes them by default, <c>auth.lower + shorttitle(3,3) + year</c>:
/// <c>rajputRecommenderSystemsGenerative2023</c>.
/// </summary>
internal static class CiteKey
{
    private const int TitleWords = 3;

    // What Better BibTeX skips in a title, as far as it is English.
    private static readonly HashSet<string> Skipped = new(
        (
            "a ab aboard about above across after against al along amid among an and anti around as at before behind below "
            + "beneath beside besides between beyond but by d da das de del dell dello dei degli della dem den der des despite "
            + "die do down du during ein eine einem einen einer eines el en et except for from gli i il in inside into is l la "
            + "las le les like lo los near nor of off on onto or over past per plus round save since so some sur than the "
            + "through to toward towards un una unas under underneath une unlike uno unos until up upon versus via von while "
            + "with within without yet zu zum"
        ).Split(' '),
        StringComparer.Ordinal
    );

    /// <summary>The key of a work.</summary>
    /// <param name="authors">Authors, given name first; may be empty.</param>
    /// <param name="title">Title.</param>
    /// <param name="year">Year, or null.</param>
    public static string Of(IReadOnlyList<string> authors, string title, int? year)
    {
        var key = new StringBuilder();
        if (authors.Count > 0)
            key.Append(Letters(FamilyName(authors[0])).ToLowerInvariant());
        foreach (var word in Words(title).Where(word => !Skipped.Contains(word.ToLowerInvariant())).Take(TitleWords))
            key.Append(char.ToUpperInvariant(word[0])).Append(word.AsSpan(1));
        return key.Append(year?.ToString(CultureInfo.InvariantCulture)).ToString();
    }

    /// <summary>A file name from a title: the part before a colon if it is short, else its first words; lower case.</summary>
    public static string Slug(string title)
    {
        var colon = title.IndexOf(':', StringComparison.Ordinal);
        var named = colon is > 0 and <= 30 ? title[..colon] : title;
        var words = Words(named).Where(word => !Skipped.Contains(word.ToLowerInvariant())).Take(6).ToArray();
        return string.Join('-', words).ToLowerInvariant();
    }

    /// <summary>The family name: all of a team's name, else the last word with its particles (<c>De Cao</c>).</summary>
    public static string FamilyName(string author)
    {
        if (IsTeam(author))
            return author;
        if (author.IndexOf(',', StringComparison.Ordinal) is > 0 and var comma)
            return author[..comma].Trim(); // "Rajput, Shashank"
        var words = author.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var from = words.Length - 1;
        while (
            from > 1 && words[from - 1].ToLowerInvariant() is "de" or "van" or "von" or "den" or "der" or "la" or "di"
        )
            from--;
        return string.Join(' ', words[Math.Max(0, from)..]);
    }

    /// <summary>A group that signs as one, whose name must not be split into given and family name.</summary>
    public static bool IsTeam(string author) => author.EndsWith(" Team", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Words(string title) =>
        title
            .Split([' ', '-', '\u2013', '\u2014', '/', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Select(Letters)
            .Where(word => word.Length > 0);

    // Letters and digits, Latin ones without accents; other scripts stay as they are. (Unicode's own decomposition is not
    // there when globalization is invariant.)
    private static string Letters(string text)
    {
        var kept = new StringBuilder();
        foreach (var letter in text.Where(char.IsLetterOrDigit))
            if (letter < 0x80 || Plain(char.ToLowerInvariant(letter)) is not { } plain)
                kept.Append(letter);
            else
                kept.Append(char.IsUpper(letter) ? char.ToUpperInvariant(plain[0]) + plain[1..] : plain);
        return kept.ToString();
    }

    private static string? Plain(char letter) =>
        Accents.FirstOrDefault(accent => accent.Letters.Contains(letter, StringComparison.Ordinal)).Plain;

    private static readonly (string Plain, string Letters)[] Accents =
    [
        ("a", "àáâãäåāăą"),
        ("ae", "æ"),
        ("c", "çćĉċč"),
        ("d", "ďđð"),
        ("e", "èéêëēĕėęě"),
        ("g", "ĝğġģ"),
        ("h", "ĥħ"),
        ("i", "ìíîïĩīĭįı"),
        ("j", "ĵ"),
        ("k", "ķ"),
        ("l", "ĺļľŀł"),
        ("n", "ñńņňŉ"),
        ("o", "òóôõöøōŏő"),
        ("oe", "œ"),
        ("r", "ŕŗř"),
        ("s", "śŝşšș"),
        ("ss", "ß"),
        ("t", "ţťŧț"),
        ("th", "þ"),
        ("u", "ùúûüũūŭůűų"),
        ("w", "ŵ"),
        ("y", "ýÿŷ"),
        ("z", "źżž"),
    ];
}
