namespace GenRec.Notebooks.Running;

/// <summary>What a run may take and keep.</summary>
public sealed record RunLimits
{
    /// <summary>The defaults.</summary>
    public static RunLimits Default { get; } = new();

    /// <summary>Longest time of one cell; null for any.</summary>
    public TimeSpan? CellTime { get; init; }

    /// <summary>Longest time of a notebook; null for any.</summary>
    public TimeSpan? NotebookTime { get; init; }

    /// <summary>Largest growth of resident memory in one cell, in bytes; null for any.</summary>
    public long? CellBytes { get; init; }

    /// <summary>Largest resident memory of the process, in bytes; null for any.</summary>
    public long? ProcessBytes { get; init; }

    /// <summary>How long a cell asked to stop may go on before it is aborted. Default 5 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most characters of one console output; its start and end are kept. Default 100,000.</summary>
    public int StreamCharacters { get; init; } = 100_000;

    /// <summary>Most outputs of one cell. Default 200.</summary>
    public int Outputs { get; init; } = 200;

    /// <summary>Most characters of one form of a shown value; larger forms are left out. Default 4 million.</summary>
    public int ValueCharacters { get; init; } = 4_000_000;
}

/// <summary>How notebooks are run, and where the executed copies go.</summary>
public sealed record RunOptions
{
    /// <summary>Where executed copies go, in the layout of the sources; null to write none.</summary>
    public string? OutputFolder { get; init; }

    /// <summary>True to write outputs into the notebooks themselves; not together with <see cref="OutputFolder"/> or
    /// parameters.</summary>
    public bool InPlace { get; init; }

    /// <summary>The folder under which notebooks lie: cut off in messages and mirrored in the output folder.</summary>
    public string? NotebooksRoot { get; init; }

    /// <summary>The repository's root, cut off from paths in outputs; by default the nearest folder above with a .git
    /// or .sln.</summary>
    public string? RepositoryRoot { get; init; }

    /// <summary>New values of parameters by name, as text: <c>seed</c> to <c>7</c>. Unknown names are errors.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Value of the parameter <c>scale</c> in the notebooks that have one; null keeps their own.</summary>
    public string? Scale { get; init; }

    /// <summary>True to go on with the next notebook after one has failed. Default true.</summary>
    public bool ContinueWithNext { get; init; } = true;

    /// <summary>True to go on with the next cell after one has failed. Default false.</summary>
    public bool ContinueAfterErrors { get; init; }

    /// <summary>True to record when each cell ran in its metadata, as Jupyter does; it changes with every
    /// run.</summary>
    public bool RecordTimes { get; init; }

    /// <summary>True to add a PNG to each Plotly figure where a browser is found. Default true.</summary>
    public bool Pictures { get; init; } = true;

    /// <summary>What a run may take.</summary>
    public RunLimits Limits { get; init; } = RunLimits.Default;
}
