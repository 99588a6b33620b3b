using System.Globalization;
using System.Text;

namespace GenRec.Shared.Text;

/// <summary>Which terms a text has: lower-case words of letters and digits, and pairs of neighbours.</summary>
internal static class TermCounts
{
    /// <summary>Words of a text in their order; accents stay, single characters are left out unless they are digits.</summary>
    public static List<string> Words(string text)
    {
        var (words, word) = (new List<string>(), new StringBuilder());
        foreach (var letter in text)
            if (char.IsLetterOrDigit(letter) || char.GetUnicodeCategory(letter) == UnicodeCategory.NonSpacingMark)
                word.Append(char.ToLowerInvariant(letter));
            else
                End();
        End();
        return words;

        void End()
        {
            if (word.Length > 1 || (word.Length == 1 && char.IsDigit(word[0])))
                words.Add(word.ToString());
            word.Clear();
        }
    }

    /// <summary>Terms of a text, repeated as often as they occur.</summary>
    public static IEnumerable<string> Terms(string text, bool pairs)
    {
        var words = Words(text);
        return pairs ? words.Concat(words.Zip(words.Skip(1), (a, b) => $"{a} {b}")) : words;
    }
}
