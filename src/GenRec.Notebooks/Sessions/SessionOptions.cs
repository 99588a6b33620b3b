namespace GenRec.Notebooks.Sessions;

/// <summary>How a session of cells is set up.</summary>
public sealed record SessionOptions
{
    /// <summary>Where <c>#!import</c>, <c>#load</c> and <c>#r</c> look for relative paths: the notebook's
    /// folder.</summary>
    public string Folder { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>What the session is called in messages: the notebook's file name.</summary>
    public string Name { get; init; } = "notebook";

    /// <summary>Namespaces to open beside <see cref="SessionDefaults.Usings"/>.</summary>
    public IReadOnlyList<string> Usings { get; init; } = [];

    /// <summary>How long a cell that was asked to stop may go on before it is aborted. Default 5 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Answers <c>Console.ReadLine</c> in cells, given what the cell wrote before it on the same line; null where
    /// nobody can answer, which is an error in the cell.</summary>
    public Func<string, string?>? ReadLine { get; init; }
}

/// <summary>What one cell may take.</summary>
public sealed record CellLimits
{
    /// <summary>No limits.</summary>
    public static CellLimits None { get; } = new();

    /// <summary>Longest time; null for any.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Largest resident memory of the whole process in bytes; null for any.</summary>
    public long? ProcessBytes { get; init; }

    /// <summary>Largest growth of the process's resident memory during the cell, in bytes; null for any.</summary>
    public long? CellBytes { get; init; }
}

/// <summary>A cell to run.</summary>
/// <param name="Code">Its text.</param>
/// <param name="Name">What errors call it, such as <c>cell 3</c>.</param>
public sealed record CellRequest(string Code, string Name)
{
    /// <summary>What it may take.</summary>
    public CellLimits Limits { get; init; } = CellLimits.None;

    /// <summary>Cancelled to cut short the grace of a cell that was asked to stop: it is aborted at once.</summary>
    public CancellationToken Abort { get; init; }
}
