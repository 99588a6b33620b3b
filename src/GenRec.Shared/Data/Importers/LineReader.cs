using System.Text;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads a text file line by line, gzip or plain, and knows where it is.</summary>
/// <remarks>Memory is one buffer that grows to the longest line, however long the file is.</remarks>
internal sealed class LineReader : IDisposable
{
    private const int LongestLine = 1 << 26; // 64 Mi characters: a binary file without line ends must not fill the memory
    private readonly StreamReader reader;
    private char[] buffer = new char[1 << 15];
    private int start;
    private int end;
    private bool atEnd;

    /// <summary>Opens a file.</summary>
    /// <param name="path">A text file; gzip is recognised by its first two bytes, not by its name.</param>
    /// <param name="encoding">UTF-8 when null; a byte order mark wins.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public LineReader(string path, Encoding? encoding = null)
    {
        Path = path;
        reader = new StreamReader(OpenBytes(path), encoding ?? Encoding.UTF8, true, 1 << 16);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>Number of the line read last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Opens a file's bytes, unpacked where it is gzip.</summary>
    public static Stream OpenBytes(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        var file = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            1 << 16,
            FileOptions.SequentialScan
        );
        return WholeGzipStream.IsGzip(file) ? new WholeGzipStream(file) : file;
    }

    /// <summary>Reads the next line, without its line end.</summary>
    /// <param name="line">Valid until the next call.</param>
    /// <returns>False after the last line.</returns>
    /// <exception cref="DataFormatException">The gzip data is cut off or broken, or a line is longer than 64 Mi characters.</exception>
    public bool TryRead(out ReadOnlySpan<char> line)
    {
        var searched = start;
        while (true)
        {
            var at = buffer.AsSpan(searched, end - searched).IndexOf('\n');
            if (at >= 0)
            {
                line = WithoutReturn(buffer.AsSpan(start, searched + at - start));
                start = searched + at + 1;
                Number++;
                return true;
            }
            searched = end;
            if (atEnd)
            {
                line = WithoutReturn(buffer.AsSpan(start, end - start));
                start = end;
                if (line.IsEmpty)
                    return false;
                Number++;
                return true;
            }
            searched -= MakeRoom();
            Fill();
        }
    }

    /// <summary>An error at the line read last.</summary>
    public DataFormatException Error(string message) => new(Path, Number, message);

    /// <inheritdoc/>
    public void Dispose() => reader.Dispose();

    private int MakeRoom()
    {
        var moved = start;
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end < buffer.Length)
            return moved;
        if (buffer.Length >= LongestLine)
            throw new DataFormatException(
                Path,
                Number + 1,
                $"The line has more than {LongestLine} characters; is this a text file?"
            );
        Array.Resize(ref buffer, buffer.Length * 2);
        return moved;
    }

    private void Fill()
    {
        try
        {
            var read = reader.Read(buffer.AsSpan(end));
            (end, atEnd) = (end + read, read == 0);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException(
                Path,
                Number + 1,
                "The gzip data is cut off or broken; fetch the file again.",
                e
            );
        }
    }

    private static ReadOnlySpan<char> WithoutReturn(ReadOnlySpan<char> line) =>
        line is [.. var rest, '\r'] ? rest : line;
}
