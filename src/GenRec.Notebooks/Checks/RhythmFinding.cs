namespace GenRec.Notebooks.Checks;

/// <summary>How much a finding weighs.</summary>
public enum RhythmSeverity
{
    /// <summary>Worth a look; does not fail a check.</summary>
    Warning,

    /// <summary>Must be mended.</summary>
    Error,
}

/// <summary>What kind of notebook is checked.</summary>
public enum RhythmKind
{
    /// <summary>Any notebook: what every host needs.</summary>
    General,

    /// <summary>A paper's notebook: also the parts of the rhythm.</summary>
    Paper,
}

/// <summary>Something a notebook lacks or has too much of.</summary>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Cell">Position among all cells, from 1; 0 for the notebook as a whole.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record RhythmFinding(RhythmSeverity Severity, int Cell, string Message)
{
    /// <summary>The finding in one line.</summary>
    public override string ToString() =>
        $"{(Severity == RhythmSeverity.Error ? "error" : "warning")}: {(Cell > 0 ? $"cell {Cell}: " : "")}{Message}";
}
