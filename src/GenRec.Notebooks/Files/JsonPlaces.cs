using System.Text.Json;

namespace GenRec.Notebooks.Files;

/// <summary>Finds the line of a JSON path, for error messages.</summary>
internal static class JsonPlaces
{
    /// <summary>The line, counted from 1, where the value at <paramref name="path"/> starts; 1 where it is not
    /// found.</summary>
    /// <param name="json">The file's bytes without a byte order mark.</param>
    /// <param name="path">As <c>$.cells[3].source</c>; the nearest enclosing value counts where the last part is
    /// missing.</param>
    public static long LineOf(ReadOnlySpan<byte> json, string path)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = NotebookReader.MaxDepth });
        var steps = new Stack<Step>();
        long found = 0;
        var foundLength = -1;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    steps.Peek().Name = reader.GetString();
                    continue;
                }
                if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    steps.Pop();
                    continue;
                }
                if (steps.TryPeek(out var parent) && parent.Name is null)
                    parent.Index++;
                var here = "$" + string.Concat(steps.Reverse());
                if (IsOnTheWay(here, path) && here.Length > foundLength)
                    (found, foundLength) = (reader.TokenStartIndex, here.Length);
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                    steps.Push(new Step());
            }
        }
        catch (JsonException) { }
        return LineAt(json, found);
    }

    /// <summary>The first name that an object holds twice, and its line; null where there is none.</summary>
    public static (long Line, string? Name) FirstDuplicate(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = NotebookReader.MaxDepth });
        var names = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                names.Push(new HashSet<string>(StringComparer.Ordinal));
            else if (reader.TokenType == JsonTokenType.EndObject)
                names.Pop();
            else if (reader.TokenType == JsonTokenType.PropertyName && !names.Peek().Add(reader.GetString()!))
                return (LineAt(json, reader.TokenStartIndex), reader.GetString());
        }
        return (1, null);
    }

    /// <summary>The line, counted from 1, of a byte.</summary>
    public static long LineAt(ReadOnlySpan<byte> json, long position) => 1 + json[..(int)position].Count((byte)'\n');

    private static bool IsOnTheWay(string here, string path) =>
        path.StartsWith(here, StringComparison.Ordinal)
        && (path.Length == here.Length || path[here.Length] is '.' or '[');

    private sealed class Step
    {
        public string? Name { get; set; }

        public int Index { get; set; } = -1;

        public override string ToString() => Name is null ? $"[{Index}]" : $".{Name}";
    }
}
