using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace GenRec.Shared.Reading;

/// <summary>One field of a front matter.</summary>
/// <param name="Values">Its text or texts; empty where it has none.</param>
/// <param name="Line">Its line in the file, from 1.</param>
internal sealed record FrontMatterField(IReadOnlyList<string> Values, int Line);

/// <summary>The YAML between two lines of three dashes at the head of a note, and what it says.</summary>
/// <remarks>It is never written from its parsed form: a value goes in behind the colon of an empty field, and nothing else
/// changes.</remarks>
internal sealed partial class FrontMatter
{
    private readonly NoteText note;
    private readonly Dictionary<string, FrontMatterField> fields = new(StringComparer.OrdinalIgnoreCase);

    private FrontMatter(NoteText note) => this.note = note;

    /// <summary>Where the text below it begins, as an index into the note's text; 0 where there is none.</summary>
    public int BodyStart { get; private init; }

    /// <summary>Whether the note has one.</summary>
    public bool Exists => BodyStart > 0;

    /// <summary>Its fields by name, whatever their case.</summary>
    public IReadOnlyDictionary<string, FrontMatterField> Fields => fields;

    /// <summary>Reads the front matter of a note; one without any has no fields.</summary>
    /// <exception cref="InvalidDataException">It is broken; the message names file and line.</exception>
    public static FrontMatter Of(NoteText note)
    {
        if (!Fence().IsMatch(LineAt(note.Text, 0)))
            return new FrontMatter(note);
        var start = NextLine(note.Text, 0);
        for (var (at, line) = (start, 2); at < note.Text.Length; (at, line) = (NextLine(note.Text, at), line + 1))
            if (Fence().IsMatch(LineAt(note.Text, at)) || LineAt(note.Text, at).TrimEnd() == "...")
            {
                var matter = new FrontMatter(note) { BodyStart = NextLine(note.Text, at) };
                matter.Parse(note.Text[start..at]);
                return matter;
            }
        throw new InvalidDataException(
            $"{note.Path}:1: the front matter opens with '---' and never closes. Put a line '---' below its last field."
        );
    }

    /// <summary>The id as far as it can be told from a broken front matter.</summary>
    public static string? GuessId(string text) =>
        IdLine().Match(text) is { Success: true } found ? found.Groups[1].Value : null;

    /// <summary>Whether a front matter, broken or not, has a field that only a note about a paper has.</summary>
    public static bool HasPaperField(string text)
    {
        var start = text.StartsWith("\u00EF\u00BB\u00BF", StringComparison.Ordinal) ? 3 : 0; // a byte order mark read as Latin-1
        return text.AsSpan(start).StartsWith("---") && PaperField().IsMatch(text);
    }

    /// <summary>What has to be put in to give empty fields a value; fields that hold something, or are not there, stay.</summary>
    /// <param name="values">Field name to YAML text.</param>
    public IReadOnlyList<(string Field, int At, string Inserted)> Fill(IEnumerable<(string Field, string Yaml)> values)
    {
        var wanted = values.ToDictionary(value => value.Field, value => value.Yaml, StringComparer.OrdinalIgnoreCase);
        var insertions = new List<(string, int, string)>();
        for (var (at, line) = (0, 1); at < BodyStart; (at, line) = (NextLine(note.Text, at), line + 1))
            if (
                EmptyField().Match(LineAt(note.Text, at)) is { Success: true } empty
                && fields.TryGetValue(empty.Groups[1].Value, out var field)
                && field is { Values.Count: 0 } // a list or text below it is a value too
                && field.Line == line
                && wanted.TryGetValue(empty.Groups[1].Value, out var yaml)
            )
                insertions.Add((empty.Groups[1].Value, at + empty.Groups[2].Index + 1, " " + yaml));
        return insertions;
    }

    private void Parse(string yaml)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            throw Wrong((int)error.Start.Line, Reason(error));
        }
        if (stream.Documents.Count == 0)
            return;
        if (stream.Documents[0].RootNode is not YamlMappingNode map)
        {
            if (stream.Documents[0].RootNode is not YamlScalarNode { Value: "" or null })
                throw Wrong(
                    (int)stream.Documents[0].RootNode.Start.Line,
                    "expected fields, 'name: value', one a line."
                );
            return;
        }
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            var line = (int)key.Start.Line + 1;
            if (!fields.TryAdd(name, new FrontMatterField(Values(value), line)))
                throw Wrong(line - 1, $"field '{name}' is there twice, first in line {fields[name].Line}.");
        }
    }

    // A value that is quoted or says null was put there on purpose; only nothing at all is empty.
    private static List<string> Values(YamlNode node) =>
        node switch
        {
            YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" } => [],
            YamlScalarNode scalar => [scalar.Value ?? ""],
            YamlSequenceNode list =>
            [
                .. list.Children.Select(item => (item as YamlScalarNode)?.Value ?? item.ToString()),
            ],
            _ => [node.ToString()],
        };

    private InvalidDataException Wrong(int yamlLine, string what) =>
        new($"{note.Path}:{yamlLine + 1}: broken front matter: {what}");

    private static string Reason(YamlException error)
    {
        var reason = (error.InnerException ?? error).Message.TrimEnd('.');
        return reason.Contains("Duplicate key", StringComparison.OrdinalIgnoreCase)
            ? $"the field is there twice ({reason})."
            : $"{reason}. A value that holds ': ' or ' #' must stand in quotes.";
    }

    private static string LineAt(string text, int at)
    {
        var end = text.IndexOf('\n', at);
        return (end < 0 ? text[at..] : text[at..end]).TrimEnd('\r');
    }

    private static int NextLine(string text, int at) =>
        text.IndexOf('\n', at) is >= 0 and var end ? end + 1 : text.Length;

    [GeneratedRegex(@"^---[ \t]*$")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^([A-Za-z][\w-]*)(:)[ \t]*(#.*)?$")]
    private static partial Regex EmptyField();

    [GeneratedRegex(@"^(arxiv|citekey|importance)[ \t]*:", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex PaperField();

    [GeneratedRegex(@"^id:[ \t]*[""']?([^\s""'#]+)", RegexOptions.Multiline)]
    private static partial Regex IdLine();
}
