using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace GenRec.Notebooks.Files;

/// <summary>Multi-line text as notebooks keep it: a list of lines, each but the last with its line feed.</summary>
internal static partial class CellText
{
    public static string Join(JsonNode? node) =>
        node switch
        {
            null => "",
            JsonArray lines => string.Concat(lines.Select(line => line!.GetValue<string>())),
            _ => node.GetValue<string>(),
        };

    public static JsonArray Split(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length; )
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add((JsonNode)text[start..end]);
            start = end;
        }
        return lines;
    }

    public static bool IsId(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String && Id().IsMatch(node.GetValue<string>());

    [GeneratedRegex(@"\A[a-zA-Z0-9_-]{1,64}\z")]
    private static partial Regex Id();
}
