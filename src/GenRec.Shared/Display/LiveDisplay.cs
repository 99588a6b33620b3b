namespace GenRec.Shared.Display;

/// <summary>
/// An output that is replaced by each update. Where the host cannot replace an output, the last value is shown once, on
/// disposal: progress is optional, the result is not.
/// </summary>
/// <example><code>
/// using var live = Show.Live();
/// trainer.EpochEnded += epoch => live.Update(Figures.LearningCurves(text, curves));
/// </code></example>
public sealed class LiveDisplay : RichObject, IDisposable
{
    private Action<object>? replace;
    private object? pending;
    private bool started;

    /// <summary>Shows the first value, and replaces it by each later one.</summary>
    public void Update(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (replace is not null)
            replace(value);
        else if (!started && Start(value))
            pending = null;
        else
            pending = value;
        started = true;
    }

    /// <summary>Shows the last value where it could not be shown before.</summary>
    public void Dispose()
    {
        pending?.Display();
        pending = null;
    }

    private bool Start(object value)
    {
        if (AppContext.GetData(Show.LiveHostKey) is Func<object, Action<object>> host)
            replace = host(value);
        else if (AppContext.GetData(Show.HostKey) is null && DotNetInteractive.TryDisplay(value, out var update))
            replace = update;
        return replace is not null;
    }
}
