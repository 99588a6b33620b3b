using System.IO.Compression;
using System.Text;

namespace GenRec.Shared.Tests.Data;

/// <summary>A folder of its own for a test, removed afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-test-").FullName;

    /// <summary>Writes a text file and returns its path.</summary>
    public string Write(string name, string text, Encoding? encoding = null) =>
        WriteBytes(name, (encoding ?? new UTF8Encoding(false)).GetBytes(text));

    /// <summary>Writes a file and returns its path.</summary>
    public string WriteBytes(string name, byte[] bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    /// <summary>Writes a gzip file, cut off after some bytes where wanted, and returns its path.</summary>
    public string WriteGzip(string name, string text, int? cutAfter = null)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return WriteBytes(name, packed.ToArray()[..(cutAfter ?? (int)packed.Length)]);
    }

    public string PathOf(string name) => Path.Combine(folder, name);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
