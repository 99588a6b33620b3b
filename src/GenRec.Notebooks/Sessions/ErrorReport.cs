using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace GenRec.Notebooks.Sessions;

/// <summary>Errors as a reader of the notebook needs them: the line marked, our own frames folded away.</summary>
internal sealed partial class ErrorReport(string folder)
{
    private const int MostFrames = 12;
    private const int MostLibraryFrames = 4; // in a row
    private const int MostDiagnostics = 10;
    private const int Around = 2;

    private static readonly string[] Plumbing =
    [
        "Microsoft.CodeAnalysis",
        "System.Runtime.CompilerServices",
        "System.Runtime.ExceptionServices",
        "System.Threading.Tasks",
        "GenRec.Notebooks",
    ];

    private readonly Dictionary<string, (string Place, string Code)> sources = new(StringComparer.Ordinal);

    /// <summary>Remembers a cell or file, so that a later error can show its line.</summary>
    public void Add(string file, string place, string code)
    {
        sources[file] = (place, code);
        sources[Path.GetFullPath(file, folder)] = (place, code); // how debug information spells it
    }

    public CellError OfDiagnostics(IReadOnlyList<Diagnostic> diagnostics, string file)
    {
        var lines = new List<string>();
        foreach (var diagnostic in diagnostics.Take(MostDiagnostics))
        {
            var span = diagnostic.Location.GetLineSpan();
            var (place, code) = Known(span.Path is { Length: > 0 } path ? path : file);
            var (line, column) = (span.StartLinePosition.Line, span.StartLinePosition.Character);
            lines.Add($"{place}, line {line + 1}, column {column + 1}: {diagnostic.Id}: {diagnostic.GetMessage()}");
            if (code?.Split('\n') is { } text && line < text.Length)
            {
                var width =
                    span.EndLinePosition.Line == line ? Math.Max(1, span.EndLinePosition.Character - column) : 1;
                lines.Add($"  {text[line].TrimEnd().Replace('\t', ' ')}");
                lines.Add("  " + new string(' ', column) + new string('^', width));
            }
            if (
                diagnostic.Id == "CS0006"
                && diagnostic.GetMessage().Contains("nuget:", StringComparison.OrdinalIgnoreCase)
            )
                lines.Add("  Packages are not restored here: reference a file, or add the package to GenRec.Shared.");
        }
        if (diagnostics.Count > MostDiagnostics)
            lines.Add($"... and {diagnostics.Count - MostDiagnostics} more errors");
        var first = diagnostics[0].Location.GetLineSpan();
        var (where, _) = Known(first.Path is { Length: > 0 } own ? own : file);
        return new CellError("CompileError", lines[0], lines, where, first.StartLinePosition.Line + 1);
    }

    public static CellError OfDirective(string place, int line, string problem) =>
        new("DirectiveError", $"{place}, line {line}: {problem}", [$"{place}, line {line}: {problem}"], place, line);

    public CellError OfException(Exception exception)
    {
        while (exception is AggregateException { InnerExceptions: [var only] })
            exception = only;
        while (exception is TargetInvocationException { InnerException: { } inner })
            exception = inner;
        var frames = Frames(exception);
        var here = frames.FirstOrDefault(frame => frame.Code is not null);
        var lines = new List<string> { $"{exception.GetType().FullName}: {exception.Message}" };
        for (var cause = exception.InnerException; cause is not null; cause = cause.InnerException)
            lines.Add($"  because of {cause.GetType().FullName}: {cause.Message}");
        if (here is not null)
            lines.AddRange(Excerpt(here));
        var calls = Folded(frames);
        lines.AddRange(calls.Take(MostFrames));
        if (calls.Count > MostFrames)
            lines.Add($"   ... {calls.Count - MostFrames} more");
        return new CellError(exception.GetType().Name, exception.Message, lines, here?.Place, here?.Line ?? 0);
    }

    // Between the line that threw and the call that a cell made there is only how the libraries work inside.
    private static List<string> Folded(List<Frame> frames)
    {
        var lines = new List<string>();
        for (var at = 0; at < frames.Count; )
        {
            var end = at;
            while (end < frames.Count && frames[end].Code is null)
                end++;
            var inside = end - at;
            if (inside > MostLibraryFrames)
            {
                lines.Add($"   at {frames[at].Text}");
                lines.Add($"   ... {inside - 2} calls inside the libraries ...");
                lines.Add($"   at {frames[end - 1].Text}");
            }
            else
                lines.AddRange(frames[at..end].Select(frame => $"   at {frame.Text}"));
            if (end < frames.Count)
                lines.Add($"   at {frames[end].Text}");
            at = end + 1;
        }
        return lines;
    }

    private static IEnumerable<string> Excerpt(Frame frame)
    {
        var text = frame.Code!.Split('\n');
        if (frame.Line < 1 || frame.Line > text.Length)
            yield break;
        yield return $"{frame.Place}, line {frame.Line}:";
        for (var line = Math.Max(1, frame.Line - Around); line <= Math.Min(text.Length, frame.Line + Around); line++)
            yield return $"{(line == frame.Line ? "-->" : "   ")} {line, 3} | {text[line - 1].TrimEnd()}";
    }

    private List<Frame> Frames(Exception exception)
    {
        var frames = new List<Frame>();
        foreach (var frame in new StackTrace(exception, fNeedFileInfo: true).GetFrames())
        {
            if (frame.GetMethod() is not { } method)
                continue;
            var known = frame.GetFileName() is { } file && sources.ContainsKey(file) ? file : null;
            var type = method.DeclaringType;
            if (
                known is null
                && Plumbing.Any(name => type?.Namespace?.StartsWith(name, StringComparison.Ordinal) == true)
            )
                continue;
            frames.Add(known is null ? Library(frame, method) : Cell(frame, method, known));
        }
        // Below the last line of a cell there is only what started it.
        var last = frames.FindLastIndex(frame => frame.Code is not null);
        return last < 0 ? frames : frames[..(last + 1)];
    }

    private Frame Cell(StackFrame frame, MethodBase method, string file)
    {
        var (place, code) = sources[file];
        var line = frame.GetFileLineNumber();
        var name = MethodName(method);
        var where = $"{place}, line {line}";
        return new Frame(name is "Initialize" or "Factory" ? where : $"{name}, {where}", place, line, code);
    }

    private static Frame Library(StackFrame frame, MethodBase method)
    {
        var arguments = string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name));
        var type =
            method.DeclaringType is { } declaring && Mangled().IsMatch(declaring.Name)
                ? declaring.DeclaringType
                : method.DeclaringType;
        var call = $"{type?.FullName?.Replace('+', '.')}.{MethodName(method)}({arguments})";
        var file = Path.GetFileName(frame.GetFileName()?.Replace('\\', '/'));
        return new Frame(file is null ? call : $"{call}, {file}, line {frame.GetFileLineNumber()}", null, 0, null);
    }

    // An async method, a lambda and a local function live in names such as <Load>d__3 and <<Initialize>>b__0.
    private static string MethodName(MethodBase method)
    {
        var name = method.Name == "MoveNext" ? method.DeclaringType?.Name ?? method.Name : method.Name;
        return Mangled().Match(name) is { Success: true } match ? match.Groups["name"].Value : name;
    }

    private (string Place, string? Code) Known(string file) =>
        sources.TryGetValue(file, out var known) ? known : (Path.GetFileName(file), null);

    [GeneratedRegex(@"^<+(?:<(?<name>\w+)>\w*|(?<name>[\w$]+))>")]
    private static partial Regex Mangled();

    private sealed record Frame(string Text, string? Place, int Line, string? Code);
}
