using System.Security.Cryptography;
using GenRec.Shared.Data.Downloads;

namespace GenRec.Shared.Tests.Downloads;

/// <summary>A cache folder of its own, a file to serve, and a downloader with short pauses.</summary>
public abstract class DownloaderFixture : IDisposable
{
    internal static readonly byte[] Content = Bytes(seed: 1, 50_000);

    internal string Folder { get; } = Directory.CreateTempSubdirectory("downloads").FullName;

    internal List<DownloadProgress> Reports { get; } = [];

    internal List<string> Warnings { get; } = [];

    internal static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count; at++)
            bytes[at] = (byte)((at * 31L + seed * 7919L + at / 251) % 256);
        return bytes;
    }

    internal static DownloadSource Source(params Uri[] urls) =>
        new(
            "set",
            "set",
            "The set",
            "file.bin",
            urls,
            new Uri("https://example.org/set"),
            "free",
            "this test",
            Content.Length,
            Sha256: Convert.ToHexStringLower(SHA256.HashData(Content))
        );

    internal static DownloadSource NotPinned(params Uri[] urls) => Source(urls) with { Bytes = null, Sha256 = null };

    internal string Target => Path.Combine(Folder, "set", "file.bin");

    internal string Part => Target + ".part";

    internal Downloader Downloader(Func<DownloadOptions, DownloadOptions>? change = null)
    {
        var options = new DownloadOptions
        {
            Folder = Folder,
            Retries = 3,
            FirstDelay = TimeSpan.FromMilliseconds(1),
            LongestDelay = TimeSpan.FromMilliseconds(20),
            Silence = TimeSpan.FromSeconds(20),
        };
        var downloader = new Downloader(change is null ? options : change(options));
        downloader.Progressed += Reports.Add;
        downloader.Warned += (_, warning) => Warnings.Add(warning);
        return downloader;
    }

    internal async Task<DownloadedFile> FetchAsync(DownloadSource source)
    {
        using var downloader = Downloader();
        return await downloader.FetchAsync(source, TestContext.Current.CancellationToken);
    }

    internal async Task<string> FailAsync(DownloadSource source)
    {
        using var downloader = Downloader();
        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            downloader.FetchAsync(source, TestContext.Current.CancellationToken)
        );
        Assert.False(File.Exists(Target));
        return error.Message;
    }

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
