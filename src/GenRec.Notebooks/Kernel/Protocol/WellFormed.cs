using System.Text;
using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Kernel.Protocol;

/// <summary>Text that UTF-8 can hold: a half of a surrogate pair becomes U+FFFD.</summary>
internal static class WellFormed
{
    /// <summary>The text, repaired where it must be.</summary>
    public static string Text(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>The object with all its names and texts repaired.</summary>
    public static JsonObject Object(JsonObject json) =>
        new(json.Select(pair => KeyValuePair.Create(Text(pair.Key), Node(pair.Value))));

    private static JsonNode? Node(JsonNode? node) =>
        node switch
        {
            JsonObject json => Object(json),
            JsonArray array => new JsonArray([.. array.Select(Node)]),
            JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(Text(text)),
            _ => node?.DeepClone(),
        };
}
