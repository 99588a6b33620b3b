using System.Diagnostics;
using System.Globalization;
using GenRec.Shared.Display;
using GenRec.Shared.Training;

namespace GenRec.Shared.Plotting;

/// <summary>Shows a training as it goes on: the progress to hand to the trainer. A line with a bar, and below it loss and
/// metric by epoch, both replaced in place.</summary>
/// <remarks>
/// A host that cannot replace an output gets both once, when the training is over; a terminal and a log get one plain
/// line an epoch.
/// </remarks>
/// <example><code>
/// using var watch = new TrainingWatch("SASRec, CE", "NDCG@10");
/// var trained = await Trainer.FitAsync(task, options, watch);
/// </code></example>
public sealed class TrainingWatch : RichObject, IProgress<TrainingEvent>, IDisposable
{
    private static readonly TimeSpan BetweenFigures = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly List<(double Epoch, double Value)> losses = [];
    private readonly List<(double Epoch, IReadOnlyDictionary<string, double> Metrics)> validations = [];
    private readonly List<(long Step, double Seconds, double Value)> reached = []; // the watched metric
    private readonly List<double> speeds = [];
    private readonly IReadOnlyList<ReferenceLine> references;
    private readonly EpochLines lines = new();
    private readonly LiveProgress? progress;
    private readonly LiveDisplay? figure;
    private readonly string name;
    private readonly string metric;
    private Stopwatch? sinceFigure;
    private LossReported? last;
    private bool disposed;

    /// <summary>Watches one run.</summary>
    /// <param name="name">What is trained, for title and legend.</param>
    /// <param name="metric">The validation metric to draw.</param>
    /// <param name="references">Horizontal lines, for example another model's value.</param>
    /// <param name="shown">False collects the curves and shows nothing.</param>
    public TrainingWatch(string name, string metric, IReadOnlyList<ReferenceLine>? references = null, bool shown = true)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(metric);
        (this.name, this.metric, this.references) = (name, metric, references ?? []);
        progress = shown ? Show.Progress(name) : null;
        figure = shown && Show.HasHost ? Show.Live() : null;
    }

    /// <summary>The validation metric by epoch.</summary>
    public LearningCurve Validation => Of(metric, name);

    /// <summary>The validation metric by seconds of updates, validations not counted: the axis on which models compare.</summary>
    public LearningCurve ValidationBySeconds => ValidationBy(at => at.Seconds);

    /// <summary>The validation metric by updates.</summary>
    public LearningCurve ValidationBySteps => ValidationBy(at => at.Step);

    /// <summary>The training loss by epoch: each value is the mean since the last report.</summary>
    public LearningCurve Loss => Curve(losses, name);

    /// <summary>Any validation metric by epoch; without points where no validation named it.</summary>
    /// <param name="metricName">The metric.</param>
    /// <param name="curve">Name in the legend; the metric's where null.</param>
    public LearningCurve Of(string metricName, string? curve = null)
    {
        lock (gate)
            return Curve(
                [
                    .. validations
                        .Where(one => one.Metrics.ContainsKey(metricName))
                        .Select(one => (one.Epoch, one.Metrics[metricName])),
                ],
                curve ?? metricName
            );
    }

    /// <summary>Median training speed, in samples (positions) a second; NaN before the first report.</summary>
    public double SamplesPerSecond
    {
        get
        {
            lock (gate)
                return speeds.Count == 0 ? double.NaN : speeds.Order().ElementAt(speeds.Count / 2);
        }
    }

    /// <inheritdoc/>
    public void Report(TrainingEvent value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (gate)
        {
            if (disposed)
                return;
            Keep(value);
            if (progress is null)
                return;
            var isOver = value is TrainingFinished;
            var share = isOver ? 1 : value.At.Step / (double)Math.Max(1, value.At.TotalSteps);
            progress.Report(share, [.. Facts(value.At)], last?.Remaining);
            if (lines.Next(value, metric) is { } line)
                progress.Line(line);
            if (figure is not null && losses.Count > 0 && (sinceFigure is null || sinceFigure.Elapsed > BetweenFigures))
            {
                figure.Update(Draw());
                sinceFigure = Stopwatch.StartNew();
            }
        }
    }

    /// <summary>Shows the last state; everything, where the host could not update it.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            if (lines.Rest() is { } line)
                progress?.Line(line);
            progress?.Dispose();
            if (losses.Count > 0)
                figure?.Update(Draw());
            figure?.Dispose();
        }
    }

    private void Keep(TrainingEvent value)
    {
        if (value is LossReported report)
        {
            last = report;
            losses.Add((report.At.Epoch, report.Loss));
            speeds.Add(report.SamplesPerSecond);
        }
        if (value is not Validated validated)
            return;
        validations.Add((validated.At.Epoch, validated.Metrics));
        if (validated.Metrics.TryGetValue(metric, out var result))
            reached.Add((validated.At.Step, validated.UpdateSeconds, result));
    }

    private IEnumerable<string> Facts(TrainingPosition at)
    {
        if (at.Step > 0)
            yield return EpochLines.Place(at);
        yield return string.Create(CultureInfo.InvariantCulture, $"step {at.Step:N0} of {at.TotalSteps:N0}");
        if (last is not null)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"loss {last.Loss:F4}");
            yield return string.Create(CultureInfo.InvariantCulture, $"{last.SamplesPerSecond:N0} samples/s");
        }
        if (Of(metric).Values is [.., var newest])
            yield return string.Create(CultureInfo.InvariantCulture, $"{metric} {newest:F4}");
    }

    private Display.Figure Draw() => Figures.Training(name, Curve(losses, "loss"), Of(metric), references);

    private LearningCurve ValidationBy(Func<(long Step, double Seconds, double Value), double> axis)
    {
        lock (gate)
            return new(name, [.. reached.Select(axis)], [.. reached.Select(point => point.Value)]);
    }

    private LearningCurve Curve(List<(double Epoch, double Value)> points, string curve)
    {
        lock (gate)
            return new(curve, [.. points.Select(point => point.Epoch)], [.. points.Select(point => point.Value)]);
    }
}
