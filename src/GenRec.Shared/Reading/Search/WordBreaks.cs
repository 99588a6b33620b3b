using System.Text;

namespace GenRec.Shared.Reading.Search;

/// <summary>Lets SQLite's tokenizer find words in scripts that write no blanks, and turns a user's words into a query.</summary>
/// <remarks>Each Chinese, Japanese or Korean sign is indexed as a word; a run of them is searched for as a phrase.</remarks>
internal static class WordBreaks
{
    private const char Break = '\u200B'; // no width; a separator for the tokenizer

    /// <summary>The text with invisible breaks around signs of such scripts.</summary>
    public static string Insert(string text)
    {
        if (!text.Any(IsSign))
            return text;
        var broken = new StringBuilder(text.Length * 2);
        foreach (var letter in text)
            if (IsSign(letter))
                broken.Append(letter).Append(Break);
            else
                broken.Append(letter);
        return broken.ToString();
    }

    /// <summary>The text without them.</summary>
    public static string Remove(string text) => text.Replace($"{Break}", "", StringComparison.Ordinal);

    /// <summary>
    /// A query that holds all words, in the language of FTS5. Words in double quotes are a phrase; <c>quant*</c> finds what
    /// begins so. Nothing else has a meaning, so no input is a syntax error.
    /// </summary>
    /// <returns>The query, or null where no word is in it.</returns>
    public static string? Query(string words)
    {
        var parts = new List<string>();
        foreach (var (index, piece) in words.Split('"').Index())
            if (index % 2 == 1)
                Add(piece, prefix: false);
            else
                foreach (var word in piece.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                    Add(word, prefix: word.EndsWith('*'));
        return parts.Count == 0 ? null : string.Join(" AND ", parts);

        void Add(string phrase, bool prefix)
        {
            if (phrase.Any(char.IsLetterOrDigit))
                parts.Add($"\"{Insert(phrase.Replace('*', ' ').Replace('\0', ' ')).Trim()}\"{(prefix ? "*" : "")}");
        }
    }

    private static bool IsSign(char letter) =>
        letter is >= '\u2E80' and <= '\u9FFF' or >= '\uAC00' and <= '\uD7AF' or >= '\uF900' and <= '\uFAFF';
}
