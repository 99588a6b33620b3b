using GenRec.Shared.Display;
using Polly;
using Polly.Retry;

namespace GenRec.Shared.Data.Downloads;

/// <summary>
/// Brings files of the catalogue onto this machine: continued after an interruption, tried again with growing pauses, from
/// several addresses, verified before they get their name, unpacked within bounds.
/// </summary>
/// <remarks>
/// A file lies at <c>folder/dataset/file</c>; while it is incomplete it is called <c>file.part</c>. A file put there by hand is
/// verified and used. Nothing that is there is overwritten.
/// </remarks>
/// <param name="options">How to download, or null for the usual way.</param>
public sealed class Downloader(DownloadOptions? options = null) : RichObject, IDisposable
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);
    private readonly DownloadOptions options = options ?? new DownloadOptions();
    private readonly HttpClient client = NewClient();
    private long lastReport;

    /// <summary>Raised as the work goes on, on the thread that does it.</summary>
    public event Action<DownloadProgress>? Progressed;

    /// <summary>Raised for what a user should know although the work goes on: no checksum is known, an address failed.</summary>
    public event Action<DownloadSource, string>? Warned;

    /// <summary>Where a source's file lies, or will lie.</summary>
    public string PathOf(DownloadSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Path.GetFullPath(Path.Combine(options.Folder, source.Dataset, source.File));
    }

    /// <summary>Makes sure that a file is there, verified and unpacked.</summary>
    /// <param name="source">What to fetch.</param>
    /// <param name="cancel">Stops it; what came in so far is kept, and the next call goes on from there.</param>
    /// <exception cref="DownloadException">It could not be had; the message says why and how to put it in place by hand.</exception>
    /// <exception cref="InvalidDataException">The archive is broken or unsafe.</exception>
    public async Task<DownloadedFile> FetchAsync(DownloadSource source, CancellationToken cancel = default)
    {
        var path = PathOf(source);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var alone = await LockAsync(source, path, cancel).ConfigureAwait(false);
        var wasThere = File.Exists(path);
        var sums = wasThere
            ? await VerifyExistingAsync(source, path, cancel).ConfigureAwait(false)
            : await DownloadAsync(source, path, cancel).ConfigureAwait(false);
        if (!source.IsPinned)
            Warned?.Invoke(
                source,
                $"no checksum of {source.File} is known: compare its SHA-256 {sums.Sha256} ({sums.Bytes:N0} bytes) with a "
                    + "source you trust, and pin it in data/downloads.json."
            );
        var unpacked = await UnpackAsync(source, path, sums.Bytes, cancel).ConfigureAwait(false);
        await Installer.InstallAsync(source, path, unpacked, cancel).ConfigureAwait(false);
        Report(source, DownloadPhase.Done, sums.Bytes, sums.Bytes, path);
        return new DownloadedFile(source, path, unpacked, sums.Bytes, sums.Sha256, wasThere);
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static HttpClient NewClient()
    {
        var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan }; // silence is timed instead, byte by byte
        client.DefaultRequestHeaders.UserAgent.ParseAdd("genrec-workbook/1.0");
        return client;
    }

    private async Task<Checksums> VerifyExistingAsync(DownloadSource source, string path, CancellationToken cancel)
    {
        if (VerifiedStamp.Read(path) is { } known && known.Mismatch(source) is null)
            return known;
        var sums = await SumAsync(source, path, cancel).ConfigureAwait(false);
        if (sums.Mismatch(source) is { } wrong)
            throw new DownloadException(
                $"{path} is not {source.Title}: {wrong}. It was left as it is; move it away and run again, or replace it by the "
                    + $"file from {source.Page} ({source.ChecksumText})."
            );
        VerifiedStamp.Write(path, sums);
        return sums;
    }

    private async Task<Checksums> DownloadAsync(DownloadSource source, string path, CancellationToken cancel)
    {
        var part = new PartFile(path);
        var failures = new List<string>();
        foreach (var url in source.Urls)
            try
            {
                return await DownloadFromAsync(source, url, part, path, cancel).ConfigureAwait(false);
            }
            catch (Exception error) when (error is TransientTransferException or AddressFailedException)
            {
                failures.Add($"  {url}: {error.Message}");
                Warned?.Invoke(source, $"{url}: {error.Message}");
            }
            // A limit of the file size comes as an argument error from inside the file stream.
            catch (Exception error) when (error is IOException and not DownloadException or ArgumentOutOfRangeException)
            {
                throw new DownloadException(
                    $"Writing {part.Path} failed: {error.Message}. What came in is kept; make room or choose another folder, "
                        + "then run again.",
                    error
                );
            }
        throw new DownloadException(HelpYourself(source, path, part, failures));
    }

    private async Task<Checksums> DownloadFromAsync(
        DownloadSource source,
        Uri url,
        PartFile part,
        string path,
        CancellationToken cancel
    )
    {
        // A part that was continued may be a mixture of two files: then one more round starts from nothing.
        for (var round = 0; ; round++)
        {
            var wasContinued = await TransferAsync(source, url, part, cancel).ConfigureAwait(false);
            var sums = await SumAsync(source, part.Path, cancel).ConfigureAwait(false);
            if (sums.Mismatch(source) is not { } wrong)
            {
                part.Finish(path);
                VerifiedStamp.Write(path, sums);
                return sums;
            }
            part.Delete();
            if (!wasContinued || round > 0)
                throw new AddressFailedException($"the file it gives is another one: {wrong}");
            Report(source, DownloadPhase.Retrying, 0, source.Bytes, $"{wrong}; starting over");
        }
    }

    private async Task<bool> TransferAsync(DownloadSource source, Uri url, PartFile part, CancellationToken cancel)
    {
        var transfer = new Transfer(client, source, part, options.Silence)
        {
            Progress = (have, total) => Report(source, DownloadPhase.Downloading, have, total, url.ToString()),
            BeforeWriting = bytes => RequireSpace(part.Path, bytes),
        };
        var pipeline =
            options.Retries == 0
                ? ResiliencePipeline.Empty
                : new ResiliencePipelineBuilder().AddRetry(RetriesOf(source)).Build();
        // A try that got further is a success in itself: the count of retries starts anew.
        for (long before = -1; ; )
            try
            {
                await pipeline
                    .ExecuteAsync(
                        async token =>
                        {
                            Report(source, DownloadPhase.Connecting, part.Length, source.Bytes, url.ToString());
                            await transfer.RunAsync(url, token).ConfigureAwait(false);
                        },
                        cancel
                    )
                    .ConfigureAwait(false);
                return transfer.WasContinued;
            }
            catch (TransientTransferException) when (options.Retries > 0 && part.Length > Math.Max(0, before))
            {
                before = part.Length;
            }
    }

    private RetryStrategyOptions RetriesOf(DownloadSource source) =>
        new()
        {
            ShouldHandle = new PredicateBuilder().Handle<TransientTransferException>(),
            MaxRetryAttempts = options.Retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.FirstDelay,
            MaxDelay = options.LongestDelay,
            DelayGenerator = tried =>
                ValueTask.FromResult(
                    tried.Outcome.Exception is TransientTransferException { Pause: { } asked } && asked > TimeSpan.Zero
                        ? asked < options.LongestDelay
                            ? asked
                            : options.LongestDelay
                        : (TimeSpan?)null
                ),
            OnRetry = tried =>
            {
                var reason = $"{tried.Outcome.Exception?.Message}; next try in {tried.RetryDelay.TotalSeconds:0.#} s";
                Report(source, DownloadPhase.Retrying, 0, source.Bytes, reason);
                return ValueTask.CompletedTask;
            },
        };

    private async Task<Checksums> SumAsync(DownloadSource source, string path, CancellationToken cancel)
    {
        var total = new FileInfo(path).Length;
        return await Checksums
            .OfAsync(path, done => Report(source, DownloadPhase.Verifying, done, total), cancel)
            .ConfigureAwait(false);
    }

    private async Task<string?> UnpackAsync(DownloadSource source, string path, long bytes, CancellationToken cancel)
    {
        if (source.Archive == ArchiveKind.None)
            return null;
        void Tell(long done) => Report(source, DownloadPhase.Unpacking, done, null, path);
        if (source.Archive == ArchiveKind.Gz)
        {
            var file = path.EndsWith(".gz", StringComparison.Ordinal) ? path[..^3] : path + ".unpacked";
            if (!File.Exists(file))
                await Archives.UnpackGzAsync(path, file, options.Archives, Tell, cancel).ConfigureAwait(false);
            return file;
        }
        var folder = Path.Combine(Path.GetDirectoryName(path)!, "unpacked", source.Name);
        if (Directory.Exists(folder))
            return folder;
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        RequireSpace(path, bytes); // at the least; how much more is seen only while unpacking
        await Archives.UnpackAsync(path, source.Archive, folder, options.Archives, Tell, cancel).ConfigureAwait(false);
        return folder;
    }

    private void RequireSpace(string path, long bytes)
    {
        const long Margin = 64 << 20;
        var folder = Path.GetDirectoryName(path)!;
        if (options.FreeBytes(folder) is var free && free < bytes + Margin)
            throw new DownloadException(
                $"{folder} has {free:N0} free bytes, but {bytes:N0} more are needed (and some to spare). Make room or choose another "
                    + "folder; what is there is kept."
            );
    }

    /// <summary>One download of a file at a time, on this machine; the lock file stays, empty, beside the file.</summary>
    private async Task<FileStream> LockAsync(DownloadSource source, string path, CancellationToken cancel)
    {
        for (var told = false; ; told = true)
            try
            {
                return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path + ".lock"))
            {
                if (!told)
                    Report(source, DownloadPhase.Waiting, 0, null, path);
                await Task.Delay(200, cancel).ConfigureAwait(false);
            }
    }

    private static string HelpYourself(DownloadSource source, string path, PartFile part, List<string> failures)
    {
        var size = source.Bytes is { } bytes ? $"{bytes:N0} bytes, " : "";
        var tried =
            source.Urls.Count == 0
                ? "it has no address that a program can use."
                : $"no address gave it:\n{string.Join('\n', failures)}";
        var kept = part.Length > 0 ? $"\nThe next run goes on after the {part.Length:N0} bytes in {part.Path}." : "";
        return $"{source.Title} could not be downloaded: {tried}{kept}\n"
            + $"By hand: get {source.File} from {source.Urls.FirstOrDefault(source.Page)} (see {source.Page}), put it at\n"
            + $"  {path}\n({size}{source.ChecksumText}), and run again: it is verified and used.";
    }

    private void Report(DownloadSource source, DownloadPhase phase, long bytes, long? total, string? detail = null)
    {
        var now = Environment.TickCount64;
        var isStep =
            phase is DownloadPhase.Downloading or DownloadPhase.Verifying or DownloadPhase.Unpacking && bytes != total;
        if (isStep && now - lastReport < ReportEvery.TotalMilliseconds)
            return;
        lastReport = now;
        Progressed?.Invoke(new DownloadProgress(source, phase, bytes, total, detail));
    }
}
