using System.Security.Cryptography;
using System.Text;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Downloads;

/// <summary>The sums of a file that sources publish.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256, lower-case hexadecimal.</param>
/// <param name="Md5">MD5.</param>
/// <param name="GitBlob">Git's id: SHA-1 of <c>blob length NUL content</c>.</param>
public sealed record Checksums(long Bytes, string Sha256, string Md5, string GitBlob) : RichRecord
{
    /// <summary>Reads a file once and computes all sums.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the bytes read so far, or null.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task<Checksums> OfAsync(
        string path,
        Action<long>? progress = null,
        CancellationToken cancel = default
    )
    {
        await using var file = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            1,
            FileOptions.SequentialScan
        );
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
#pragma warning disable CA5350, CA5351 // these name files as their publishers do; SHA-256 is used wherever it is known
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350, CA5351
        sha1.AppendData(Encoding.ASCII.GetBytes($"blob {file.Length}\0"));
        var buffer = new byte[1 << 18];
        long done = 0;
        for (int count; (count = await file.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0; )
        {
            foreach (var hash in new[] { sha256, md5, sha1 })
                hash.AppendData(buffer, 0, count);
            progress?.Invoke(done += count);
        }
        return new Checksums(file.Length, Hex(sha256), Hex(md5), Hex(sha1));
    }

    /// <summary>What is wrong with these sums for a source, or null when all that is known of it holds.</summary>
    public string? Mismatch(DownloadSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Bytes is { } bytes && bytes != Bytes)
            return $"it has {Bytes:N0} bytes, expected {bytes:N0}";
        foreach (
            var (name, expected, actual) in new[]
            {
                ("sha256", source.Sha256, Sha256),
                ("md5", source.Md5, Md5),
                ("git blob", source.GitBlob, GitBlob),
            }
        )
            if (expected is not null && expected != actual)
                return $"its {name} is {actual}, expected {expected}";
        return null;
    }

    private static string Hex(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}
