using System.IO.Compression;

namespace GenRec.Shared.Data;

/// <summary>Reads a gzip file and throws at its end when the file was cut short.</summary>
/// <remarks>
/// .NET's <see cref="GZipStream"/> takes a cut for the end and reports nothing, so half a file would pass for the whole. Here
/// a small gzip member with a known content follows the file: it comes out at the end only when the file ended properly.
/// Files of several members are read to the last one.
/// </remarks>
public sealed class WholeGzipStream : ForwardStream
{
    private static readonly byte[] Mark = "end of the gzip!"u8.ToArray();
    private static readonly byte[] MarkMember = Pack(Mark);
    private readonly string path;
    private readonly GZipStream inner;
    private readonly byte[] held = new byte[1 << 16]; // what was unpacked but not given out: at least the mark's length
    private int start;
    private int end;
    private bool isAtEnd;

    /// <summary>Reads an open file from where it stands; closes it in the end.</summary>
    public WholeGzipStream(FileStream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        (path, inner) = (file.Name, new GZipStream(new Followed(file, MarkMember), CompressionMode.Decompress));
    }

    /// <summary>Opens a file.</summary>
    public static WholeGzipStream Open(string path) => new(File.OpenRead(path));

    /// <summary>Whether a file starts with gzip's first two bytes; it stands at its start afterwards.</summary>
    public static bool IsGzip(FileStream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var packed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return packed;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file is broken or was cut short.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (!isAtEnd && end - start <= Mark.Length)
            Fill();
        var count = Math.Min(buffer.Length, end - start - Mark.Length);
        if (count <= 0)
            return 0;
        held.AsSpan(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        held.AsSpan(start, end - start).CopyTo(held);
        (start, end) = (0, end - start);
        int count;
        try
        {
            count = inner.Read(held, end, held.Length - end);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path} is no whole gzip file: it is broken or was cut short.", error);
        }
        end += count;
        isAtEnd = count == 0;
        if (isAtEnd && !held.AsSpan(start, end - start).SequenceEqual(Mark))
            throw new InvalidDataException($"{path} is no whole gzip file: it was cut short.");
    }

    private static byte[] Pack(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>A file and then a few bytes more.</summary>
    private sealed class Followed(FileStream file, byte[] more) : ForwardStream
    {
        private int given;

        public override int Read(Span<byte> buffer)
        {
            if (file.Read(buffer) is var count and > 0)
                return count;
            count = Math.Min(buffer.Length, more.Length - given);
            more.AsSpan(given, count).CopyTo(buffer);
            given += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                file.Dispose();
            base.Dispose(disposing);
        }
    }
}
