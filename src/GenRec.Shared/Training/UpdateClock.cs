using System.Diagnostics;

namespace GenRec.Shared.Training;

/// <summary>What the seconds of a training are counted by.</summary>
public enum TimeMeasure
{
    /// <summary>The clock on the wall.</summary>
    Wall,

    /// <summary>
    /// Time that the processor worked for this process, all threads added up: the fair measure on a machine that others use as
    /// well. It is that of the training alone only where nothing else runs in the process.
    /// </summary>
    Processor,
}

/// <summary>Adds up the time between <see cref="Start"/> and <see cref="Stop"/>.</summary>
internal sealed class UpdateClock(TimeMeasure measure)
{
    private TimeSpan sum;
    private TimeSpan startedAt;
    private bool isRunning;

    public TimeSpan Elapsed => isRunning ? sum + Now() - startedAt : sum;

    public void Start() => (startedAt, isRunning) = (Now(), true);

    public void Stop() => (sum, isRunning) = (Elapsed, false);

    private TimeSpan Now() =>
        measure == TimeMeasure.Wall ? Stopwatch.GetElapsedTime(0) : Environment.CpuUsage.TotalTime;
}
