using System.Text.RegularExpressions;
using GenRec.Cli.Experiments;
using GenRec.Shared.Data;
using GenRec.Shared.Reading;

namespace GenRec.Cli.Tests;

public partial class ReadmeTests
{
    private static readonly string Root = DataFolders.Repository!;
    private static readonly string Text = File.ReadAllText(Path.Combine(Root, "README.md"));

    [Fact]
    public void EveryCommandInTheReadmeIsUnderstood()
    {
        using var nowhere = new StringWriter();
        var root = CommandLine.Create(new Terminal(nowhere, nowhere), new ExperimentRegistry());
        var commands = CommandLines().Matches(Text).Select(match => match.Groups[1].Value.Trim()).ToArray();
        Assert.InRange(commands.Length, 8, 100);
        foreach (var command in commands)
        {
            var problems = root.Parse(command).Errors.Select(error => error.Message);
            Assert.True(!problems.Any(), $"genrec {command}: {string.Join("; ", problems)}");
        }
    }

    [Fact]
    public void EveryFileAndFolderInTheReadmeExists()
    {
        var folders = Folders().Matches(Text).Select(match => match.Groups[1].Value);
        var links = Links().Matches(Text).Select(match => match.Groups[1].Value);
        foreach (
            var path in folders.Concat(links).Where(path => !path.StartsWith("notebooks/", StringComparison.Ordinal))
        )
            Assert.True(Path.Exists(Path.Combine(Root, path)), $"{path} is named in README.md and does not exist.");
    }

    [Fact]
    public void TheMapLinksTheNotebooksThatExistAndNamesEveryEntryOfTheReadingList()
    {
        Assert.All(ReadingList.Load().Entries, entry => Assert.Contains($"| {entry.System}", Text));
        var notebooks = Path.Combine(Root, "notebooks");
        Assert.SkipUnless(Directory.Exists(notebooks), "This checkout has no notebooks.");
        var linked = Links()
            .Matches(Text)
            .Select(match => match.Groups[1].Value)
            .Where(path => path.EndsWith(".ipynb", StringComparison.Ordinal));
        var there = Directory
            .EnumerateFiles(notebooks, "*.ipynb", SearchOption.AllDirectories)
            .Where(path => !path.Contains(".ipynb_checkpoints", StringComparison.Ordinal))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'));
        Assert.Equal(there.Order(StringComparer.Ordinal), linked.Distinct().Order(StringComparer.Ordinal));
    }

    // Lines of shell blocks that call the command, up to their comment.
    [GeneratedRegex(@"^(?:genrec|dotnet run --project src/GenRec\.Cli --) ([^#\n]+)", RegexOptions.Multiline)]
    private static partial Regex CommandLines();

    [GeneratedRegex(@"\| `([\w./-]+/)` \|")]
    private static partial Regex Folders();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)]+)\)")]
    private static partial Regex Links();
}
