using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Files;

/// <summary>From bytes to a checked notebook; every complaint names file, line and what to do.</summary>
internal static class NotebookReader
{
    public const int MaxDepth = 128;

    private static readonly byte[] Mark = [0xEF, 0xBB, 0xBF];

    public static Notebook Read(ReadOnlySpan<byte> bytes, string path)
    {
        var marked = bytes.StartsWith(Mark);
        var json = (marked ? bytes[Mark.Length..] : bytes).ToArray();
        var root = Parse(json, path);
        var check = new Check(json, path);
        check.Root(root);
        var layout = JsonLayout.Of(Encoding.UTF8.GetString(json), marked);
        return new Notebook(root, layout) { AddedIds = AddIds(root, check) };
    }

    private static JsonObject Parse(byte[] json, string path)
    {
        var options = new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
        try
        {
            return JsonNode.Parse(json, documentOptions: options) as JsonObject
                ?? throw new NotebookFormatException(
                    path,
                    1,
                    "a notebook is a JSON object with 'cells' and 'nbformat'."
                );
        }
        catch (JsonException e)
        {
            var empty = json.AsSpan().TrimStart(" \t\r\n"u8).IsEmpty;
            var (line, twice) = e.LineNumber is { } at ? (at + 1, null) : JsonPlaces.FirstDuplicate(json);
            var problem =
                twice is not null ? $"'{twice}' stands twice in one object; keep one."
                : empty ? "the file is empty; a notebook needs at least 'cells', 'metadata' and 'nbformat'."
                : $"not valid JSON at column {(e.BytePositionInLine ?? 0) + 1}: {Plain(e.Message)} "
                    + "Look for a merge mark or a broken-off end, or take the last version that opens.";
            throw new NotebookFormatException(path, line, problem, e);
        }
    }

    private static string Plain(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var start = message.IndexOf(" Path:", StringComparison.Ordinal);
        return (start, end) switch
        {
            (>= 0, _) => message[..start],
            (_, >= 0) => message[..end],
            _ => message,
        };
    }

    // Cells have had ids since nbformat 4.5. They are made from position and text, so that two readers agree.
    private static bool AddIds(JsonObject root, Check check)
    {
        var cells = root["cells"]!.AsArray();
        var taken = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < cells.Count; i++)
            if (cells[i]!["id"] is { } id && !taken.TryAdd(id.GetValue<string>(), i))
                check.Fail(
                    $"$.cells[{i}].id",
                    $"cell {i + 1} has the id '{id}' of cell {taken[id.GetValue<string>()] + 1}; give it another."
                );
        var added = false;
        for (var i = 0; i < cells.Count; i++)
        {
            var cell = cells[i]!.AsObject();
            if (cell.ContainsKey("id"))
                continue;
            var id = NewId(cell, i, taken);
            taken.Add(id, i);
            var after = cell.IndexOf("metadata") is >= 0 and var at ? at : cell.Count;
            cell.Insert(after, "id", id);
            added = true;
        }
        if (root["nbformat_minor"]!.GetValue<int>() < 5)
        {
            root["nbformat_minor"] = 5;
            added = true;
        }
        return added;
    }

    internal static string NewId(JsonObject cell, int index, IReadOnlyDictionary<string, int> taken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var words = $"{attempt}\n{index}\n{cell["cell_type"]}\n{CellText.Join(cell["source"])}";
            var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(words)).AsSpan(0, 4));
            if (!taken.ContainsKey(id))
                return id;
        }
    }

    private sealed class Check(byte[] json, string path)
    {
        public void Fail(string place, string problem) =>
            throw new NotebookFormatException(path, JsonPlaces.LineOf(json, place), problem);

        public void Root(JsonObject root)
        {
            var major = Number(root, "$", "nbformat");
            if (major != 4)
                Fail(
                    "$.nbformat",
                    $"nbformat {major} is not supported; open the notebook in Jupyter and save it as version 4."
                );
            Number(root, "$", "nbformat_minor");
            Object(root, "$", "metadata", "the notebook");
            if (root["cells"] is not JsonArray cells)
            {
                Fail("$.cells", "'cells' is missing or not a list.");
                return;
            }
            for (var i = 0; i < cells.Count; i++)
                Cell(cells[i], $"$.cells[{i}]", $"cell {i + 1}");
        }

        private void Cell(JsonNode? node, string place, string name)
        {
            if (node is not JsonObject cell)
            {
                Fail(place, $"{name} is not an object.");
                return;
            }
            var type = Text(cell, place, "cell_type", name);
            if (type is not ("code" or "markdown" or "raw"))
                Fail(
                    $"{place}.cell_type",
                    $"{name} is of the unknown type '{type}'; known are code, markdown and raw."
                );
            Object(cell, place, "metadata", name);
            if (!IsText(cell["source"]))
                Fail($"{place}.source", $"the source of {name} must be a string or a list of strings.");
            if (cell.ContainsKey("id") && !CellText.IsId(cell["id"]))
                Fail($"{place}.id", $"the id of {name} must be 1 to 64 letters, digits, '-' or '_'.");
            if (type == "code")
                Code(cell, place, name);
        }

        private void Code(JsonObject cell, string place, string name)
        {
            if (cell["execution_count"] is { } count && !IsNumber(count))
                Fail($"{place}.execution_count", $"the execution count of {name} must be a number or null.");
            if (cell["outputs"] is not JsonArray outputs)
            {
                Fail($"{place}.outputs", $"{name} is a code cell and needs a list of 'outputs' (it may be empty).");
                return;
            }
            for (var i = 0; i < outputs.Count; i++)
                if (
                    outputs[i] is not JsonObject output
                    || output["output_type"]?.GetValueKind() != JsonValueKind.String
                )
                    Fail($"{place}.outputs[{i}]", $"output {i + 1} of {name} is not an object with an 'output_type'.");
        }

        private int Number(JsonObject owner, string place, string key)
        {
            if (!IsNumber(owner[key]))
                Fail($"{place}.{key}", $"'{key}' is missing or not a whole number; is this a notebook?");
            return owner[key]!.GetValue<int>();
        }

        private string Text(JsonObject owner, string place, string key, string name)
        {
            if (owner[key]?.GetValueKind() != JsonValueKind.String)
                Fail($"{place}.{key}", $"'{key}' of {name} is missing or not a string.");
            return owner[key]!.GetValue<string>();
        }

        private void Object(JsonObject owner, string place, string key, string name)
        {
            if (owner[key] is not JsonObject)
                Fail($"{place}.{key}", $"'{key}' of {name} is missing or not an object.");
        }

        private static bool IsNumber(JsonNode? node) => node is JsonValue value && value.TryGetValue<int>(out _);

        private static bool IsText(JsonNode? node) =>
            node switch
            {
                JsonArray lines => lines.All(line => line?.GetValueKind() == JsonValueKind.String),
                null => false,
                _ => node.GetValueKind() == JsonValueKind.String,
            };
    }
}
