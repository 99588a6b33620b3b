namespace GenRec.Notebooks.Sessions;

/// <summary>Which console stream a text came through.</summary>
public enum ConsoleStream
{
    /// <summary>Standard output.</summary>
    Out,

    /// <summary>Standard error.</summary>
    Error,
}

/// <summary>Receives what a cell shows while it runs: a notebook file, or a kernel's client.</summary>
/// <remarks>Calls come from the cell's threads, one at a time for each cell, and may come after the cell has
/// ended.</remarks>
public interface ICellSink
{
    /// <summary>Console text; whole lines, or a part where the cell flushed or ended in the middle of a line.</summary>
    /// <param name="stream">Standard output or standard error.</param>
    /// <param name="text">The text, line ends included.</param>
    void Stream(ConsoleStream stream, string text);

    /// <summary>A displayed value.</summary>
    /// <param name="value">Its forms.</param>
    /// <param name="displayId">The id by which it can be updated; null where it cannot.</param>
    void Display(MimeBundle value, string? displayId);

    /// <summary>New content for everything displayed under an id, in this cell and in earlier ones.</summary>
    /// <param name="value">Its forms.</param>
    /// <param name="displayId">The id it was displayed under.</param>
    void Update(MimeBundle value, string displayId);

    /// <summary>The value of the cell's last expression.</summary>
    /// <param name="value">Its forms.</param>
    void Result(MimeBundle value);

    /// <summary>Why the cell failed.</summary>
    /// <param name="error">Name, message, traceback.</param>
    void Error(CellError error);

    /// <summary>Removes what the cell has shown so far.</summary>
    /// <param name="wait">True to remove it only when the next output comes, so that nothing flickers.</param>
    void Clear(bool wait);
}
