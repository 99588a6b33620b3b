using System.Text.RegularExpressions;

namespace GenRec.Notebooks.Language;

/// <summary>Completes <c>#!</c> directives and the paths behind <c>#!import</c>, <c>#load</c> and <c>#r</c>.</summary>
internal static partial class DirectiveCompletion
{
    private static readonly (string Name, string Does)[] Directives =
    [
        ("#!import", "file.csx | file.cs | notebook.ipynb"),
        ("#!time", "prints how long the cell took"),
        ("#!csharp", "the cell's language, for other hosts"),
    ];

    /// <summary>The choices where the cursor stands in a directive; null where it stands in code.</summary>
    public static CompletionList? At(string code, int position, string folder)
    {
        var start = position == 0 ? 0 : code.LastIndexOf('\n', position - 1) + 1;
        var line = code[start..position];
        if (Name().Match(line) is { Success: true } name)
            return Names(start + name.Groups[1].Index, position, name.Groups[1].Value);
        if (ImportPath().Match(line) is { Success: true } import)
            return Paths(import.Groups[1].Value, position, folder, [".csx", ".cs", ".ipynb"]);
        if (LoadPath().Match(line) is { Success: true } load)
            return Paths(load.Groups[1].Value, position, folder, [".csx", ".cs"]);
        if (ReferencePath().Match(line) is { Success: true } reference)
            return Paths(reference.Groups[1].Value, position, folder, [".dll"]);
        return null;
    }

    private static CompletionList Names(int start, int position, string typed) =>
        new(
            start,
            position,
            [
                .. Directives
                    .Where(one => one.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                    .Select(one => new CompletionItem(one.Name, one.Name, CompletionKind.Directive, one.Does)),
            ]
        );

    private static CompletionList Paths(string typed, int position, string folder, string[] extensions)
    {
        var slash = typed.LastIndexOfAny(['/', '\\']) + 1;
        var (inside, prefix) = (typed[..slash], typed[slash..]);
        var items = new List<CompletionItem>();
        try
        {
            var entries = new DirectoryInfo(Path.GetFullPath(inside.Length == 0 ? "." : inside, folder))
                .EnumerateFileSystemInfos()
                .Where(entry => entry.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                .Where(entry => prefix.Length > 0 || !entry.Name.StartsWith('.'))
                .OrderBy(entry => entry is DirectoryInfo)
                .ThenBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase);
            foreach (var entry in entries)
                if (entry is DirectoryInfo)
                    items.Add(new CompletionItem(entry.Name + "/", entry.Name + "/", CompletionKind.File, null));
                else if (extensions.Contains(entry.Extension, StringComparer.OrdinalIgnoreCase))
                    items.Add(new CompletionItem(entry.Name, entry.Name, CompletionKind.File, null));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            items.Clear(); // no such folder, or not ours to read
        }
        return new CompletionList(position - prefix.Length, position, items);
    }

    [GeneratedRegex(@"^\s*(#!\w*)$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\s*#!import\s+[""']?([^""']*)$")]
    private static partial Regex ImportPath();

    [GeneratedRegex(@"^\s*#load\s+""([^""]*)$")]
    private static partial Regex LoadPath();

    [GeneratedRegex(@"^\s*#r\s+""([^"":]*)$")] // "nuget:" is no path
    private static partial Regex ReferencePath();
}
