using System.Diagnostics;

namespace GenRec.Shared.Display;

/// <summary>One live line and a bar for long work, replaced in place a few times a second.</summary>
/// <remarks>
/// Where the host cannot replace an output, the last line is shown once when the work is over. Without a host nothing is
/// drawn: a terminal gets the lines given to <see cref="Line"/>, one for each stage.
/// </remarks>
/// <example><code>
/// using var progress = Show.Progress("full ranking");
/// for (var block = 0; block &lt; blocks; block++)
///     progress.Report((block + 1.0) / blocks);
/// </code></example>
public sealed class LiveProgress : RichObject, IProgress<double>, IDisposable
{
    /// <summary>Shortest time between two drawings.</summary>
    internal static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly LiveDisplay? live = Show.HasHost ? new LiveDisplay() : null;
    private readonly string title;
    private ProgressLine last;
    private TimeSpan drawn = TimeSpan.MinValue;
    private bool disposed;

    internal LiveProgress(string title)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        this.title = title;
        last = new ProgressLine(title, double.NaN, []);
    }

    /// <summary>The share done; the time left is reckoned from it.</summary>
    /// <param name="value">0..1.</param>
    public void Report(double value) => Report(value, []);

    /// <summary>The share done, and what to say beside the bar.</summary>
    /// <param name="share">0..1; NaN where nobody knows.</param>
    /// <param name="facts">Short words in order: <c>epoch 3 of 20</c>.</param>
    /// <param name="left">Time left; null reckons it from the share.</param>
    public void Report(double share, IReadOnlyList<string> facts, TimeSpan? left = null)
    {
        lock (gate)
        {
            if (disposed)
                return;
            last = new ProgressLine(title, share, facts) { Left = left ?? Reckoned(share) };
            if (live is null || drawn != TimeSpan.MinValue && clock.Elapsed - drawn < Between)
                return;
            drawn = clock.Elapsed;
            live.Update(last);
        }
    }

    /// <summary>A line that a terminal keeps, such as the end of an epoch; hosts that draw do not need it.</summary>
    /// <param name="text">The line, without its end.</param>
    public void Line(string text)
    {
        if (live is null)
            Console.WriteLine($"{title}  {text}");
    }

    /// <summary>Replaces the bar by the time the work took.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            live?.Update(last with { Took = clock.Elapsed });
            live?.Dispose();
        }
    }

    private TimeSpan? Reckoned(double share) =>
        share is > 0.001 and <= 1 ? clock.Elapsed * ((1 - share) / share) : null;
}
