using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GenRec.Shared.Tests.Downloads;

/// <summary>One request as the server saw it.</summary>
internal sealed record Request(int Number, string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Start of the range asked for, or null.</summary>
    public int? RangeStart =>
        Headers.TryGetValue("range", out var range) ? int.Parse(range.Split('=')[1].TrimEnd('-')) : null;
}

/// <summary>An answer, and how to spoil it.</summary>
internal sealed record Answer(int Status, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Closes the connection after so many bytes of the body.</summary>
    public int CutAfter { get; init; } = int.MaxValue;

    /// <summary>Says nothing more after the bytes of <see cref="CutAfter"/>, but stays connected.</summary>
    public bool Hangs { get; init; }

    /// <summary>Length to announce; the body's own by default, none when negative.</summary>
    public long? AnnouncedLength { get; init; }
}

/// <summary>An HTTP server on the loopback address that misbehaves as told.</summary>
internal sealed class FaultyServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<Request, Answer> answer;
    private int count;

    public FaultyServer(Func<Request, Answer> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = AcceptAsync();
    }

    public ConcurrentQueue<Request> Requests { get; } = [];

    public Uri Url(string path = "file.bin") =>
        new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/{path}");

    /// <summary>A well-behaved answer with ranges, as far as the request asks for them.</summary>
    public static Answer Serve(Request request, byte[] content, string etag = "\"1\"")
    {
        var isSame = !request.Headers.TryGetValue("if-range", out var known) || known == etag;
        if (request.RangeStart is not { } start || !isSame)
            return new Answer(200, content) { Headers = { ["ETag"] = etag } };
        if (start >= content.Length)
            return new Answer(416, []) { Headers = { ["Content-Range"] = $"bytes */{content.Length}" } };
        return new Answer(206, content[start..])
        {
            Headers = { ["ETag"] = etag, ["Content-Range"] = $"bytes {start}-{content.Length - 1}/{content.Length}" },
        };
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = HandleAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        { }
    }

    private async Task HandleAsync(TcpClient client)
    {
        try
        {
            using (client)
            await using (var stream = client.GetStream())
            {
                using var reader = new StreamReader(stream, Encoding.ASCII, false, 1024, leaveOpen: true);
                var path = (await reader.ReadLineAsync(stop.Token))!.Split(' ')[1];
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 } line)
                    headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
                var request = new Request(Interlocked.Increment(ref count), path, headers);
                Requests.Enqueue(request);
                await SendAsync(stream, answer(request));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException) { }
    }

    private async Task SendAsync(NetworkStream stream, Answer answer)
    {
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} Said\r\nConnection: close\r\n");
        var length = answer.AnnouncedLength ?? answer.Body.Length;
        if (length >= 0)
            head.Append($"Content-Length: {length}\r\n");
        foreach (var (name, value) in answer.Headers)
            head.Append($"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n"), stop.Token);
        await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.CutAfter, answer.Body.Length)), stop.Token);
        await stream.FlushAsync(stop.Token);
        if (answer.Hangs)
            await Task.Delay(Timeout.Infinite, stop.Token);
    }
}
