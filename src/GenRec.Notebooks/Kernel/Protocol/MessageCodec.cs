using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Kernel.Protocol;

/// <summary>Between frames on the wire and messages; knows the secret and signs and checks with it.</summary>
/// <remarks>
/// Frames: identities, <c>&lt;IDS|MSG&gt;</c>, the signature in hexadecimal digits, then header, parent header, metadata and
/// content as JSON, then buffers. The signature is HMAC-SHA256 over the four JSON frames.
/// </remarks>
internal sealed class MessageCodec(ReadOnlyMemory<byte> key)
{
    /// <summary>The version of the messaging protocol spoken here.</summary>
    public const string ProtocolVersion = "5.4";

    private const int SignatureDigits = 2 * HMACSHA256.HashSizeInBytes;
    private const int MostDepth = 256;

    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly byte[] Empty = "{}"u8.ToArray();

    // The page that shows the text escapes it anyway; escaped here, formulas and Chinese take six bytes a character.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SeenSignatures seen = new();
    private long sent;

    /// <summary>This kernel run, unique.</summary>
    public string Session { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Reads a message.</summary>
    /// <exception cref="MalformedMessageException">It is not signed with our key, was seen before, or is no
    /// message.</exception>
    public KernelMessage Decode(IReadOnlyList<byte[]> frames)
    {
        var at = 0;
        while (at < frames.Count && !frames[at].AsSpan().SequenceEqual(Delimiter))
            at++;
        if (frames.Count - at < 6)
            throw new MalformedMessageException(
                at == frames.Count ? "no delimiter among its frames" : $"{frames.Count - at} frames where 6 are due"
            );
        var parts = new[] { frames[at + 2], frames[at + 3], frames[at + 4], frames[at + 5] };
        Check(frames[at + 1], parts);
        var header = Object(parts[0], "header");
        return new KernelMessage
        {
            Identities = [.. frames.Take(at)],
            Header = parts[0],
            Type = Name(header, "msg_type"),
            Id = Name(header, "msg_id"),
            ParentId =
                Object(parts[1], "parent_header")["msg_id"] is JsonValue id && id.TryGetValue<string>(out var text)
                    ? text
                    : null,
            Content = Object(parts[3], "content"),
            Arrived = Stopwatch.GetTimestamp(),
        };
    }

    /// <summary>Writes a message.</summary>
    /// <param name="identities">Whom it goes to, or the topic of a broadcast.</param>
    /// <param name="type">Its type.</param>
    /// <param name="parent">The header of the request that caused it; null for none.</param>
    /// <param name="content">Its content.</param>
    /// <param name="id">The id it was given.</param>
    public List<byte[]> Encode(
        IEnumerable<byte[]> identities,
        string type,
        byte[]? parent,
        JsonObject content,
        out string id
    )
    {
        id = $"{Session}_{Interlocked.Increment(ref sent).ToString(CultureInfo.InvariantCulture)}";
        var header = new JsonObject
        {
            ["msg_id"] = id,
            ["session"] = Session,
            ["username"] = Environment.UserName,
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = ProtocolVersion,
        };
        byte[][] parts = [Bytes(header), parent ?? Empty, Empty, Bytes(content)];
        return [.. identities, Delimiter, Encoding.ASCII.GetBytes(Sign(parts)), .. parts];
    }

    private static byte[] Bytes(JsonObject json)
    {
        try
        {
            return Write(json);
        }
        catch (ArgumentException) // half of a surrogate pair, as a cell may cut it out of an emoji
        {
            return Write(WellFormed.Object(json));
        }
    }

    private static byte[] Write(JsonObject json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Writing))
            json.WriteTo(writer);
        return stream.ToArray();
    }

    private string Sign(byte[][] parts)
    {
        if (key.IsEmpty)
            return "";
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span);
        foreach (var part in parts)
            hash.AppendData(part);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Check(byte[] signature, byte[][] parts)
    {
        if (key.IsEmpty)
            return;
        var expected = Encoding.ASCII.GetBytes(Sign(parts));
        if (signature.Length != SignatureDigits || !CryptographicOperations.FixedTimeEquals(expected, signature))
            throw new MalformedMessageException(
                signature.Length == 0 ? "it is not signed" : "its signature is not ours"
            );
        if (!seen.Add(signature))
            throw new MalformedMessageException("its signature was used before");
    }

    private static JsonObject Object(byte[] frame, string name)
    {
        try
        {
            var json = JsonNode.Parse(frame, documentOptions: new JsonDocumentOptions { MaxDepth = MostDepth });
            var found = json as JsonObject ?? throw new MalformedMessageException($"its {name} is no JSON object");
            _ = found.Count; // a name that stands twice in it shows only now
            return found;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new MalformedMessageException($"its {name} is no JSON: {e.Message}");
        }
    }

    private static string Name(JsonObject header, string name) =>
        header[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0
            ? text
            : throw new MalformedMessageException($"its header has no '{name}'");
}
