using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>A message as a client sees it.</summary>
internal sealed record ClientMessage(string Type, string? ParentId, JsonObject Header, JsonObject Content)
{
    public string Text(string name) => Content[name]!.GetValue<string>();
}

/// <summary>What came of one request: the reply, and everything published for it up to idle.</summary>
internal sealed record Exchange(ClientMessage Reply, IReadOnlyList<ClientMessage> Published)
{
    public string Status => Reply.Text("status");

    public IEnumerable<ClientMessage> Of(string type) => Published.Where(message => message.Type == type);

    public string Stream(string name = "stdout") =>
        string.Concat(Of("stream").Where(m => m.Text("name") == name).Select(m => m.Text("text")));

    public string ResultText => Of("execute_result").Single().Content["data"]!["text/plain"]!.GetValue<string>();
}

/// <summary>A Jupyter client on plain ZeroMQ that shares no code with the kernel.</summary>
internal sealed class KernelClient : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // builds and tests may share two cores

    private static readonly byte[] Delimiter = Encoding.ASCII.GetBytes("<IDS|MSG>");

    private readonly KernelAddress address;
    private readonly string session = Guid.NewGuid().ToString();
    private int sent;

    public KernelClient(KernelAddress address)
    {
        this.address = address;
        var identity = Encoding.ASCII.GetBytes(session);
        foreach (var (socket, port) in Requesters())
        {
            socket.Options.Identity = identity;
            socket.Options.SendHighWatermark = 0;
            socket.Options.ReceiveHighWatermark = 0;
            socket.Options.Linger = TimeSpan.Zero;
            socket.Connect($"tcp://127.0.0.1:{port}");
        }
        Iopub.Options.ReceiveHighWatermark = 0;
        Iopub.Options.Linger = TimeSpan.Zero;
        Iopub.SubscribeToAnyTopic();
        Iopub.Connect($"tcp://127.0.0.1:{address.Iopub}");
    }

    public DealerSocket Shell { get; } = new();

    public DealerSocket Control { get; } = new();

    public DealerSocket Stdin { get; } = new();

    public SubscriberSocket Iopub { get; } = new();

    /// <summary>Published messages that belong to no request that was being waited for.</summary>
    public List<ClientMessage> Unasked { get; } = [];

    /// <summary>Waits as front ends do: asks until a reply and a published message have come.</summary>
    public void WaitUntilReady()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            Send(Shell, "kernel_info_request", []);
            var reply = TryReceive(Shell, TimeSpan.FromMilliseconds(200));
            var published = TryReceive(Iopub, TimeSpan.FromMilliseconds(100));
            if (reply is null || published is null)
                continue;
            while (TryReceive(Shell, TimeSpan.FromMilliseconds(100)) is not null) { }
            while (TryReceive(Iopub, TimeSpan.FromMilliseconds(100)) is not null) { }
            return;
        }
        throw new TimeoutException("The kernel did not become ready.");
    }

    /// <summary>Sends a request and returns its id.</summary>
    public string Send(NetMQSocket socket, string type, JsonObject content, ClientMessage? parent = null)
    {
        var frames = Frames(type, content, parent, out var id);
        socket.SendMultipartBytes(frames);
        return id;
    }

    /// <summary>The frames of a signed message, for tests that spoil them.</summary>
    public byte[][] Frames(string type, JsonObject content, ClientMessage? parent, out string id)
    {
        id = $"{session}-{++sent}";
        var header = new JsonObject
        {
            ["msg_id"] = id,
            ["session"] = session,
            ["username"] = "test",
            ["date"] = DateTime.UtcNow.ToString("O"),
            ["msg_type"] = type,
            ["version"] = "5.4",
        };
        byte[][] parts =
        [
            Bytes(header),
            parent is null ? "{}"u8.ToArray() : Bytes(parent.Header),
            "{}"u8.ToArray(),
            Bytes(content),
        ];
        return [Delimiter, Encoding.ASCII.GetBytes(Sign(parts)), .. parts];
    }

    /// <summary>The frames of a properly signed request with any content, and any header where one is
    /// given.</summary>
    public byte[][] FramesOf(byte[] content, string? header = null)
    {
        var frames = Frames("execute_request", [], null, out _);
        frames[^1] = content;
        if (header is not null)
            frames[2] = Encoding.UTF8.GetBytes(header);
        frames[1] = Encoding.ASCII.GetBytes(Sign(frames[2..]));
        return frames;
    }

    /// <summary>Sends a request and collects what comes of it.</summary>
    public Exchange Ask(string type, JsonObject? content = null, DealerSocket? channel = null) =>
        Finish(Send(channel ?? Shell, type, content ?? []), channel);

    public Exchange Execute(string code, Action<JsonObject>? change = null) =>
        Finish(Send(Shell, "execute_request", Cell(code, change)));

    public string SendCell(string code, Action<JsonObject>? change = null) =>
        Send(Shell, "execute_request", Cell(code, change));

    /// <summary>Waits for the reply to a request and for its idle.</summary>
    public Exchange Finish(string id, DealerSocket? channel = null)
    {
        var clock = Stopwatch.StartNew();
        var published = new List<ClientMessage>();
        ClientMessage? reply = null;
        var idle = false;
        while (reply is null || !idle)
        {
            if (clock.Elapsed > Patience)
                throw new TimeoutException(
                    $"No {(reply is null ? "reply" : "idle")} within {Patience}; published: "
                        + string.Join(", ", published.Select(message => message.Type))
                );
            if (TryReceive(Iopub, TimeSpan.FromMilliseconds(2)) is { } heard)
            {
                if (heard.ParentId == id)
                    published.Add(heard);
                else
                    Unasked.Add(heard);
                idle |= heard.ParentId == id && IsState(heard, "idle");
            }
            if (reply is null && TryReceive(channel ?? Shell, TimeSpan.Zero) is { } answer && answer.ParentId == id)
                reply = answer;
        }
        return new Exchange(reply, published);
    }

    /// <summary>The first published message that fits.</summary>
    public ClientMessage WaitFor(Func<ClientMessage, bool> fits)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
            if (TryReceive(Iopub, TimeSpan.FromMilliseconds(50)) is { } heard)
            {
                Unasked.Add(heard);
                if (fits(heard))
                    return heard;
            }
        var told = Unasked.TakeLast(10).Select(message => $"{message.Type} {message.Content.ToJsonString()}");
        throw new TimeoutException($"The message waited for was not published, but {string.Join("; ", told)}.");
    }

    public ClientMessage Receive(NetMQSocket socket) =>
        TryReceive(socket, Patience) ?? throw new TimeoutException("Nothing came.");

    public ClientMessage? TryReceive(NetMQSocket socket, TimeSpan wait)
    {
        var frames = new List<byte[]>();
        if (!socket.TryReceiveMultipartBytes(wait, ref frames))
            return null;
        var at = frames!.FindIndex(frame => frame.AsSpan().SequenceEqual(Delimiter));
        if (Sign([.. frames.Skip(at + 2).Take(4)]) != Encoding.ASCII.GetString(frames[at + 1]))
            throw new InvalidDataException("The kernel's message is not properly signed.");
        var header = Json(frames[at + 2]);
        return new ClientMessage(
            header["msg_type"]!.GetValue<string>(),
            Json(frames[at + 3])["msg_id"]?.GetValue<string>(),
            header,
            Json(frames[at + 5])
        );
    }

    public static bool IsState(ClientMessage message, string state) =>
        message.Type == "status" && message.Text("execution_state") == state;

    public void Dispose()
    {
        foreach (var (socket, _) in Requesters())
            socket.Dispose();
        Iopub.Dispose();
    }

    private static JsonObject Cell(string code, Action<JsonObject>? change)
    {
        var content = new JsonObject
        {
            ["code"] = code,
            ["silent"] = false,
            ["store_history"] = true,
            ["user_expressions"] = new JsonObject(),
            ["allow_stdin"] = true,
            ["stop_on_error"] = true,
        };
        change?.Invoke(content);
        return content;
    }

    private IEnumerable<(DealerSocket Socket, int Port)> Requesters() =>
        [(Shell, address.Shell), (Control, address.Control), (Stdin, address.Stdin)];

    private string Sign(byte[][] parts) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(address.Key), parts.SelectMany(part => part).ToArray())
        );

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static JsonObject Json(byte[] bytes) => JsonNode.Parse(bytes)!.AsObject();
}
