using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Experiments.Records;

/// <summary>How records are written and read: camelCase, in the order of their properties, and strictly.</summary>
internal static class RecordFile
{
    public static JsonSerializerOptions Options { get; } = Strict(indented: true);

    /// <summary>One value a line.</summary>
    public static JsonSerializerOptions Line { get; } = Strict(indented: false);

    /// <summary>Writes so that no reader sees half a file.</summary>
    /// <exception cref="IOException">The file is there and must not be replaced.</exception>
    public static void Write<T>(string path, T value, bool overwrite)
    {
        if (!overwrite && File.Exists(path))
            throw new IOException($"{path} is there already and is not replaced.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(
            path,
            file =>
            {
                JsonSerializer.Serialize(file, value, Options);
                file.WriteByte((byte)'\n');
            }
        );
    }

    /// <summary>Reads a record.</summary>
    /// <exception cref="InvalidDataException">The file is no such record; the message names file and field.</exception>
    public static T Read<T>(string path)
    {
        using var file = File.OpenRead(path);
        try
        {
            return JsonSerializer.Deserialize<T>(file, Options)
                ?? throw new InvalidDataException($"{path}: the file holds null, need a record.");
        }
        catch (JsonException error)
        {
            var place = error.LineNumber is { } line ? $"{path}:{line + 1}" : path;
            throw new InvalidDataException($"{place}: {error.Message}", error);
        }
    }

    private static JsonSerializerOptions Strict(bool indented) =>
        new(JsonSerializerDefaults.Strict)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            WriteIndented = indented,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a plain "+" and "'" read better; no HTML is made of it
            DefaultIgnoreCondition = JsonIgnoreCondition.Never,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
            // A curve must be able to show that a loss became NaN.
            NumberHandling = indented ? JsonNumberHandling.Strict : JsonNumberHandling.AllowNamedFloatingPointLiterals,
        };
}
