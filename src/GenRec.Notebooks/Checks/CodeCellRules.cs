using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Sessions;
using GenRec.Shared.Display;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace GenRec.Notebooks.Checks;

/// <summary>What a committed code cell must keep to, so that it reads well and runs in every host.</summary>
internal static partial class CodeCellRules
{
    private const int MostLines = 25;

    // Known to .NET Interactive or to our engine alone.
    private static readonly string[] HostCalls = ["display", "HTML", "clear_output", "DisplayAs"];

    public static IEnumerable<RhythmFinding> Check(NotebookCell cell, int number)
    {
        var lines = cell.Source.Split('\n');
        if (lines.Length > MostLines)
            yield return Error(number, $"{lines.Length} lines; more than {MostLines} belong into the library.");
        if (
            (string?)cell.Metadata["polyglot_notebook"]?["kernelName"] != "csharp"
            || (string?)cell.Metadata["dotnet_interactive"]?["language"] != "csharp"
        )
            yield return Error(
                number,
                "metadata must have polyglot_notebook.kernelName and dotnet_interactive.language 'csharp', or Polyglot does not know the language."
            );
        foreach (var message in Directives(lines).Concat(Syntax(cell.Source)))
            yield return Error(number, message);
        foreach (var message in cell.Outputs.OfType<JsonObject>().SelectMany(output => Output(cell, output)))
            yield return Error(number, message);
    }

    private static IEnumerable<string> Directives(string[] lines)
    {
        string[] written = [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0)];
        if (written.Length > 1 && written.Any(line => line.StartsWith("#!import", StringComparison.Ordinal)))
            yield return "'#!import' must be alone in its cell: Verso skips what follows it.";
        if (
            written.Skip(1).Any(line => Directive().IsMatch(line))
            && !written.Any(line => line.StartsWith("#!import", StringComparison.Ordinal))
        )
            yield return "a '#!' line must come first in its cell.";
        if (
            written.Any(line =>
                Directive().IsMatch(line)
                && !line.StartsWith("#!import", StringComparison.Ordinal)
                && !line.StartsWith("#!time", StringComparison.Ordinal)
            )
        )
            yield return "only '#!import' and '#!time' are known to every host.";
        if (written.Any(line => Reference().IsMatch(line)))
            yield return "'#r' and '#load' do not work alike in all hosts; the bootstrap brings what is needed.";
    }

    private static List<string> Syntax(string code)
    {
        string text;
        try
        {
            text = string.Concat(CellSource.Split(code, "cell").Parts.Select(part => part.Code));
        }
        catch (CellSourceException e)
        {
            return [e.Message];
        }
        var tree = CSharpSyntaxTree.ParseText(text, CellSource.ParseOptions);
        var messages = tree.GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Select(diagnostic =>
                $"not C# 13: line {diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1}: {diagnostic.GetMessage()}"
            )
            .ToList();
        var calls = tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>().Select(Name);
        messages.AddRange(
            calls
                .Where(name => HostCalls.Contains(name))
                .Distinct()
                .Select(name =>
                    $"'{name}(' is not known to every host; end the cell with the value, or write value.Display()."
                )
        );
        return messages;
    }

    private static string? Name(InvocationExpressionSyntax call) =>
        call.Expression switch
        {
            IdentifierNameSyntax name => name.Identifier.Text,
            MemberAccessExpressionSyntax { Name.Identifier.Text: "DisplayAs" } => "DisplayAs",
            _ => null,
        };

    private static IEnumerable<string> Output(NotebookCell cell, JsonObject output)
    {
        if ((string?)output["output_type"] == "error" && !cell.HasTag("raises-exception"))
            yield return $"an error is kept as output ({output["ename"]}); mend the cell, or tag it 'raises-exception'.";
        if (output["data"] is JsonObject data && data[MimeTypes.Plotly] is not null && data[MimeTypes.Png] is null)
            yield return "a figure has no PNG beside it: run the notebook where a browser is found.";
        foreach (var text in Strings(output))
            if (MachineFolder().Match(text) is { Success: true } folder)
                yield return $"an output names a folder of one machine: '{folder.Value}'.";
    }

    private static IEnumerable<string> Strings(JsonNode? node) =>
        node switch
        {
            JsonObject members => members
                .Where(member => member.Key != MimeTypes.Png)
                .SelectMany(member => Strings(member.Value)),
            JsonArray items => items.SelectMany(Strings),
            JsonValue value when value.GetValueKind() == JsonValueKind.String => [value.GetValue<string>()],
            _ => [],
        };

    private static RhythmFinding Error(int cell, string message) => new(RhythmSeverity.Error, cell, message);

    [GeneratedRegex(@"^#![a-zA-Z]")]
    private static partial Regex Directive();

    [GeneratedRegex(@"^#(r|load)\s")]
    private static partial Regex Reference();

    [GeneratedRegex(@"(?<![\w.:/])(/home/|/root/|/Users/|/tmp/|[A-Za-z]:\\)[\w.-]+")]
    private static partial Regex MachineFolder();
}
