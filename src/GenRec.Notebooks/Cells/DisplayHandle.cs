using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Cells;

/// <summary>Something displayed, which can be shown anew in its place.</summary>
public sealed class DisplayHandle
{
    private readonly CellScope? home;

    internal DisplayHandle(string id, CellScope? home) => (Id, this.home) = (id, home);

    /// <summary>The display id; empty outside a running cell.</summary>
    public string Id { get; }

    /// <summary>Replaces what is shown; does nothing where no cell showed it.</summary>
    /// <param name="value">The new value.</param>
    public void Update(object? value) => (CellScope.Current ?? home)?.Update(value, Id);
}
