using System.Net;
using System.Text;
using System.Text.Json;

namespace GenRec.Notebooks.Kernel;

/// <summary>Where a kernel listens and how its messages are signed: the connection file that Jupyter writes.</summary>
/// <remarks>Jupyter client documentation, "Making kernels for Jupyter", connection files.</remarks>
public sealed record ConnectionInfo
{
    private const string KnownScheme = "hmac-sha256";

    /// <summary>The address to bind, and no other.</summary>
    public required string Ip { get; init; }

    /// <summary>Port of requests.</summary>
    public required int ShellPort { get; init; }

    /// <summary>Port of what cells show.</summary>
    public required int IopubPort { get; init; }

    /// <summary>Port of questions to the user.</summary>
    public required int StdinPort { get; init; }

    /// <summary>Port of requests that do not wait for cells: interrupt, shutdown.</summary>
    public required int ControlPort { get; init; }

    /// <summary>Port of the heartbeat.</summary>
    public required int HeartbeatPort { get; init; }

    /// <summary>The secret that signs messages, as bytes; empty where messages are not signed.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Reads a connection file.</summary>
    /// <param name="path">The file that the front end passes on the command line.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no connection file, or asks for what is not offered.</exception>
    public static ConnectionInfo Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no connection file '{path}'.", path);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Parse(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is no connection file: {e.Message}", e);
        }
    }

    internal string EndpointOf(int port) =>
        Ip.Contains(':', StringComparison.Ordinal) ? $"tcp://[{Ip}]:{port}" : $"tcp://{Ip}:{port}";

    private static ConnectionInfo Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("it holds no JSON object.");
        var transport = Text(root, "transport", "tcp");
        if (transport != "tcp")
            throw new InvalidDataException($"transport '{transport}' is not offered, only tcp.");
        var (scheme, key) = (Text(root, "signature_scheme", KnownScheme), Text(root, "key", ""));
        if (key.Length > 0 && scheme != KnownScheme)
            throw new InvalidDataException($"signature_scheme '{scheme}' is not offered, only {KnownScheme}.");
        return new ConnectionInfo
        {
            Ip = Address(Text(root, "ip", "127.0.0.1")),
            ShellPort = Port(root, "shell_port"),
            IopubPort = Port(root, "iopub_port"),
            StdinPort = Port(root, "stdin_port"),
            ControlPort = Port(root, "control_port"),
            HeartbeatPort = Port(root, "hb_port"),
            Key = Encoding.UTF8.GetBytes(key),
        };
    }

    private static string Address(string ip) =>
        ip is "*" or "localhost" || IPAddress.TryParse(ip, out _)
            ? ip
            : throw new InvalidDataException($"ip '{ip}' is no address.");

    private static string Text(JsonElement root, string name, string missing) =>
        !root.TryGetProperty(name, out var value) ? missing
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw new InvalidDataException($"'{name}' must be a string.");

    private static int Port(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var port)
        && port is > 0 and <= ushort.MaxValue
            ? port
            : throw new InvalidDataException($"'{name}' must be a port, 1..65535.");
}
