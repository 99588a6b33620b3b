using System.IO.Compression;

namespace GenRec.Shared.Data.Downloads;

/// <summary>Makes the files that the readers of data sets expect from what was downloaded.</summary>
internal static class Installer
{
    public static async Task InstallAsync(
        DownloadSource source,
        string path,
        string? unpacked,
        CancellationToken cancel
    )
    {
        var folder = Path.GetDirectoryName(path)!;
        foreach (var (name, member) in source.Install ?? new Dictionary<string, string>())
        {
            var target = Path.Combine(folder, name);
            if (File.Exists(target))
                continue; // made before, or put there by hand
            var origin = member == "." ? path : Path.Combine(unpacked ?? folder, member);
            if (!File.Exists(origin))
                throw new DownloadException(
                    $"{source.Title} holds no {member}: {origin} is not there, so {name} cannot be made."
                );
            await CopyAsync(origin, target, cancel).ConfigureAwait(false);
        }
    }

    private static async Task CopyAsync(string origin, string target, CancellationToken cancel)
    {
        var isToBePacked =
            target.EndsWith(".gz", StringComparison.Ordinal) && !origin.EndsWith(".gz", StringComparison.Ordinal);
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            await using (var from = File.OpenRead(origin))
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            await using (var to = isToBePacked ? new GZipStream(file, CompressionLevel.Optimal) : (Stream)file)
                await from.CopyToAsync(to, cancel).ConfigureAwait(false);
            File.Move(temporary, target);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
