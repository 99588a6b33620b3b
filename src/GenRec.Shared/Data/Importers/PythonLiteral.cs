using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Translates Python literals to JSON: what <c>repr</c> writes for dictionaries, lists, tuples, texts and numbers.</summary>
/// <remarks>
/// The Amazon 2014 metadata and many CSV files of recommendation papers hold such literals. Grammar: The Python Language
/// Reference, section 2.4. Nothing is evaluated.
/// </remarks>
public static class PythonLiteral
{
    private const int DeepestNesting = 64; // as deep as System.Text.Json reads

    /// <summary>Translates one literal; tuples become arrays, None and nan become null.</summary>
    /// <exception cref="FormatException">It is not a literal; the message names the character position, from 1.</exception>
    public static string ToJson(ReadOnlySpan<char> text)
    {
        var reader = new Reader(text);
        return reader.ReadAll();
    }

    private ref struct Reader(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> text = text;
        private readonly StringBuilder json = new();
        private int at;
        private int depth;

        public string ReadAll()
        {
            Value();
            SkipSpace();
            return at == text.Length ? json.ToString() : throw Error("something follows the literal");
        }

        private void Value()
        {
            SkipSpace();
            switch (Current)
            {
                case '{':
                    Sequence('{', '}', withKeys: true);
                    break;
                case '[':
                    Sequence('[', ']', withKeys: false);
                    break;
                case '(':
                    Sequence('(', ')', withKeys: false);
                    break;
                case '\'' or '"':
                    Text(raw: false);
                    break;
                case '-' or '+' or '.' or (>= '0' and <= '9'):
                    Number();
                    break;
                default:
                    Word();
                    break;
            }
        }

        private void Sequence(char open, char close, bool withKeys)
        {
            if (++depth > DeepestNesting)
                throw Error($"nested deeper than {DeepestNesting} levels");
            at++;
            json.Append(withKeys ? '{' : '[');
            for (var first = true; ; first = false)
            {
                SkipSpace();
                if (Current == close)
                    break;
                if (!first)
                    json.Append(',');
                if (withKeys)
                    Key();
                Value();
                SkipSpace();
                if (Current == ',')
                    at++;
                else if (Current != close)
                    throw Error($"need ',' or '{close}' after '{open}'");
            }
            at++;
            depth--;
            json.Append(withKeys ? '}' : ']');
        }

        private void Key()
        {
            var start = json.Length;
            Value();
            if (json[start] is '[' or '{')
                throw Error("a list or a dictionary as key");
            if (json[start] != '"') // JSON names are texts: 1 becomes "1"
                json.Insert(start, '"').Append('"');
            SkipSpace();
            if (Current != ':')
                throw Error("need ':' after the key");
            at++;
            json.Append(':');
        }

        private void Word()
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
                at++;
            var word = text[start..at];
            if (word.Length is 1 or 2 && Current is '\'' or '"')
            {
                Text(raw: word.IndexOfAny('r', 'R') >= 0); // u'...', r'...', b'...'
                return;
            }
            json.Append(
                word switch
                {
                    "True" => "true",
                    "False" => "false",
                    "None" or "nan" or "inf" => "null",
                    _ => throw Error($"'{word}' is no literal", start),
                }
            );
        }

        private void Number()
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '.' or '+' or '-' or '_'))
                at++;
            var number = text[start..at].TrimEnd('L').ToString().Replace("_", "", StringComparison.Ordinal);
            if (number is "-inf" or "-nan")
                json.Append("null");
            else if (long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
                json.Append(whole);
            else if (
                double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
                && double.IsFinite(real)
            )
                json.Append(real.ToString("R", CultureInfo.InvariantCulture));
            else
                throw Error($"'{number}' is not a number", start);
        }

        private void Text(bool raw)
        {
            var (quote, start) = (text[at], at);
            var content = new StringBuilder();
            for (at++; Current != quote; )
            {
                if (at >= text.Length)
                    throw Error("the text does not end", start);
                if (text[at] == '\\' && !raw)
                    Escape(content);
                else
                    content.Append(text[at++]);
            }
            at++;
            json.Append('"').Append(JsonEncodedText.Encode(Encoding.UTF8.GetBytes(content.ToString()))).Append('"');
        }

        private void Escape(StringBuilder content)
        {
            at++;
            var kind = Current;
            at++;
            switch (kind)
            {
                case 'x':
                    content.Append((char)Code(2, 16));
                    break;
                case 'u':
                    content.Append((char)Code(4, 16));
                    break;
                case 'U':
                    var rune = Code(8, 16);
                    content.Append(Rune.IsValid(rune) ? new Rune(rune).ToString() : throw Error("no such character"));
                    break;
                case >= '0' and <= '7':
                    at--;
                    var length = 1;
                    while (length < 3 && at + length < text.Length && text[at + length] is >= '0' and <= '7')
                        length++;
                    content.Append((char)Code(length, 8));
                    break;
                case '\0':
                    throw Error("the text ends in a backslash");
                default:
                    var plain = "abfnrtv".IndexOf(kind);
                    if (plain >= 0)
                        content.Append("\a\b\f\n\r\t\v"[plain]);
                    else if (kind is '\\' or '\'' or '"')
                        content.Append(kind);
                    else
                        content.Append('\\').Append(kind); // Python keeps an escape it does not know
                    break;
            }
        }

        private int Code(int length, int numberBase)
        {
            if (at + length > text.Length)
                throw Error("the escape is too short");
            var code = 0;
            foreach (var digit in text.Slice(at, length))
            {
                var value = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : int.MaxValue;
                code = value < numberBase ? code * numberBase + value : throw Error($"'{digit}' in an escape");
            }
            at += length;
            return code;
        }

        private readonly char Current => at < text.Length ? text[at] : '\0';

        private void SkipSpace()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
        }

        private readonly FormatException Error(string what, int? where = null) =>
            new($"Not a Python literal: {what} (character {(where ?? at) + 1}).");
    }
}
