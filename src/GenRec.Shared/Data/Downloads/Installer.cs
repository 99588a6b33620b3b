using System.IO.Compression;

namespace GenRec.Shared.Data.Downloads;

/// <summary>Makes the files that the readers of data sets expect from what was downloaded.</summary>
internal static class Installer
{
    private const string Anywhere = "**/";

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
            var origin = member == "." ? path : Member(unpacked ?? folder, member, source.Title);
            await CopyAsync(origin, target, cancel).ConfigureAwait(false);
        }
        if (source.Derive == DerivedLayout.KuaiRandPure)
            KuaiRandLayout.Make(unpacked ?? folder, folder, cancel);
    }

    /// <summary>The path of a member; one that starts with <c>**/</c> may lie in any folder of the archive.</summary>
    /// <exception cref="DownloadException">It is not there, or there more than once.</exception>
    public static string Member(string unpacked, string member, string title)
    {
        var path = Path.Combine(unpacked, member);
        if (!member.StartsWith(Anywhere, StringComparison.Ordinal))
            return File.Exists(path)
                ? path
                : throw new DownloadException($"{title} holds no {member}: {path} is not there.");
        var found = Directory.GetFiles(unpacked, member[Anywhere.Length..], SearchOption.AllDirectories);
        return found.Length == 1
            ? found[0]
            : throw new DownloadException(
                $"{title} holds no {member}: {found.Length} files under {unpacked} are called so, need one."
            );
    }

    /// <summary>Writes lines, each with a line feed, under gzip; the file appears when all is written.</summary>
    public static void WriteGzip(string target, IEnumerable<string> lines, CancellationToken cancel)
    {
        if (File.Exists(target))
            return; // made before, or put there by hand
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            using (var gzip = new GZipStream(file, CompressionLevel.Optimal))
            using (var writer = new StreamWriter(gzip) { NewLine = "\n" })
                foreach (var line in lines)
                {
                    cancel.ThrowIfCancellationRequested();
                    writer.WriteLine(line);
                }
            File.Move(temporary, target);
        }
        finally
        {
            File.Delete(temporary);
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
