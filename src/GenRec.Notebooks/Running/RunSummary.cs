using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Running;

/// <summary>What came of one code cell.</summary>
/// <param name="Number">The number shown beside the cell, <c>[n]</c>.</param>
/// <param name="Id">The cell's id.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Expected">True where it failed and is tagged <c>raises-exception</c>.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Error">Why it failed, or null.</param>
public sealed record CellSummary(
    int Number,
    string Id,
    CellOutcome Outcome,
    bool Expected,
    double Seconds,
    CellError? Error
)
{
    /// <summary>True where it ended as it should.</summary>
    public bool Passed => Outcome == CellOutcome.Succeeded || Expected;
}

/// <summary>What came of one notebook.</summary>
/// <param name="Source">The notebook file.</param>
/// <param name="Output">Where the executed notebook was written; null where it was not.</param>
/// <param name="Cells">The code cells that ran.</param>
/// <param name="CodeCells">How many code cells there are.</param>
/// <param name="Seconds">From start to end.</param>
/// <param name="Problem">Why it could not be run or written at all, or stopped; null where every cell ran.</param>
/// <param name="Notes">What the reader of the summary should know, such as figures without a picture.</param>
public sealed record NotebookSummary(
    string Source,
    string? Output,
    IReadOnlyList<CellSummary> Cells,
    int CodeCells,
    double Seconds,
    string? Problem,
    IReadOnlyList<string> Notes
)
{
    /// <summary>True where all cells ran and ended as they should.</summary>
    public bool Passed => Problem is null && Cells.Count == CodeCells && Cells.All(cell => cell.Passed);

    /// <summary>The first cell that ended as it should not, or null.</summary>
    public CellSummary? FirstFailure => Cells.FirstOrDefault(cell => !cell.Passed);
}

/// <summary>What came of a run.</summary>
/// <param name="Notebooks">One entry for each notebook that was started, in order.</param>
/// <param name="NotStarted">The notebooks that were not, because the run was stopped.</param>
/// <param name="Seconds">From start to end.</param>
public sealed record RunSummary(
    IReadOnlyList<NotebookSummary> Notebooks,
    IReadOnlyList<string> NotStarted,
    double Seconds
)
{
    /// <summary>True where every notebook passed.</summary>
    public bool Passed => NotStarted.Count == 0 && Notebooks.All(notebook => notebook.Passed);
}

/// <summary>News of a run.</summary>
/// <param name="Source">The notebook file.</param>
public abstract record RunEvent(string Source);

/// <summary>A notebook starts.</summary>
/// <param name="Source">The notebook file.</param>
/// <param name="CodeCells">How many code cells it has.</param>
public sealed record NotebookStarted(string Source, int CodeCells) : RunEvent(Source);

/// <summary>A cell starts.</summary>
/// <param name="Source">The notebook file.</param>
/// <param name="Number">The number shown beside the cell, <c>[n]</c>.</param>
/// <param name="CodeCells">How many code cells there are.</param>
/// <param name="Heading">The nearest Markdown heading above, or the cell's first line.</param>
public sealed record CellStarted(string Source, int Number, int CodeCells, string Heading) : RunEvent(Source);

/// <summary>A running cell printed a line or updated what it shows.</summary>
/// <param name="Source">The notebook file.</param>
/// <param name="Number">The number shown beside the cell, <c>[n]</c>.</param>
/// <param name="Text">The line.</param>
public sealed record CellProgress(string Source, int Number, string Text) : RunEvent(Source);

/// <summary>A cell ended.</summary>
/// <param name="Source">The notebook file.</param>
/// <param name="Cell">What came of it.</param>
public sealed record CellEnded(string Source, CellSummary Cell) : RunEvent(Source);

/// <summary>A notebook ended.</summary>
/// <param name="Source">The notebook file.</param>
/// <param name="Summary">What came of it.</param>
public sealed record NotebookEnded(string Source, NotebookSummary Summary) : RunEvent(Source);
