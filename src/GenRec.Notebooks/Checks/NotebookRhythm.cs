using System.Globalization;
using System.Text.RegularExpressions;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Running;

namespace GenRec.Notebooks.Checks;

/// <summary>Checks that a notebook has the parts our notebooks share and runs unchanged in every host.</summary>
public static partial class NotebookRhythm
{
    private const int FewestCells = 35;
    private const int MostCells = 60;

    private static readonly string[] Sections = ["leaves open", "exercises", "my notes", "references"];

    /// <summary>What kind of notebook a file is: numbers 01 to 29 are papers.</summary>
    /// <param name="path">The file; its name starts with two digits.</param>
    public static RhythmKind KindOf(string path)
    {
        var name = Path.GetFileName(path);
        return
            name.Length > 2
            && int.TryParse(name.AsSpan(0, 2), CultureInfo.InvariantCulture, out var number)
            && number is > 0 and < 30
            ? RhythmKind.Paper
            : RhythmKind.General;
    }

    /// <summary>All findings, in the order of the cells.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="kind">Whether the parts of a paper's notebook are asked for.</param>
    public static IReadOnlyList<RhythmFinding> Check(Notebook notebook, RhythmKind kind)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        var findings = new List<RhythmFinding>();
        CheckMetadata(notebook, findings);
        CheckHeadings(notebook, findings);
        CheckFirstCode(notebook, findings);
        foreach (var (index, cell) in notebook.Cells.Index().Where(cell => cell.Item.Kind == CellKind.Code))
            findings.AddRange(CodeCellRules.Check(cell, index + 1));
        if (kind == RhythmKind.Paper)
            CheckPaper(notebook, findings);
        return [.. findings.OrderBy(finding => finding.Cell)];
    }

    private static void CheckMetadata(Notebook notebook, List<RhythmFinding> findings)
    {
        var kernel = notebook.Metadata["kernelspec"];
        if ((string?)kernel?["name"] != ".net-csharp" || (string?)kernel?["language"] != "C#")
            findings.Add(
                Error(
                    0,
                    "metadata.kernelspec must have the name '.net-csharp' and the language 'C#', so that hosts find their kernel."
                )
            );
        if ((string?)notebook.Metadata["language_info"]?["name"] is not ("C#" or "polyglot-notebook"))
            findings.Add(Error(0, "metadata.language_info.name must be 'C#', or editors do not colour the cells."));
    }

    private static void CheckHeadings(Notebook notebook, List<RhythmFinding> findings)
    {
        (int Cell, int Level, string Text)[] headings = [.. Headings(notebook)];
        var titles = headings.Where(heading => heading.Level == 1).ToArray();
        if (titles.Length != 1 || titles[0].Cell != 1)
            findings.Add(
                Error(
                    titles.Length > 1 ? titles[1].Cell : 0,
                    $"one heading of level 1, in the first cell, is the title; there are {titles.Length}."
                )
            );
        var expected = 1;
        foreach (var (cell, _, text) in headings.Where(heading => heading.Level == 2))
        {
            if (
                !Numbered().IsMatch(text)
                || !text.StartsWith(expected.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            )
                findings.Add(Error(cell, $"the heading '{text}' should be numbered: '## {expected}. ...'."));
            expected++;
        }
    }

    private static void CheckFirstCode(Notebook notebook, List<RhythmFinding> findings)
    {
        var first = notebook.Cells.Index().FirstOrDefault(cell => cell.Item.Kind == CellKind.Code);
        if (
            first.Item is not null
            && first.Item.Source.Trim() is not ("#!import bootstrap.csx" or "#!import ../bootstrap.csx")
        )
            findings.Add(
                Error(first.Index + 1, "the first code cell must hold '#!import bootstrap.csx' and nothing else.")
            );
    }

    private static void CheckPaper(Notebook notebook, List<RhythmFinding> findings)
    {
        if (notebook.Cells.Count is < FewestCells or > MostCells)
            findings.Add(
                new RhythmFinding(
                    RhythmSeverity.Warning,
                    0,
                    $"{notebook.Cells.Count} cells; {FewestCells} to {MostCells} read well."
                )
            );
        string[] parameters = [.. Parameters.Of(notebook).Select(parameter => parameter.Name)];
        foreach (var name in new[] { "scale", "seed" }.Except(parameters))
            findings.Add(Error(0, $"a code cell tagged '{Parameters.Tag}' must declare '{name}'."));
        if (notebook.Cells.Count == 0 || !Link().IsMatch(notebook.Cells[0].Source))
            findings.Add(Error(1, "the first cell must link to the paper."));
        var headings = Headings(notebook).Where(heading => heading.Level == 2).ToArray();
        foreach (var section in Sections.Where(section => !headings.Any(heading => Names(heading.Text, section))))
            findings.Add(Error(0, $"a section '{section}' is missing."));
        var notes = headings.FirstOrDefault(heading => Names(heading.Text, "my notes"));
        if (notes.Cell > 0 && !NotesLink().IsMatch(Section(notebook, notes.Cell)))
            findings.Add(
                Error(notes.Cell, "'my notes' must link to the reader's own file: [my notes](../notes/01-name.md).")
            );
        var references = headings.FirstOrDefault(heading => Names(heading.Text, "references"));
        if (references.Cell > 0 && !Link().IsMatch(Section(notebook, references.Cell)))
            findings.Add(Error(references.Cell, "'references' must link to at least one source."));
    }

    private static IEnumerable<(int Cell, int Level, string Text)> Headings(Notebook notebook)
    {
        foreach (var (index, cell) in notebook.Cells.Index().Where(cell => cell.Item.Kind == CellKind.Markdown))
        {
            var fenced = false;
            foreach (var line in cell.Source.Split('\n'))
            {
                fenced ^= line.TrimStart().StartsWith("```", StringComparison.Ordinal);
                if (!fenced && Heading().Match(line) is { Success: true } heading)
                    yield return (index + 1, heading.Groups[1].Length, heading.Groups[2].Value.Trim());
            }
        }
    }

    // The Markdown from a heading's cell to the next heading of level 2.
    private static string Section(Notebook notebook, int cell)
    {
        var end = Headings(notebook)
            .Where(heading => heading.Level == 2 && heading.Cell > cell)
            .Select(heading => heading.Cell);
        var last = end.DefaultIfEmpty(notebook.Cells.Count + 1).First();
        return string.Join('\n', notebook.Cells.Skip(cell - 1).Take(last - cell).Select(one => one.Source));
    }

    private static bool Names(string heading, string section) =>
        heading.Contains(section, StringComparison.OrdinalIgnoreCase);

    private static RhythmFinding Error(int cell, string message) => new(RhythmSeverity.Error, cell, message);

    [GeneratedRegex(@"^(#{1,6})\s+(.+?)\s*#*\s*$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\d+[.)]?\s")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"https?://\S+")]
    private static partial Regex Link();

    [GeneratedRegex(@"\]\([^)]*notes/[^)]*\.md\)")]
    private static partial Regex NotesLink();
}
