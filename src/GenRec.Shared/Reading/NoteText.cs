using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace GenRec.Shared.Reading;

/// <summary>A note file as it was read: its bytes, and the text that they are.</summary>
/// <remarks>
/// Text is only ever inserted into it, and every byte that was there is written back: byte order mark, line ends, blanks and
/// comments stay as the reader has them.
/// </remarks>
internal sealed class NoteText
{
    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    private readonly bool hasMark;

    private NoteText(string path, byte[] bytes)
    {
        (Path, Bytes, hasMark) = (path, bytes, bytes.AsSpan().StartsWith(Mark));
        Text = Encoding.UTF8.GetString(bytes.AsSpan(hasMark ? Mark.Length : 0));
        Hash = HashOf(bytes);
        var end = Text.IndexOf('\n', StringComparison.Ordinal);
        NewLine = end > 0 && Text[end - 1] == '\r' ? "\r\n" : "\n";
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its bytes.</summary>
    public byte[] Bytes { get; }

    /// <summary>Its text, without a byte order mark.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of its bytes.</summary>
    public string Hash { get; }

    /// <summary>How its first line ends; what is inserted ends its lines so too.</summary>
    public string NewLine { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not UTF-8; the message names file and line.</exception>
    public static NoteText Read(string path) => Of(path, File.ReadAllBytes(path));

    /// <summary>Takes bytes as the content of a file.</summary>
    /// <exception cref="InvalidDataException">They are not UTF-8; the message names file and line.</exception>
    public static NoteText Of(string path, byte[] bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            var at = FirstWrong(bytes);
            throw new InvalidDataException(
                $"{path}:{LineOf(bytes, at)}: byte 0x{bytes[at]:X2} is not UTF-8. Save the file as UTF-8 in your editor; "
                    + "nothing was written."
            );
        }
        return new NoteText(path, bytes);
    }

    /// <summary>SHA-256 in hexadecimal.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The file's bytes with text put in at places of <see cref="Text"/>.</summary>
    public byte[] With(params IEnumerable<(int At, string Inserted)> insertions)
    {
        var text = new StringBuilder();
        var done = 0;
        foreach (var (at, inserted) in insertions.OrderBy(insertion => insertion.At)) // stable: equal places keep their order
        {
            text.Append(Text, done, at - done).Append(inserted);
            done = at;
        }
        text.Append(Text, done, Text.Length - done);
        return [.. hasMark ? Mark : [], .. Encoding.UTF8.GetBytes(text.ToString())];
    }

    private static int FirstWrong(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done)
            at += length;
        return at;
    }

    private static int LineOf(ReadOnlySpan<byte> bytes, int at) => 1 + bytes[..at].Count((byte)'\n');
}
