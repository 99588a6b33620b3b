using System.IO.Compression;
using System.Text;
using CsCheck;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class GzipTests
{
    private static readonly string Text = string.Concat(
        Enumerable.Range(1, 400).Select(i => $"{i} {i * i % 389 + 1}\n")
    );

    [Fact]
    public void AFileCutOffAnywhereIsAnError()
    {
        using var folder = new TempFolder();
        var whole = File.ReadAllBytes(folder.WriteGzip("whole.gz", Text));
        Gen.Int[2, whole.Length - 1]
            .Sample(
                length =>
                {
                    using var own = new TempFolder();
                    var path = own.WriteBytes("cut.gz", whole[..length]);
                    Assert.Throws<DataFormatException>(() => SequenceText.Read(path));
                },
                iter: 200
            );
    }

    [Fact]
    public void AFileOfSeveralMembersIsWhole()
    {
        using var folder = new TempFolder();
        var members = Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Chunk(100).Select(Packed).ToArray();
        var path = folder.WriteBytes("members.gz", [.. members.SelectMany(bytes => bytes)]);
        Assert.Equal(400, SequenceText.Read(path).Interactions.Count);

        var cut = folder.WriteBytes("cut.gz", [.. members.SelectMany(bytes => bytes).SkipLast(3)]);
        Assert.Throws<DataFormatException>(() => SequenceText.Read(cut));
    }

    private static byte[] Packed(string[] lines)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
        return packed.ToArray();
    }
}
