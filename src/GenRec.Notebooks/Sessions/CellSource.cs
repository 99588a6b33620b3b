using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace GenRec.Notebooks.Sessions;

/// <summary>A piece of a cell: code, or a file to run at this point.</summary>
/// <param name="Code">Code, padded so that its line numbers are the cell's; null for an import.</param>
/// <param name="Import">The path after <c>#!import</c>; null for code.</param>
/// <param name="Line">Where the import stands, counted from 1.</param>
internal sealed record CellPart(string? Code, string? Import, int Line);

/// <summary>A cell taken apart at its <c>#!</c> lines.</summary>
/// <param name="Parts">What to run, in order.</param>
/// <param name="Timed">True with <c>#!time</c>.</param>
internal sealed record CellSource(IReadOnlyList<CellPart> Parts, bool Timed)
{
    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp13, kind: SourceCodeKind.Script);

    /// <summary>Finds the directives by parsing, so that a <c>#!</c> line inside a string stays text.</summary>
    /// <exception cref="CellSourceException">A directive is unknown or incomplete.</exception>
    public static CellSource Split(string code, string place)
    {
        if (!code.Contains("#!", StringComparison.Ordinal))
            return new CellSource([new CellPart(code, null, 1)], false);
        var text = SourceText.From(code);
        var parts = new List<CellPart>();
        var timed = false;
        var kept = code.ToCharArray();
        var start = 0;
        foreach (var line in DirectiveLines(text))
        {
            var words = text.ToString(line.Span).Trim();
            var space = words.IndexOfAny([' ', '\t']);
            var (name, argument) = space < 0 ? (words, "") : (words[..space], words[space..].Trim());
            Array.Fill(kept, ' ', line.Start, line.End - line.Start);
            switch (name)
            {
                case "#!csharp" or "#!c#" or "#!C#":
                    break;
                case "#!time":
                    timed = true;
                    break;
                case "#!import":
                    AddCode(line.Start);
                    parts.Add(new CellPart(null, Unquote(argument, place, line.LineNumber + 1), line.LineNumber + 1));
                    start = line.End;
                    break;
                default:
                    throw new CellSourceException(
                        place,
                        line.LineNumber + 1,
                        $"'{name}' is not a directive of this engine, which runs C#; known are #!import, #!time and #!csharp, "
                            + "and #r and #load."
                    );
            }
        }
        AddCode(code.Length);
        return new CellSource(parts, timed);

        void AddCode(int end)
        {
            var piece = new string(kept, start, end - start);
            if (!string.IsNullOrWhiteSpace(piece))
                parts.Add(new CellPart(Blank(code.AsSpan(0, start)) + piece, null, 1));
        }
    }

    /// <summary>The code with every <c>#!</c> line blanked, known or not: each character keeps its place.</summary>
    public static string WithoutDirectives(string code)
    {
        if (!code.Contains("#!", StringComparison.Ordinal))
            return code;
        var kept = code.ToCharArray();
        foreach (var line in DirectiveLines(SourceText.From(code)))
            Array.Fill(kept, ' ', line.Start, line.End - line.Start);
        return new string(kept);
    }

    private static List<TextLine> DirectiveLines(SourceText text)
    {
        var root = CSharpSyntaxTree.ParseText(text, ParseOptions).GetRoot();
        return
        [
            .. root.DescendantTrivia(descendIntoTrivia: true)
                .Where(trivia => trivia.IsKind(SyntaxKind.ShebangDirectiveTrivia))
                .Select(trivia => text.Lines.GetLineFromPosition(trivia.SpanStart))
                .DistinctBy(line => line.Start),
        ];
    }

    private static string Blank(ReadOnlySpan<char> before) => new('\n', before.Count('\n'));

    private static string Unquote(string argument, string place, int line)
    {
        var path = argument.Trim('"', '\'').Trim();
        return path.Length > 0
            ? path
            : throw new CellSourceException(place, line, "'#!import' needs a file: #!import helpers.csx");
    }
}

/// <summary>A cell is wrong before it is compiled.</summary>
internal sealed class CellSourceException(string place, int line, string message) : Exception(message)
{
    public string Place { get; } = place;

    public int Line { get; } = line;
}
