namespace GenRec.Notebooks.Language;

/// <summary>Whether a cell could run as it stands.</summary>
/// <param name="State">The answer.</param>
/// <param name="Indent">Blanks to begin the next line with; only where more is to come.</param>
public sealed record SubmissionStatus(SubmissionState State, string Indent = "");

/// <summary>Whether a cell is a whole submission.</summary>
public enum SubmissionState
{
    /// <summary>It can run.</summary>
    Complete,

    /// <summary>More is to come: an open brace, an unfinished statement.</summary>
    Incomplete,

    /// <summary>It has a syntax error that no further line can mend.</summary>
    Invalid,
}
