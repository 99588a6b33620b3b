namespace GenRec.Notebooks.Sessions;

/// <summary>Why a cell failed, as Jupyter keeps it.</summary>
/// <param name="Name">The exception's type, <c>CompileError</c>, <c>DirectiveError</c>, <c>TimeLimit</c>,
/// <c>MemoryLimit</c> or <c>Interrupted</c>.</param>
/// <param name="Message">The message in one line or more.</param>
/// <param name="Traceback">Lines to show: the failing line marked, then the calls that led there.</param>
/// <param name="Place">The cell or file whose line failed, such as <c>cell 3</c>; null where unknown.</param>
/// <param name="Line">The failing line, counted from 1; 0 where unknown.</param>
public sealed record CellError(
    string Name,
    string Message,
    IReadOnlyList<string> Traceback,
    string? Place = null,
    int Line = 0
);

/// <summary>How a cell ended.</summary>
public enum CellOutcome
{
    /// <summary>It ran to its end.</summary>
    Succeeded,

    /// <summary>It did not compile or threw.</summary>
    Failed,

    /// <summary>The caller's token stopped it.</summary>
    Interrupted,

    /// <summary>It ran longer than it may.</summary>
    TimeLimit,

    /// <summary>It took more memory than it may.</summary>
    MemoryLimit,
}

/// <summary>What came of a cell.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Error">Why, unless it succeeded.</param>
/// <param name="Elapsed">From start to end, compilation included.</param>
/// <param name="StillRunning">True where the cell could not be stopped: the session takes no further cells.</param>
public sealed record CellResult(CellOutcome Outcome, CellError? Error, TimeSpan Elapsed, bool StillRunning = false)
{
    /// <summary>True where the cell ran to its end.</summary>
    public bool Succeeded => Outcome == CellOutcome.Succeeded;
}
