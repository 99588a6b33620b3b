using System.Formats.Tar;
using System.IO.Compression;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Downloads;

/// <summary>What an archive may unpack to.</summary>
public sealed record ArchiveLimits : RichRecord
{
    /// <summary>Most entries, at least 1. 100,000 by default.</summary>
    public int Entries { get; init; } = 100_000;

    /// <summary>Most bytes for each byte of the archive, at least 1. 100 by default: text packs 3 to 20 times smaller.</summary>
    public int Expansion { get; init; } = 100;

    /// <summary>Bytes always allowed, so that tiny archives of repeated text pass. 16 MiB by default.</summary>
    public long Floor { get; init; } = 16 << 20;
}

/// <summary>
/// Unpacks archives into a new folder: no entry leaves it, links and devices are refused, and what comes out is bounded.
/// </summary>
public static class Archives
{
    /// <summary>Unpacks zip and tar.gz into a folder that appears only when all is unpacked.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="kind">How it is packed; not <see cref="ArchiveKind.None"/> or <see cref="ArchiveKind.Gz"/>.</param>
    /// <param name="folder">The folder to make; must not be there yet.</param>
    /// <param name="limits">Bounds, or null for the usual ones.</param>
    /// <param name="progress">Told the bytes unpacked so far, or null.</param>
    /// <param name="cancel">Stops it; nothing is left behind.</param>
    /// <exception cref="InvalidDataException">The archive is broken, unsafe or larger than its bounds; the message names the entry.</exception>
    public static async Task UnpackAsync(
        string archive,
        ArchiveKind kind,
        string folder,
        ArchiveLimits? limits = null,
        Action<long>? progress = null,
        CancellationToken cancel = default
    )
    {
        if (kind is not (ArchiveKind.Zip or ArchiveKind.TarGz))
            throw new ArgumentException($"{kind} does not unpack to a folder.", nameof(kind));
        if (Path.Exists(folder))
            throw new IOException($"{folder} is there already.");
        var temporary = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(temporary);
        try
        {
            var outlet = new Outlet(archive, temporary, limits ?? new ArchiveLimits(), progress, cancel);
            await (
                kind == ArchiveKind.Zip
                    ? UnpackZipAsync(archive, outlet, cancel)
                    : UnpackTarAsync(archive, outlet, cancel)
            ).ConfigureAwait(false);
            Directory.Move(temporary, folder);
        }
        finally
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Unpacks the one file under gzip; it appears only when all is unpacked.</summary>
    /// <param name="archive">The <c>.gz</c> file.</param>
    /// <param name="file">The file to make; must not be there yet.</param>
    /// <param name="limits">Bounds, or null for the usual ones.</param>
    /// <param name="progress">Told the bytes unpacked so far, or null.</param>
    /// <param name="cancel">Stops it; nothing is left behind.</param>
    /// <exception cref="InvalidDataException">The file is broken, cut short or larger than its bounds.</exception>
    public static async Task UnpackGzAsync(
        string archive,
        string file,
        ArchiveLimits? limits = null,
        Action<long>? progress = null,
        CancellationToken cancel = default
    )
    {
        if (Path.Exists(file))
            throw new IOException($"{file} is there already.");
        var temporary = $"{Path.GetFileName(file)}.{Guid.NewGuid():N}.tmp";
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        try
        {
            var outlet = new Outlet(archive, folder, limits ?? new ArchiveLimits(), progress, cancel);
            await using var gzip = WholeGzipStream.Open(archive);
            await outlet.WriteAsync(temporary, gzip).ConfigureAwait(false);
            File.Move(Path.Combine(folder, temporary), file);
        }
        finally
        {
            File.Delete(Path.Combine(folder, temporary));
        }
    }

    private static async Task UnpackZipAsync(string archive, Outlet outlet, CancellationToken cancel)
    {
        const int FileType = 0xF000; // of Unix, in the upper half of the external attributes
        const int RegularFile = 0x8000;
        const int Folder = 0x4000;
        await using var zip = await ZipFile.OpenReadAsync(archive, cancel).ConfigureAwait(false);
        foreach (var entry in zip.Entries)
        {
            if ((entry.ExternalAttributes >> 16 & FileType) is not (0 or RegularFile or Folder))
                throw outlet.Refuse(entry.FullName, "is a link or a device");
            if (entry.FullName.EndsWith('/') || entry.FullName.EndsWith('\\'))
            {
                outlet.MakeFolder(entry.FullName);
                continue;
            }
            await using var content = await entry.OpenAsync(cancel).ConfigureAwait(false);
            await outlet.WriteAsync(entry.FullName, content).ConfigureAwait(false);
        }
    }

    private static async Task UnpackTarAsync(string archive, Outlet outlet, CancellationToken cancel)
    {
        await using var gzip = WholeGzipStream.Open(archive);
        await using var tar = new TarReader(gzip);
        while (await tar.GetNextEntryAsync(copyData: false, cancel).ConfigureAwait(false) is { } entry)
            switch (entry.EntryType)
            {
                case TarEntryType.Directory:
                    outlet.MakeFolder(entry.Name);
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                    await outlet.WriteAsync(entry.Name, entry.DataStream ?? Stream.Null).ConfigureAwait(false);
                    break;
                case TarEntryType.GlobalExtendedAttributes:
                    break;
                default:
                    throw outlet.Refuse(entry.Name, $"is a link or a device ({entry.EntryType})");
            }
        await outlet.SkipAsync(gzip).ConfigureAwait(false); // only its end says whether the archive is whole
    }

    /// <summary>The folder that entries are written to, with its bounds.</summary>
    private sealed class Outlet(
        string archive,
        string folder,
        ArchiveLimits limits,
        Action<long>? progress,
        CancellationToken cancel
    )
    {
        private readonly string root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        private readonly long most = new FileInfo(archive).Length * limits.Expansion + limits.Floor;
        private int entries;
        private long written;

        public InvalidDataException Refuse(string entry, string why) =>
            new($"{archive}: entry '{entry}' {why}; nothing was unpacked.");

        public void MakeFolder(string entry)
        {
            if (PlaceOf(entry) is { } place)
                Directory.CreateDirectory(place);
        }

        public async Task WriteAsync(string entry, Stream content)
        {
            var place = PlaceOf(entry) ?? throw Refuse(entry, "has no name");
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            if (Path.Exists(place))
                throw Refuse(entry, "is there twice");
            await using var file = new FileStream(place, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            var buffer = new byte[1 << 17];
            for (int count; (count = await content.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0; )
            {
                if ((written += count) > most) // counted, because an archive may lie about its lengths
                    throw Refuse(
                        entry,
                        $"brings the content above {most:N0} bytes, {limits.Expansion} times the archive"
                    );
                await file.WriteAsync(buffer.AsMemory(0, count), cancel).ConfigureAwait(false);
                progress?.Invoke(written);
            }
        }

        /// <summary>Reads what follows the last entry: padding, which a bomb may exaggerate.</summary>
        public async Task SkipAsync(Stream rest)
        {
            var buffer = new byte[1 << 16];
            for (int count; (count = await rest.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0; )
                if ((written += count) > most)
                    throw Refuse("(after the last)", $"brings the content above {most:N0} bytes");
        }

        /// <summary>Where an entry goes; null for the folder itself.</summary>
        private string? PlaceOf(string entry)
        {
            if (++entries > limits.Entries)
                throw Refuse(entry, $"is one of more than {limits.Entries:N0} entries");
            var name = entry.Replace('\\', '/');
            var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
            if (name.StartsWith('/') || parts.Any(part => part == ".." || part.AsSpan().IndexOfAny(":\0") >= 0))
                throw Refuse(entry, "leads out of the folder");
            if (parts.Length == 0)
                return null;
            var place = Path.GetFullPath(Path.Combine([folder, .. parts]));
            return place.StartsWith(root, StringComparison.Ordinal)
                ? place
                : throw Refuse(entry, "leads out of the folder");
        }
    }
}
