using GenRec.Notebooks.Sessions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace GenRec.Notebooks.Language;

/// <summary>Says whether a cell could run as it stands, from its syntax alone.</summary>
internal static class SubmissionCheck
{
    private const int IndentSize = 4;

    public static SubmissionStatus Of(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(CellSource.WithoutDirectives(code), CellSource.ParseOptions);
        if (!SyntaxFactory.IsCompleteSubmission(tree))
            return new SubmissionStatus(SubmissionState.Incomplete, NextIndent(code));
        return tree.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            ? new SubmissionStatus(SubmissionState.Invalid)
            : new SubmissionStatus(SubmissionState.Complete);
    }

    // As the last written line, one step further after what it opens.
    private static string NextIndent(string code)
    {
        var line = code.Split('\n').LastOrDefault(one => !string.IsNullOrWhiteSpace(one))?.TrimEnd() ?? "";
        var indent = line[..(line.Length - line.TrimStart().Length)];
        return line.EndsWith('{') || line.EndsWith('(') || line.EndsWith('[')
            ? indent + new string(' ', IndentSize)
            : indent;
    }
}
