using System.Text;

namespace GenRec.Shared.Tests.Text;

/// <summary>Writes the smallest sentence encoder there is: a table of token vectors, as an ONNX file.</summary>
/// <remarks>
/// The graph is one Gather: last_hidden_state = table[input_ids]. Field numbers are those of onnx.proto (github.com/onnx/onnx)
/// and sentencepiece_model.proto (github.com/google/sentencepiece).
/// </remarks>
internal static class TinyOnnx
{
    /// <summary>A model whose token vectors are the rows of a table.</summary>
    public static byte[] Encoder(float[] table, int width)
    {
        var rows = table.Length / width;
        var node = Message(
            Text(1, "table"),
            Text(1, "input_ids"),
            Text(2, "last_hidden_state"),
            Text(3, "gather"),
            Text(4, "Gather")
        );
        var values = new byte[table.Length * 4];
        Buffer.BlockCopy(table, 0, values, 0, values.Length);
        var weights = Message(Number(1, rows), Number(1, width), Number(2, 1), Text(8, "table"), Bytes(9, values));
        var graph = Message(
            Bytes(1, node),
            Text(2, "tiny"),
            Bytes(5, weights),
            Bytes(11, Value("input_ids", 7, "batch", "length")),
            Bytes(11, Value("attention_mask", 7, "batch", "length")),
            Bytes(12, Value("last_hidden_state", 1, "batch", "length", $"{width}"))
        );
        var opset = Message(Text(1, ""), Number(2, 13));
        return Message(Number(1, 8), Text(2, "tests"), Bytes(7, graph), Bytes(8, opset));
    }

    /// <summary>A unigram SentencePiece model of whole words, with T5's special tokens: 0 pad, 1 end, 2 unknown.</summary>
    public static byte[] SentencePiece(params string[] pieces)
    {
        var all = new List<byte[]>
        {
            Bytes(1, Piece("<pad>", 0, 3)),
            Bytes(1, Piece("</s>", 0, 3)),
            Bytes(1, Piece("<unk>", 0, 2)),
        };
        all.AddRange(pieces.Select((piece, at) => Bytes(1, Piece(piece, -1 - at, 1))));
        // trainer_spec: unigram, ids of the special pieces; -1 for none is ten bytes of a varint
        var trainer = Message(
            Number(3, 1),
            Number(4, pieces.Length + 3),
            Number(40, 2),
            Number(41, -1),
            Number(42, 1),
            Number(43, 0)
        );
        var normaliser = Message(Text(1, "identity"), Number(3, 1), Number(4, 1), Number(5, 1));
        return [.. all.SelectMany(bytes => bytes), .. Bytes(2, trainer), .. Bytes(3, normaliser)];

        static byte[] Piece(string text, float score, int type) =>
            Message(Text(1, text), [.. Tag(2, 5), .. BitConverter.GetBytes(score)], Number(3, type));
    }

    private static byte[] Value(string name, int type, params string[] axes)
    {
        var shape = Message([
            .. axes.Select(axis =>
                Bytes(1, int.TryParse(axis, out var size) ? Message(Number(1, size)) : Message(Text(2, axis)))
            ),
        ]);
        var tensor = Message(Number(1, type), Bytes(2, shape));
        return Message(Text(1, name), Bytes(2, Message(Bytes(1, tensor))));
    }

    private static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(field => field)];

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] bytes) => [.. Tag(field, 2), .. Varint(bytes.Length), .. bytes];

    private static byte[] Number(int field, long number) => [.. Tag(field, 0), .. Varint(number)];

    private static byte[] Tag(int field, int wire) => Varint((field << 3) | wire);

    private static byte[] Varint(long number)
    {
        var (bytes, left) = (new List<byte>(), (ulong)number);
        for (; left >= 0x80; left >>= 7)
            bytes.Add((byte)(left | 0x80));
        bytes.Add((byte)left);
        return [.. bytes];
    }
}
