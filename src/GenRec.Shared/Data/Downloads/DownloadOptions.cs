using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Downloads;

/// <summary>How to download.</summary>
public sealed record DownloadOptions : RichRecord
{
    private readonly int retries = 4;

    /// <summary>Folder that holds one folder for each data set; <see cref="DataFolders.Cache"/> by default.</summary>
    public string Folder { get; init; } = DataFolders.Cache;

    /// <summary>Tries of one address after the first, 0..100, counted anew whenever a try has got further. 4 by default.</summary>
    public int Retries
    {
        get => retries;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100);
            retries = value;
        }
    }

    /// <summary>Pause before the first retry; doubles each time, with jitter. One second by default.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause, also where a server asks for a longer one. One minute by default.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest silence of a server, before its answer and between two pieces. 30 seconds by default.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Limits of what an archive may unpack to.</summary>
    public ArchiveLimits Archives { get; init; } = new();

    /// <summary>Free bytes on the disk of a folder; asks the system by default.</summary>
    public Func<string, long> FreeBytes { get; init; } =
        folder => new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
}

/// <summary>What a download is doing.</summary>
public enum DownloadPhase
{
    /// <summary>Another process downloads the same file; waiting for it.</summary>
    Waiting,

    /// <summary>Asking a server.</summary>
    Connecting,

    /// <summary>Bytes come in.</summary>
    Downloading,

    /// <summary>A try failed; the next one follows after a pause.</summary>
    Retrying,

    /// <summary>The checksum is computed.</summary>
    Verifying,

    /// <summary>An archive is unpacked.</summary>
    Unpacking,

    /// <summary>The file is there and verified.</summary>
    Done,
}

/// <summary>One report of a download, at most about ten a second.</summary>
/// <param name="Source">What is downloaded.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="Bytes">Bytes handled in this phase.</param>
/// <param name="Total">Bytes to handle in this phase, or null when not known.</param>
/// <param name="Detail">The address, the reason of a retry, or null.</param>
public sealed record DownloadProgress(
    DownloadSource Source,
    DownloadPhase Phase,
    long Bytes,
    long? Total,
    string? Detail = null
) : RichRecord;

/// <summary>A file that is on disk and verified.</summary>
/// <param name="Source">What it is.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Unpacked">Folder (zip, tar) or file (gz) with its content, or null when it is no archive.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256.</param>
/// <param name="WasThere">True when nothing was transferred.</param>
public sealed record DownloadedFile(
    DownloadSource Source,
    string Path,
    string? Unpacked,
    long Bytes,
    string Sha256,
    bool WasThere
) : RichRecord;

/// <summary>A file could not be had; the message says why and how to put it in place by hand.</summary>
public sealed class DownloadException : IOException
{
    /// <summary>An error with its message.</summary>
    public DownloadException(string message, Exception? cause = null)
        : base(message, cause) { }
}
