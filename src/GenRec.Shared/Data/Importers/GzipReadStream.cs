using System.Buffers.Binary;
using System.IO.Compression;

namespace GenRec.Shared.Data.Importers;

/// <summary>Unpacks a gzip file and notices where it was cut off.</summary>
/// <remarks>
/// <see cref="GZipStream"/> ends quietly when its input does, so that a broken download would look like a smaller data set.
/// At the end this stream compares the number of bytes with the one the last member of the file states (RFC 1952, ISIZE).
/// </remarks>
internal sealed class GzipReadStream : Stream
{
    private const int HeaderLength = 10;
    private readonly FileStream file;
    private readonly GZipStream gzip;
    private uint length; // modulo 2^32, as in the file
    private bool isChecked;

    /// <summary>Reads an open file from its start; closes it in the end.</summary>
    public GzipReadStream(FileStream file) =>
        (this.file, gzip) = (file, new GZipStream(file, CompressionMode.Decompress, true));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether bytes start with <c>1F 8B</c>.</summary>
    public static bool IsGzip(FileStream file)
    {
        var packed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return packed;
    }

    /// <exception cref="InvalidDataException">The file is cut off or broken.</exception>
    public override int Read(Span<byte> buffer)
    {
        var read = gzip.Read(buffer);
        length += (uint)read;
        if (read == 0 && buffer.Length > 0 && !isChecked)
        {
            if (StatedLength() != length && !LastMemberIsWhole())
                throw new InvalidDataException("The gzip data is cut off.");
            isChecked = true;
        }
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            gzip.Dispose();
            file.Dispose();
        }
        base.Dispose(disposing);
    }

    private uint? StatedLength()
    {
        if (file.Length < HeaderLength + 8)
            return null;
        Span<byte> end = stackalloc byte[4];
        file.Position = file.Length - 4;
        file.ReadExactly(end);
        return BinaryPrimitives.ReadUInt32LittleEndian(end);
    }

    /// <summary>A file of several members (concatenated, or written by parallel packers) states the length of the last only.</summary>
    private bool LastMemberIsWhole()
    {
        var stated = StatedLength();
        for (var start = PreviousHeader(file.Length); start > 0; start = PreviousHeader(start))
            if (UnpackedFrom(start) == stated)
                return true;
        return false;
    }

    private long PreviousHeader(long before)
    {
        var buffer = new byte[1 << 16];
        while (before > 0)
        {
            var from = Math.Max(0, before - buffer.Length + HeaderLength);
            file.Position = from;
            var count = file.ReadAtLeast(buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - from)), 1, false);
            for (var i = (int)Math.Min(count - HeaderLength, before - from - 1); i >= 0; i--)
                if (IsHeader(buffer.AsSpan(i, HeaderLength)))
                    return from + i;
            before = from;
        }
        return 0;
    }

    private static bool IsHeader(ReadOnlySpan<byte> bytes) =>
        bytes is [0x1F, 0x8B, 8, < 32, _, _, _, _, 0 or 2 or 4, <= 13 or 255];

    private uint? UnpackedFrom(long start)
    {
        file.Position = start;
        using var member = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
        var (buffer, total) = (new byte[1 << 16], 0u);
        try
        {
            for (int read; (read = member.Read(buffer)) > 0; )
                total += (uint)read;
            return total;
        }
        catch (InvalidDataException)
        {
            return null; // chance bytes that look like a header
        }
    }
}
