#pragma warning disable IDE1006, CA1708 // Lower-case names are those of the notebooks' world.
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Cells;

/// <summary>What every cell can call by its plain name.</summary>
public static class CellFunctions
{
    /// <summary>Is cancelled when the cell should stop: an interrupt, or a limit reached. Long loops ask it.</summary>
    public static CancellationToken Cancellation => CellScope.Current?.Token ?? CancellationToken.None;

    /// <summary>Shows a value now, before the cell ends.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="mimeType">Only this form, such as <c>text/html</c>; null for all forms.</param>
    /// <returns>A handle that replaces what is shown.</returns>
    public static DisplayHandle display(object? value, string? mimeType = null)
    {
        if (CellScope.Current is { } cell)
            return new DisplayHandle(cell.Display(value, mimeType), cell);
        Console.WriteLine(value);
        return new DisplayHandle("", null);
    }

    /// <summary>Shows a value in one form.</summary>
    /// <param name="value">Anything; a string is taken as being in that form.</param>
    /// <param name="mimeType">Such as <c>text/html</c>.</param>
    /// <returns>A handle that replaces what is shown.</returns>
    public static DisplayHandle Display(this object? value, string mimeType) => display(value, mimeType);

    /// <summary>Marks a string as HTML.</summary>
    /// <param name="html">The markup.</param>
    public static HtmlText HTML(string html) => new(html);

    /// <summary>Removes what the cell has shown so far.</summary>
    /// <param name="wait">True to remove it only when the next output comes.</param>
    public static void clear_output(bool wait = false) => CellScope.Current?.Clear(wait);
}
