using System.Text;
using System.Text.RegularExpressions;

namespace GenRec.Shared.Reading;

/// <summary>Values as YAML text, quoted only where they have to be.</summary>
internal static partial class YamlText
{
    /// <summary>One text: plain where that reads back as the same text, else in double quotes.</summary>
    public static string Of(string value) => Plain().IsMatch(value) && !Word().IsMatch(value) ? value : Quoted(value);

    /// <summary>A list on one line: <c>[a, b]</c>.</summary>
    public static string Of(IEnumerable<string> values) =>
        "[" + string.Join(", ", values.Select(value => value.Contains(',') ? Quoted(value) : Of(value))) + "]";

    /// <summary>Always in double quotes, for what looks like a number: <c>"2305.05060"</c>.</summary>
    public static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var letter in value)
            text.Append(
                letter switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    < ' ' or '\u007f' => $"\\u{(int)letter:x4}",
                    _ => letter.ToString(),
                }
            );
        return text.Append('"').ToString();
    }

    // Begins with a letter, or is a number with a name behind it (05-tiger), which no number reads as.
    [GeneratedRegex(@"^(\p{L}[\p{L}\p{Mn}\p{Nd} ,.()'/-]*(?<! )|\d+-\p{L}[\p{L}\d-]*)$")]
    private static partial Regex Plain();

    [GeneratedRegex("^(true|false|null|yes|no|on|off|y|n)$", RegexOptions.IgnoreCase)]
    private static partial Regex Word();
}
