using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads an item table from JSON lines: one object an item, one column a property.</summary>
public static class ItemJsonLines
{
    /// <summary>Reads the items of known interactions.</summary>
    /// <param name="path">Plain or gzip JSON lines.</param>
    /// <param name="itemCount">N.</param>
    /// <param name="rowOf">
    /// The row (item - 1) that an object describes, -1 for an item outside the interactions, or null where the object does
    /// not say.
    /// </param>
    /// <param name="report">Receives what was wrong; a new one when null.</param>
    /// <param name="malformed">What to do with a broken line.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken and the policy is to fail.</exception>
    public static ItemTable Read(
        string path,
        int itemCount,
        Func<JsonElement, int?> rowOf,
        ImportReport? report = null,
        MalformedLines malformed = MalformedLines.Fail
    )
    {
        ArgumentNullException.ThrowIfNull(rowOf);
        report ??= new ImportReport();
        var table = new ItemTableBuilder(itemCount);
        var described = new bool[itemCount];
        JsonLines.Read(
            path,
            report,
            malformed,
            (json, line) =>
            {
                if (rowOf(json) is not { } row)
                    return "The object does not say which item it describes.";
                if (row < 0 || row >= itemCount)
                    report.Add(ImportProblemKind.Unknown, path, line, "The item is not among the interactions.");
                else if (described[row])
                    report.Add(
                        ImportProblemKind.Duplicate,
                        path,
                        line,
                        $"Item {row + 1} is described again; the first stays."
                    );
                else
                    Fill(table, row, json);
                if (row >= 0 && row < itemCount)
                    described[row] = true;
                return null;
            }
        );
        return table.Build();
    }

    /// <summary>The row named by a whole number.</summary>
    /// <param name="property">Name of the property.</param>
    /// <param name="first">The number of item 1: 0 or 1.</param>
    public static Func<JsonElement, int?> ByNumber(string property, int first = 1) =>
        json =>
            json.TryGetProperty(property, out var id)
            && id.ValueKind == JsonValueKind.Number
            && id.TryGetInt32(out var number)
                ? number - first
                : null;

    /// <summary>The row named by a key of the interactions.</summary>
    /// <param name="property">Name of the property.</param>
    /// <param name="keys">Item keys, entry <c>i</c> for item <c>i + 1</c>.</param>
    public static Func<JsonElement, int?> ByKey(string property, IReadOnlyList<string> keys)
    {
        var rows = keys.Select((key, row) => (key, row)).ToDictionary(pair => pair.key, pair => pair.row);
        return json =>
            json.TryGetProperty(property, out var id) && id.ValueKind == JsonValueKind.String
                ? rows.GetValueOrDefault(id.GetString()!, -1)
                : null;
    }

    internal static void Fill(ItemTableBuilder table, int row, JsonElement item)
    {
        foreach (var property in item.EnumerateObject())
            if (property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetDouble(out var number))
                table.Set(row, property.Name, number);
            else
                table.Set(row, property.Name, TextOf(property.Value));
    }

    private static string? TextOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Array when value.GetArrayLength() == 0 => null,
            JsonValueKind.Array when value.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.Array) =>
                ItemTable.JoinPaths(value.EnumerateArray().Select(path => path.EnumerateArray().Select(Plain))),
            JsonValueKind.Array => ItemTable.JoinList(value.EnumerateArray().Select(Plain)),
            _ => value.GetRawText(),
        };

    private static string Plain(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
