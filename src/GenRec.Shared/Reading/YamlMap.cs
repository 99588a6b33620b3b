using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace GenRec.Shared.Reading;

/// <summary>A YAML mapping read strictly: unknown, missing and empty fields are errors that name file and line.</summary>
internal sealed class YamlMap
{
    private readonly Dictionary<string, (YamlNode Node, long Line)> fields = new(StringComparer.Ordinal);
    private readonly string file;

    private YamlMap(YamlNode node, string file, IReadOnlyList<string> known)
    {
        (this.file, Line) = (file, node.Start.Line);
        if (node is not YamlMappingNode map)
            throw Wrong(Line, $"expected fields ({string.Join(", ", known)}), one a line.");
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (known.Count > 0 && !known.Contains(name))
                throw Wrong(key.Start.Line, $"there is no field '{name}'; there are {string.Join(", ", known)}.");
            fields[name] = (value, key.Start.Line);
        }
    }

    /// <summary>Line of its first field, counted from 1.</summary>
    public long Line { get; }

    /// <summary>Names of the fields that are there, in order.</summary>
    public IEnumerable<string> Names => fields.Keys;

    /// <summary>Reads a file whose one document is a mapping.</summary>
    /// <exception cref="InvalidDataException">It is no YAML, or no such mapping; names file and line.</exception>
    public static YamlMap Parse(string yaml, string file, params IReadOnlyList<string> known)
    {
        var stream = new YamlStream();
        var parser = new Parser(new StringReader(yaml));
        try
        {
            stream.Load(parser);
        }
        catch (InvalidOperationException error) // the scanner's, where a bracket is not closed
        {
            var line = parser.Current?.End.Line ?? 1;
            throw new InvalidDataException($"{file}:{line}: what follows is no YAML; is a bracket not closed?", error);
        }
        catch (YamlException error)
        {
            throw new InvalidDataException($"{file}:{error.Start.Line}: {error.Message}", error);
        }
        return stream.Documents.Count == 1
            ? new YamlMap(stream.Documents[0].RootNode, file, known)
            : throw new InvalidDataException($"{file}:1: expected one YAML document, found {stream.Documents.Count}.");
    }

    /// <summary>The line of a field, or of the mapping where the field is not there.</summary>
    public long LineOf(string name) => fields.TryGetValue(name, out var field) ? field.Line : Line;

    /// <summary>A text that must be there and must not be blank.</summary>
    public string Text(string name) => TextOrNull(name) ?? throw Wrong(Line, $"'{name}' is missing.");

    /// <summary>A text, or null where the field is not there.</summary>
    public string? TextOrNull(string name)
    {
        if (!fields.TryGetValue(name, out var field))
            return null;
        return field.Node is YamlScalarNode { Value: { } text } && !string.IsNullOrWhiteSpace(text)
            ? text.Trim()
            : throw Wrong(field.Line, $"'{name}' must be a text that is not blank.");
    }

    /// <summary>One of some texts; the first where the field is not there.</summary>
    public string OneOf(string name, params IReadOnlyList<string> allowed)
    {
        var text = TextOrNull(name) ?? allowed[0];
        return allowed.Contains(text)
            ? text
            : throw Wrong(LineOf(name), $"{name} '{text}' is none of {string.Join(", ", allowed)}.");
    }

    /// <summary>A list of texts; empty where the field is not there.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        [
            .. Nodes(name)
                .Select(node =>
                    node is YamlScalarNode { Value: { Length: > 0 } text }
                        ? text
                        : throw Wrong(node.Start.Line, $"'{name}' lists something that is no text.")
                ),
        ];

    /// <summary>A mapping that must be there, with any names.</summary>
    public YamlMap Map(string name) =>
        fields.TryGetValue(name, out var field)
            ? new YamlMap(field.Node, file, [])
            : throw Wrong(Line, $"'{name}' is missing.");

    /// <summary>A list of mappings that must be there; it may be empty.</summary>
    public IReadOnlyList<YamlMap> Maps(string name, params IReadOnlyList<string> known) =>
        fields.ContainsKey(name)
            ? [.. Nodes(name).Select(node => new YamlMap(node, file, known))]
            : throw Wrong(Line, $"'{name}' is missing.");

    /// <summary>An error at a line of this file.</summary>
    public InvalidDataException Wrong(long line, string what) => new($"{file}:{line}: {what}");

    private IEnumerable<YamlNode> Nodes(string name)
    {
        if (!fields.TryGetValue(name, out var field))
            return [];
        return field.Node is YamlSequenceNode list
            ? list.Children
            : throw Wrong(field.Line, $"'{name}' must be a list.");
    }
}
