using System.Net;
using System.Net.Http.Headers;

namespace GenRec.Shared.Data.Downloads;

/// <summary>A try failed in a way that another try may not.</summary>
internal sealed class TransientTransferException(string message, TimeSpan? pause = null, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>The pause that the server asked for, or null.</summary>
    public TimeSpan? Pause { get; } = pause;
}

/// <summary>An address will not give the file, however often it is asked.</summary>
internal sealed class AddressFailedException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>One try of one address: continues the part where that is safe, else starts over.</summary>
internal sealed class Transfer(HttpClient client, DownloadSource source, PartFile part, TimeSpan silence)
{
    /// <summary>Told (bytes on disk, whole length or null).</summary>
    public Action<long, long?>? Progress { get; init; }

    /// <summary>Told the bytes still to come, before the first of them is written; throws when the disk is too small.</summary>
    public Action<long>? BeforeWriting { get; init; }

    /// <summary>Whether any try went on after a part, which may then be a mixture of two files.</summary>
    public bool WasContinued { get; private set; }

    /// <summary>Brings the part to its full length.</summary>
    public async Task RunAsync(Uri url, CancellationToken cancel)
    {
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        quiet.CancelAfter(silence);
        try
        {
            await RunAsync(url, quiet).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new TransientTransferException(
                $"the server was silent for {silence.TotalSeconds:0.#} s",
                cause: error
            );
        }
        catch (HttpRequestException error)
        {
            throw new TransientTransferException(error.InnerException?.Message ?? error.Message, cause: error);
        }
        catch (HttpIOException error)
        {
            throw new TransientTransferException($"the connection broke: {error.Message}", cause: error);
        }
    }

    private async Task RunAsync(Uri url, CancellationTokenSource quiet)
    {
        var origin = part.ReadOrigin();
        // A part is continued when the same address can vouch for it, or when a checksum will judge the whole.
        var canContinue = origin is not null && (origin.Url == url && origin.CanBeChecked || source.IsPinned);
        if (!canContinue)
            part.Delete();
        var have = part.Length;
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (have > 0)
            AskForTheRest(request, have, origin!.Url == url ? origin : null);
        using var response = await client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, quiet.Token)
            .ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            if (response.Content.Headers.ContentRange?.Length == have && have > 0)
                return; // the part is the whole
            part.Delete();
            throw new TransientTransferException("the server no longer has the rest of this part; starting over");
        }
        ThrowUnlessSuccess(response);
        have = StartAt(url, response, have, origin);
        await ReceiveAsync(url, response, have, quiet).ConfigureAwait(false);
    }

    private static void AskForTheRest(HttpRequestMessage request, long have, PartOrigin? origin)
    {
        request.Headers.Range = new RangeHeaderValue(have, null);
        if (origin?.ETag is { } tag)
            request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue(tag));
        else if (origin?.LastModified is { } date)
            request.Headers.IfRange = new RangeConditionHeaderValue(date);
    }

    private static void ThrowUnlessSuccess(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
            return;
        var text = $"the server answered {status} {response.ReasonPhrase}";
        if (status is not (408 or 425 or 429) and < 500)
            throw new AddressFailedException(text);
        var pause = response.Headers.RetryAfter;
        throw new TransientTransferException(text, pause?.Delta ?? pause?.Date - DateTimeOffset.UtcNow);
    }

    /// <summary>Where the answer starts: at the end of our part, or at 0 when the server sends the whole or another file.</summary>
    private long StartAt(Uri url, HttpResponseMessage response, long have, PartOrigin? origin)
    {
        if (response.StatusCode == HttpStatusCode.OK)
            return 0; // no ranges here, or the file has changed since
        var range = response.Content.Headers.ContentRange;
        var tag = response.Headers.ETag is { IsWeak: false } strong ? strong.Tag : null;
        var isOther =
            range?.From != have
            || range.Length is { } length && origin?.Total is { } total && length != total
            || tag is not null && origin?.ETag is { } known && known != tag && origin.Url == url;
        if (!isOther)
        {
            WasContinued |= have > 0;
            return have;
        }
        part.Delete();
        throw new TransientTransferException("the server sent a piece of another file; starting over");
    }

    private async Task ReceiveAsync(Uri url, HttpResponseMessage response, long start, CancellationTokenSource quiet)
    {
        var total = response.Content.Headers.ContentLength + start;
        if (total is { } announced && source.Bytes is { } expected && announced != expected)
            throw new AddressFailedException($"the server offers {announced:N0} bytes, expected {expected:N0}");
        total ??= source.Bytes;
        BeforeWriting?.Invoke((total ?? start) - start);
        var tag = response.Headers.ETag is { IsWeak: false } strong ? strong.Tag : null;
        await using var file = new FileStream(
            part.Path,
            start == 0 ? FileMode.Create : FileMode.Append,
            FileAccess.Write,
            FileShare.Read
        );
        part.WriteOrigin(new PartOrigin(url, tag, response.Content.Headers.LastModified, total));
        await using var body = await response.Content.ReadAsStreamAsync(quiet.Token).ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        for (var have = start; ; )
        {
            quiet.CancelAfter(silence);
            int count;
            try
            {
                count = await body.ReadAsync(buffer, quiet.Token).ConfigureAwait(false);
            }
            catch (IOException error) when (error is not HttpIOException) // of the network: the file is written below
            {
                throw new TransientTransferException($"the connection broke: {error.Message}", cause: error);
            }
            if (count == 0)
            {
                file.Flush(flushToDisk: true);
                if (have < total)
                    throw new TransientTransferException($"the connection ended after {have:N0} of {total:N0} bytes");
                return;
            }
            if (have + count > (total ?? long.MaxValue))
                throw new AddressFailedException($"the server sends more than the {total:N0} bytes it should");
            await file.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None).ConfigureAwait(false);
            Progress?.Invoke(have += count, total);
        }
    }
}
