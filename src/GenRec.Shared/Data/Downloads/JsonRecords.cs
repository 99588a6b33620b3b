using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Downloads;

/// <summary>One record of a JSON file and the line it starts on.</summary>
/// <param name="Value">The record.</param>
/// <param name="Line">First line, counted from 1.</param>
public sealed record JsonRecord<T>(T Value, int Line) : RichRecord;

/// <summary>
/// Strict reading of small JSON data files: unknown or missing properties are errors, and every error names file and line.
/// </summary>
public static class JsonRecords
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Reads the array <paramref name="property"/> of the file's one object.</summary>
    /// <param name="json">The file's bytes, UTF-8.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="property">Name of the array; other properties of the object are left alone.</param>
    /// <exception cref="InvalidDataException">The file is not what it should be; the message says <c>file:line</c> and what is wrong.</exception>
    public static IReadOnlyList<JsonRecord<T>> Read<T>(byte[] json, string file, string property)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.AsSpan().StartsWith(Encoding.UTF8.Preamble))
            json = json[Encoding.UTF8.Preamble.Length..];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Disallow });
        var line = 1;
        try
        {
            FindArray(ref reader, file, property);
            var records = new List<JsonRecord<T>>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                line = LineOf(json, reader.TokenStartIndex);
                var value =
                    JsonSerializer.Deserialize<T>(ref reader, Strict)
                    ?? throw new InvalidDataException($"{file}:{line}: a record is null.");
                records.Add(new JsonRecord<T>(value, line));
            }
            while (reader.Read()) { } // what follows the array must be JSON too
            return records;
        }
        catch (JsonException error)
        {
            // A syntax error knows its own line; a wrong record is reported by the line it starts on.
            var at = error.Path is null && error.LineNumber is { } known ? (int)known + 1 : line;
            throw new InvalidDataException($"{file}:{at}: {error.Message}", error);
        }
    }

    private static void FindArray(ref Utf8JsonReader reader, string file, string property)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new InvalidDataException($"{file}:1: expected an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isWanted = reader.ValueTextEquals(property);
            reader.Read();
            if (isWanted && reader.TokenType == JsonTokenType.StartArray)
                return;
            reader.Skip();
        }
        throw new InvalidDataException($"{file}:1: there is no array \"{property}\".");
    }

    private static int LineOf(ReadOnlySpan<byte> json, long offset) => 1 + json[..(int)offset].Count((byte)'\n');
}
