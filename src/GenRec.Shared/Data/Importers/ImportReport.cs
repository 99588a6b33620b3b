using System.Text;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Importers;

/// <summary>Kinds of things an import reports.</summary>
public enum ImportProblemKind
{
    /// <summary>A line that could not be read and was left out.</summary>
    Malformed,

    /// <summary>An event, or an item's description, that occurs again.</summary>
    Duplicate,

    /// <summary>An item, or a user, that the interactions do not name.</summary>
    Unknown,
}

/// <summary>One thing an import reports.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="File">The file's path.</param>
/// <param name="Line">Line number, from 1; in Parquet files the row.</param>
/// <param name="Message">What was wrong.</param>
public sealed record ImportProblem(ImportProblemKind Kind, string File, long Line, string Message) : RichRecord
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {Message}";
}

/// <summary>What an import read, and everything that was not as it should be.</summary>
public sealed class ImportReport : RichObject
{
    private readonly Dictionary<ImportProblemKind, long> counts = [];
    private readonly List<ImportProblem> examples = [];
    private readonly List<string> files = [];
    private readonly int examplesOfEach;

    /// <summary>An empty report.</summary>
    /// <param name="examplesOfEach">How many problems of each kind are kept word for word.</param>
    public ImportReport(int examplesOfEach = 10)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(examplesOfEach);
        this.examplesOfEach = examplesOfEach;
    }

    /// <summary>Files read, in order.</summary>
    public IReadOnlyList<string> Files => files;

    /// <summary>Lines (or rows) read from all files, with the broken ones.</summary>
    public long Lines { get; internal set; }

    /// <summary>Lines left out because they could not be read.</summary>
    public long Malformed => CountOf(ImportProblemKind.Malformed);

    /// <summary>Events that occurred again, kept or not.</summary>
    public long Duplicates => CountOf(ImportProblemKind.Duplicate);

    /// <summary>Lines about items or users that the interactions do not name.</summary>
    public long Unknown => CountOf(ImportProblemKind.Unknown);

    /// <summary>The first problems of each kind.</summary>
    public IReadOnlyList<ImportProblem> Examples => examples;

    /// <summary>How often a kind occurred.</summary>
    public long CountOf(ImportProblemKind kind) => counts.GetValueOrDefault(kind);

    /// <summary>A few lines for people: what was read, counts, and the first examples.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append($"{files.Count} file(s), {Lines:N0} lines: {Malformed:N0} malformed, {Duplicates:N0} duplicate");
        text.Append(Unknown > 0 ? $", {Unknown:N0} unknown" : "");
        foreach (var kind in examples.GroupBy(problem => problem.Kind))
        {
            foreach (var problem in kind)
                text.Append($"\n  {problem}");
            if (CountOf(kind.Key) > kind.Count())
                text.Append($"\n  ... and {CountOf(kind.Key) - kind.Count():N0} more of this kind ({kind.Key})");
        }
        return text.ToString();
    }

    internal void AddFile(string file) => files.Add(file);

    internal void Add(ImportProblemKind kind, string file, long line, string message)
    {
        var count = CountOf(kind) + 1;
        counts[kind] = count;
        if (count <= examplesOfEach)
            examples.Add(new ImportProblem(kind, file, line, message));
    }

    /// <summary>Adds what another import of the same set noticed.</summary>
    internal void Absorb(ImportReport other)
    {
        files.AddRange(other.files);
        Lines += other.Lines;
        foreach (var (kind, count) in other.counts)
        {
            var room = (int)Math.Max(0, examplesOfEach - CountOf(kind));
            examples.AddRange(other.examples.Where(problem => problem.Kind == kind).Take(room));
            counts[kind] = CountOf(kind) + count;
        }
    }

    /// <summary>Applies the policy to a broken line: throws, or counts it.</summary>
    internal void Malformation(MalformedLines policy, string file, long line, string message)
    {
        if (policy == MalformedLines.Fail)
            throw new DataFormatException(file, line, message);
        Add(ImportProblemKind.Malformed, file, line, message);
    }
}
