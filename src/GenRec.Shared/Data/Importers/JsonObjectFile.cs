using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Walks over the properties of one large JSON object without reading it into memory at once.</summary>
internal static class JsonObjectFile
{
    private const int LargestValue = 1 << 28; // 256 MiB for a single property

    /// <summary>Calls <paramref name="use"/> with name, value and line of each property.</summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">The file is not one whole JSON object.</exception>
    public static void ForEach(string path, Action<string, JsonElement, long> use)
    {
        using var stream = LineReader.OpenBytes(path);
        var cursor = new Cursor { Buffer = new byte[1 << 16], Line = 1 };
        try
        {
            while (!cursor.Ended)
            {
                Fill(path, stream, cursor);
                var reader = new Utf8JsonReader(cursor.Buffer.AsSpan(0, cursor.Filled), cursor.Final, cursor.State);
                Walk(path, ref reader, cursor, use);
                Consume(cursor, (int)reader.BytesConsumed);
                cursor.State = reader.CurrentState;
            }
        }
        catch (JsonException e)
        {
            throw new DataFormatException(path, (e.LineNumber ?? 0) + 1, $"The JSON is broken: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException(path, "The gzip data is cut off or broken; fetch the file again.", e);
        }
    }

    private static void Walk(
        string path,
        ref Utf8JsonReader reader,
        Cursor cursor,
        Action<string, JsonElement, long> use
    )
    {
        while (true)
        {
            if (cursor.Name is null)
            {
                if (!reader.Read())
                {
                    cursor.Ended = cursor.Final;
                    return;
                }
                if (
                    reader.CurrentDepth == 0
                    && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject)
                )
                    throw new DataFormatException(
                        path,
                        cursor.Line,
                        $"The file starts with a JSON {reader.TokenType}, need an object."
                    );
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                cursor.Name = reader.GetString()!;
                cursor.NameLine = cursor.Line + NewLines(cursor, (int)reader.TokenStartIndex);
            }
            if (!JsonDocument.TryParseValue(ref reader, out var value))
                return;
            using (value)
                use(cursor.Name, value.RootElement, cursor.NameLine);
            cursor.Name = null;
        }
    }

    private static void Fill(string path, Stream stream, Cursor cursor)
    {
        if (cursor.Filled == cursor.Buffer.Length)
        {
            if (cursor.Filled >= LargestValue)
                throw new DataFormatException(
                    path,
                    cursor.Line,
                    $"A single value is larger than {LargestValue} bytes."
                );
            Array.Resize(ref cursor.Buffer, cursor.Buffer.Length * 2);
        }
        var read = stream.Read(cursor.Buffer, cursor.Filled, cursor.Buffer.Length - cursor.Filled);
        (cursor.Filled, cursor.Final) = (cursor.Filled + read, read == 0);
    }

    private static void Consume(Cursor cursor, int bytes)
    {
        cursor.Line += NewLines(cursor, bytes);
        cursor.Buffer.AsSpan(bytes, cursor.Filled - bytes).CopyTo(cursor.Buffer);
        cursor.Filled -= bytes;
    }

    private static int NewLines(Cursor cursor, int end) => cursor.Buffer.AsSpan(0, end).Count((byte)'\n');

    private sealed class Cursor
    {
        public required byte[] Buffer;
        public int Filled;
        public bool Final;
        public bool Ended;
        public long Line;
        public string? Name;
        public long NameLine;
        public JsonReaderState State;
    }
}
