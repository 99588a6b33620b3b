namespace GenRec.Notebooks.Sessions;

/// <summary>Waits for a cell and stops it when it takes too much: first by its token, then by force.</summary>
internal sealed class CellWatch(CellRequest request, TimeSpan grace, Action wake, CancellationToken outside)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterAbort = TimeSpan.FromSeconds(3);

    private readonly CellLimits limits = request.Limits;
    private readonly CancellationTokenSource polite = new();
    private readonly CancellationTokenSource force = new();
    private readonly long memoryAtStart = request.Limits.CellBytes is null ? 0 : Environment.WorkingSet;
    private readonly long start = Environment.TickCount64;

    /// <summary>Cancelled when the cell should stop.</summary>
    public CancellationToken Polite => polite.Token;

    /// <summary>Cancelled when the cell is torn down.</summary>
    public CancellationToken Force => force.Token;

    /// <summary>Waits until the cell has ended or could not be stopped.</summary>
    /// <returns>Why it was stopped, null where it was not; and whether it still runs.</returns>
    public async Task<(CellOutcome? Reason, bool StillRunning)> WaitAsync(Task running)
    {
        CellOutcome? reason = null;
        while (reason is null && !await EndsWithinAsync(running, Step).ConfigureAwait(false))
            reason = Exceeded();
        if (reason is null)
            return (null, false);
        // Registered callbacks of a cell's own may throw or block: that must not take the watch with it.
        _ = Task.Run(() => polite.CancelAsync());
        if (await EndsWithinAsync(running, grace, request.Abort).ConfigureAwait(false))
            return (reason, false);
        _ = Task.Run(() => force.CancelAsync());
        // An abort reaches running code only: a cell that sleeps or waits is woken, again if it goes back to sleep.
        for (var waited = TimeSpan.Zero; waited < AfterAbort; waited += Step)
        {
            wake();
            if (await EndsWithinAsync(running, Step).ConfigureAwait(false))
                return (reason, false);
        }
        return (reason, true);
    }

    private static async Task<bool> EndsWithinAsync(Task running, TimeSpan time, CancellationToken hurry = default) =>
        await Task.WhenAny(running, Task.Delay(time, hurry)).ConfigureAwait(false) == running;

    private CellOutcome? Exceeded()
    {
        if (outside.IsCancellationRequested)
            return CellOutcome.Interrupted;
        if (limits.Time is { } time && Environment.TickCount64 - start > time.TotalMilliseconds)
            return CellOutcome.TimeLimit;
        if (limits.ProcessBytes is null && limits.CellBytes is null)
            return null;
        var memory = Environment.WorkingSet;
        return memory > limits.ProcessBytes || memory - memoryAtStart > limits.CellBytes
            ? CellOutcome.MemoryLimit
            : null;
    }
}
