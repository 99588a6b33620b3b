namespace GenRec.Notebooks.Language;

/// <summary>What an editor asks about code while it is being written.</summary>
/// <remarks>
/// Positions count UTF-16 units of the cell's text, as C# strings do; a caller that counts otherwise converts. The
/// methods may be called from any thread, also while a cell runs.
/// </remarks>
public interface ILanguageService
{
    /// <summary>What may be written at a place.</summary>
    /// <param name="code">The cell as it stands.</param>
    /// <param name="position">Where the cursor is, 0..<c>code.Length</c>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The span to replace and what to put there, best first; no items where nothing fits.</returns>
    Task<CompletionList> CompleteAsync(string code, int position, CancellationToken cancel);

    /// <summary>What the name at a place means.</summary>
    /// <param name="code">The cell as it stands.</param>
    /// <param name="position">Where the cursor is, 0..<c>code.Length</c>.</param>
    /// <param name="detailLevel">0 for signature, summary, parameters and result; 1 also for remarks, exceptions and overloads.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Its description, or null where there is nothing to tell.</returns>
    Task<Inspection?> InspectAsync(string code, int position, int detailLevel, CancellationToken cancel);

    /// <summary>Whether a cell could run as it stands; nothing is bound or run, so the answer comes at once.</summary>
    /// <param name="code">The cell as it stands.</param>
    SubmissionStatus Check(string code);
}
