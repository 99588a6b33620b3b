using System.Buffers.Binary;
using System.Text.Json;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Unique within the file.</param>
/// <param name="Type">Number format.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte.</param>
public sealed record SafetensorsEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Begin, long End)
    : RichRecord;

/// <summary>The header of a safetensors file, read strictly: what the specification forbids is refused.</summary>
/// <remarks>
/// Format: huggingface/safetensors, README "Format". Eight bytes of header length (little endian), JSON, then the data.
/// The tensors must cover the data without gaps or overlaps.
/// </remarks>
public sealed class SafetensorsHeader : RichObject
{
    private const long LongestHeader = 100_000_000; // the limit of the reference implementation
    private static readonly (string Code, ScalarType Type, int Bytes)[] types =
    [
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    private SafetensorsHeader(
        IReadOnlyDictionary<string, SafetensorsEntry> entries,
        IReadOnlyDictionary<string, string> metadata,
        long dataStart
    ) => (Entries, Metadata, DataStart) = (entries, metadata, dataStart);

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    /// <summary>Free text pairs; empty where the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Where the data begins in the file.</summary>
    public long DataStart { get; }

    /// <summary>Reads and checks the header of a file.</summary>
    /// <param name="file">Positioned at its start; left at the start of the data.</param>
    /// <param name="path">Named in messages.</param>
    /// <exception cref="InvalidDataException">The file is truncated, or its header breaks the format.</exception>
    public static SafetensorsHeader Read(Stream file, string path)
    {
        ArgumentNullException.ThrowIfNull(file);
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < 8)
            throw Broken(path, $"it has {file.Length} bytes; a header length alone takes 8");
        file.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LongestHeader)
            throw Broken(path, $"its header claims {length} bytes; at most {LongestHeader} are allowed");
        if ((long)length > file.Length - 8)
            throw Broken(
                path,
                $"its header claims {length} bytes, but only {file.Length - 8} follow: it was cut short"
            );
        var json = new byte[length];
        file.ReadExactly(json);
        if (json.Length == 0 || json[0] != (byte)'{')
            throw Broken(path, "its header does not begin with '{'");
        try
        {
            using var document = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
            return Interpret(document.RootElement, 8 + (long)length, file.Length, path);
        }
        catch (JsonException notJson)
        {
            throw Broken(path, $"its header is no JSON: {notJson.Message}");
        }
    }

    /// <summary>The header's bytes for tensors in this order, padded so that the data starts at a multiple of 8.</summary>
    internal static byte[] Write(
        IReadOnlyList<(string Name, Tensor Value)> tensors,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            var at = 0L;
            foreach (var (name, value) in tensors)
            {
                var (code, _, bytes) = Of(value.dtype, name);
                json.WriteStartObject(name);
                json.WriteString("dtype", code);
                json.WriteStartArray("shape");
                foreach (var size in value.shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += value.numel() * bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (text.Length % 8 != 0)
            text.WriteByte((byte)' ');
        var header = new byte[8 + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)text.Length);
        text.ToArray().CopyTo(header, 8);
        return header;
    }

    internal static int BytesOf(ScalarType type) => Of(type, "").Bytes;

    private static SafetensorsHeader Interpret(JsonElement root, long dataStart, long fileLength, string path)
    {
        var entries = new Dictionary<string, SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        foreach (var property in root.EnumerateObject())
            if (property.Name == "__metadata__")
                foreach (var pair in property.Value.EnumerateObject())
                    metadata[pair.Name] =
                        pair.Value.ValueKind == JsonValueKind.String
                            ? pair.Value.GetString()!
                            : throw Broken(path, $"metadata '{pair.Name}' is no text");
            else
                entries[property.Name] = Entry(property.Name, property.Value, path);
        var at = 0L;
        foreach (var entry in entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != at)
                throw Broken(
                    path,
                    $"tensor '{entry.Name}' begins at byte {entry.Begin} of the data, expected {at}: "
                        + (entry.Begin < at ? "it overlaps the one before" : "there is a gap before it")
                );
            at = entry.End;
        }
        if (at > fileLength - dataStart)
            throw Broken(
                path,
                $"its tensors need {at} bytes, but only {fileLength - dataStart} follow: it was cut short"
            );
        if (at < fileLength - dataStart)
            throw Broken(path, $"{fileLength - dataStart - at} bytes follow the last tensor");
        return new SafetensorsHeader(entries, metadata, dataStart);
    }

    private static SafetensorsEntry Entry(string name, JsonElement value, string path)
    {
        try
        {
            var code = value.GetProperty("dtype").GetString();
            var found = Array.FindIndex(types, type => type.Code == code);
            if (found < 0)
                throw Broken(path, $"tensor '{name}' has the unknown type '{code}'");
            var shape = value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
            var offsets = value.GetProperty("data_offsets").EnumerateArray().Select(at => at.GetInt64()).ToArray();
            if (shape.Any(size => size < 0))
                throw Broken(path, $"tensor '{name}' has the shape [{string.Join(", ", shape)}]");
            if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0])
                throw Broken(path, $"tensor '{name}' has the offsets [{string.Join(", ", offsets)}]");
            var bytes = shape.Aggregate((long)types[found].Bytes, (product, size) => checked(product * size));
            if (bytes != offsets[1] - offsets[0])
                throw Broken(
                    path,
                    $"tensor '{name}', {code} [{string.Join(", ", shape)}], takes {bytes} bytes, "
                        + $"but its offsets hold {offsets[1] - offsets[0]}"
                );
            return new SafetensorsEntry(name, types[found].Type, shape, offsets[0], offsets[1]);
        }
        catch (Exception odd)
            when (odd is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw Broken(path, $"the entry of tensor '{name}' cannot be read: {odd.Message}");
        }
    }

    private static (string Code, ScalarType Type, int Bytes) Of(ScalarType type, string name)
    {
        var found = Array.FindIndex(types, known => known.Type == type);
        return found >= 0 ? types[found] : throw new NotSupportedException($"Tensor '{name}' has type {type}.");
    }

    private static InvalidDataException Broken(string path, string what) =>
        new($"{path} is no good safetensors file: {what}.");
}
