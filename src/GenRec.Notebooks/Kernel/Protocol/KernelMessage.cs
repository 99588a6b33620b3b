using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Kernel.Protocol;

/// <summary>A message that a client sent and whose signature was right.</summary>
/// <remarks>Jupyter client documentation, "Messaging in Jupyter", general message format.</remarks>
internal sealed class KernelMessage
{
    /// <summary>Whom to answer: the routing frames before the delimiter.</summary>
    public required IReadOnlyList<byte[]> Identities { get; init; }

    /// <summary>The header as it was sent: the parent header of everything that answers it.</summary>
    public required byte[] Header { get; init; }

    /// <summary>What is asked, such as <c>execute_request</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The id its sender gave it.</summary>
    public required string Id { get; init; }

    /// <summary>The id of the message it answers; null where it answers none.</summary>
    public string? ParentId { get; init; }

    /// <summary>The content.</summary>
    public required JsonObject Content { get; init; }

    /// <summary>When it came, <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>.</summary>
    public long Arrived { get; init; }

    /// <summary>A string of the content.</summary>
    /// <exception cref="MalformedMessageException">It is missing or no string.</exception>
    public string Text(string name) =>
        Content[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw new MalformedMessageException($"{Type}: '{name}' must be a string.");

    /// <summary>A string of the content, or what stands for a missing one.</summary>
    public string Text(string name, string missing) => Content[name] is null ? missing : Text(name);

    /// <summary>A yes or no of the content; whatever is no boolean counts as missing.</summary>
    public bool Flag(string name, bool missing) =>
        Content[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : missing;

    /// <summary>A number of the content; whatever is no whole number counts as missing.</summary>
    public int Number(string name, int missing) =>
        Content[name] is JsonValue value
        && value.GetValueKind() == JsonValueKind.Number
        && value.TryGetValue<int>(out var number)
            ? number
            : missing;
}

/// <summary>A message that is not what the protocol asks for; it is dropped or answered with an error.</summary>
internal sealed class MalformedMessageException(string message) : Exception(message);
