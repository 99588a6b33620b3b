using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Files;

/// <summary>How the JSON of one notebook file is laid out, so that it can be written back unchanged.</summary>
/// <param name="Indent">White space of one level; Jupyter writes one blank.</param>
/// <param name="NewLine"><c>\n</c> or <c>\r\n</c>.</param>
/// <param name="End">What follows the last brace; Jupyter writes one line feed.</param>
/// <param name="ByteOrderMark">True where the file starts with the UTF-8 mark.</param>
internal sealed record JsonLayout(string Indent, string NewLine, string End, bool ByteOrderMark)
{
    public static JsonLayout Jupyter { get; } = new(" ", "\n", "\n", false);

    public static JsonLayout Of(string text, bool byteOrderMark)
    {
        var brace = text.AsSpan().TrimEnd().Length;
        var firstLine = text.IndexOf('\n');
        if (firstLine < 0 || firstLine > brace)
            return Jupyter with { End = text[brace..], ByteOrderMark = byteOrderMark };
        var newLine = firstLine > 0 && text[firstLine - 1] == '\r' ? "\r\n" : "\n";
        var rest = text.AsSpan(firstLine + 1);
        var indent = rest[..^rest.TrimStart(" \t").Length].ToString();
        return new JsonLayout(indent.Length == 0 ? " " : indent, newLine, text[brace..], byteOrderMark);
    }
}

/// <summary>Writes JSON as Jupyter does: <c>json.dumps(ensure_ascii=False, indent=1)</c>.</summary>
/// <remarks>
/// The writer of System.Text.Json escapes more than Python's (U+2028, U+007F, unassigned characters), which would
/// change lines nobody touched. Values that came from the file are written in the file's own spelling.
/// </remarks>
internal static class JupyterJson
{
    public static string Write(JsonNode node, JsonLayout layout)
    {
        var text = new StringBuilder();
        Write(text, node, layout, 0);
        return text.Append(layout.End).ToString();
    }

    private static void Write(StringBuilder text, JsonNode? node, JsonLayout layout, int depth)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject members:
                WriteAll(text, '{', '}', members, layout, depth, WriteMember);
                break;
            case JsonArray items:
                WriteAll(text, '[', ']', items, layout, depth, Write);
                break;
            default:
                WriteValue(text, node.AsValue());
                break;
        }
    }

    private static void WriteMember(
        StringBuilder text,
        KeyValuePair<string, JsonNode?> member,
        JsonLayout layout,
        int depth
    )
    {
        WriteString(text, member.Key);
        text.Append(": ");
        Write(text, member.Value, layout, depth);
    }

    private static void WriteAll<T>(
        StringBuilder text,
        char open,
        char close,
        IEnumerable<T> items,
        JsonLayout layout,
        int depth,
        Action<StringBuilder, T, JsonLayout, int> write
    )
    {
        text.Append(open);
        var any = false;
        foreach (var item in items)
        {
            if (any)
                text.Append(',');
            any = true;
            NewLine(text, layout, depth + 1);
            write(text, item, layout, depth + 1);
        }
        if (any)
            NewLine(text, layout, depth);
        text.Append(close);
    }

    private static void NewLine(StringBuilder text, JsonLayout layout, int depth)
    {
        text.Append(layout.NewLine);
        for (var level = 0; level < depth; level++)
            text.Append(layout.Indent);
    }

    private static void WriteValue(StringBuilder text, JsonValue value)
    {
        if (value.TryGetValue<JsonElement>(out var element))
            text.Append(element.GetRawText());
        else if (value.TryGetValue<string>(out var words))
            WriteString(text, words);
        else
            text.Append(value.ToJsonString());
    }

    private static void WriteString(StringBuilder text, string words)
    {
        text.Append('"');
        for (var i = 0; i < words.Length; i++)
        {
            var c = words[i];
            switch (c)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case < ' ':
                    Escape(text, c);
                    break;
                default:
                    if (char.IsHighSurrogate(c) && i + 1 < words.Length && char.IsLowSurrogate(words[i + 1]))
                        text.Append(c).Append(words[++i]);
                    else if (char.IsSurrogate(c))
                        Escape(text, c); // half a pair has no UTF-8 form
                    else
                        text.Append(c);
                    break;
            }
        }
        text.Append('"');
    }

    private static void Escape(StringBuilder text, char c) =>
        text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
}
