using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.FindSymbols;
using Microsoft.CodeAnalysis.QuickInfo;

namespace GenRec.Notebooks.Language;

/// <summary>What is known about the name at a place, or about the call around it.</summary>
internal static partial class SymbolInspection
{
    private const int MostOverloads = 12;

    public static async Task<Inspection?> AtAsync(Document document, int position, int detail, CancellationToken cancel)
    {
        var root = await document.GetSyntaxRootAsync(cancel).ConfigureAwait(false);
        foreach (var place in Places(root!, position))
            if (await DescribeAsync(document, place, detail, cancel).ConfigureAwait(false) is { } found)
                return found;
        return null;
    }

    // The name itself; else what is called: readers ask for help while they write its arguments.
    private static IEnumerable<int> Places(SyntaxNode root, int position)
    {
        yield return position;
        if (position > 0)
            yield return position - 1;
        var token = root.FindToken(Math.Max(0, position - 1));
        foreach (var call in token.Parent?.AncestorsAndSelf() ?? [])
        {
            var called = call switch
            {
                InvocationExpressionSyntax invocation => invocation.Expression,
                ObjectCreationExpressionSyntax creation => creation.Type,
                _ => null,
            };
            if (called is not null && position > called.Span.End)
                yield return Last(called).SpanStart;
        }
    }

    private static SyntaxNode Last(SyntaxNode called) =>
        called switch
        {
            MemberAccessExpressionSyntax access => access.Name,
            MemberBindingExpressionSyntax binding => binding.Name,
            QualifiedNameSyntax name => name.Right,
            _ => called,
        };

    private static async Task<Inspection?> DescribeAsync(
        Document document,
        int position,
        int detail,
        CancellationToken cancel
    )
    {
        var info = await QuickInfoService
            .GetService(document)!
            .GetQuickInfoAsync(document, position, cancel)
            .ConfigureAwait(false);
        if (info is null || Section(info, QuickInfoSectionKinds.Description) is not { Length: > 0 } signature)
            return null;
        var symbol = await SymbolFinder.FindSymbolAtPositionAsync(document, position, cancel).ConfigureAwait(false);
        var parts = new List<(string Head, string Text)>();
        Add("", Section(info, QuickInfoSectionKinds.DocumentationComments));
        var documentation = symbol is null ? null : SymbolDocumentation.Find(symbol, cancel);
        foreach (var (name, text) in SymbolDocumentation.Parameters(documentation))
            Add(name, text);
        Add("Returns", Headless(Section(info, QuickInfoSectionKinds.ReturnsDocumentationComments)));
        if (detail > 0)
        {
            Add("Remarks", Section(info, QuickInfoSectionKinds.RemarksDocumentationComments));
            foreach (var (name, text) in SymbolDocumentation.Exceptions(documentation))
                Add($"Throws {name}", text);
            Add("Overloads", Overloads(symbol));
        }
        return Write(signature, parts);

        void Add(string head, string? text)
        {
            if (!string.IsNullOrWhiteSpace(text))
                parts.Add((head, text.Trim()));
        }
    }

    private static string? Section(QuickInfoItem info, string kind) =>
        info.Sections.FirstOrDefault(section => section.Kind == kind) is { } section
            ? SubmissionName().Replace(string.Concat(section.TaggedParts.Select(part => part.Text)), "").Trim()
            : null;

    // Roslyn sets it under a head of its own.
    private static string? Headless(string? text) =>
        text is null ? null : string.Join('\n', text.Split('\n').Skip(1).Select(line => line.Trim()));

    private static string? Overloads(ISymbol? symbol)
    {
        if (symbol is not IMethodSymbol { ContainingType: { } type })
            return null;
        var all = type.GetMembers(symbol.Name)
            .OfType<IMethodSymbol>()
            .Where(one => !one.IsImplicitlyDeclared)
            .ToArray();
        if (all.Length < 2)
            return null;
        var shown = all.Take(MostOverloads)
            .Select(one => one.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat));
        return string.Join('\n', shown)
            + (all.Length > MostOverloads ? $"\n... {all.Length - MostOverloads} more" : "");
    }

    private static Inspection Write(string signature, List<(string Head, string Text)> parts)
    {
        var (plain, html, markdown) = (new StringBuilder(signature), new StringBuilder(), new StringBuilder());
        html.Append("<pre><code>").Append(WebUtility.HtmlEncode(signature)).Append("</code></pre>");
        markdown.Append("```csharp\n").Append(signature).Append("\n```");
        foreach (var (head, text) in parts)
        {
            var lines = text.ReplaceLineEndings("\n");
            plain.Append("\n\n").Append(head.Length == 0 ? "" : head + ": ").Append(lines);
            html.Append("<p>").Append(head.Length == 0 ? "" : $"<strong>{WebUtility.HtmlEncode(head)}</strong> ");
            html.Append(WebUtility.HtmlEncode(lines).Replace("\n", "<br>", StringComparison.Ordinal)).Append("</p>");
            markdown.Append("\n\n").Append(head.Length == 0 ? "" : $"**{head}** ");
            markdown.Append(lines.Replace("\n", "  \n", StringComparison.Ordinal));
        }
        return new Inspection(plain.ToString(), html.ToString(), markdown.ToString());
    }

    // Variables of earlier cells are fields of a class that nobody wrote.
    [GeneratedRegex(@"Submission#\d+\.")]
    private static partial Regex SubmissionName();
}
