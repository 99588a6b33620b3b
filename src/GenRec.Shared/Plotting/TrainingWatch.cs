using GenRec.Shared.Display;
using GenRec.Shared.Training;

namespace GenRec.Shared.Plotting;

/// <summary>Draws a training as it goes on: the progress to hand to the trainer. One figure, updated in place.</summary>
/// <example><code>
/// using var watch = new TrainingWatch("SASRec, CE", "NDCG@10");
/// var trained = await Trainer.FitAsync(task, options, watch);
/// </code></example>
public sealed class TrainingWatch : RichObject, IProgress<TrainingEvent>, IDisposable
{
    private readonly Lock gate = new();
    private readonly List<(double Epoch, double Value)> losses = [];
    private readonly List<(double Epoch, double Value)> validations = [];
    private readonly List<double> speeds = [];
    private readonly IReadOnlyList<ReferenceLine> references;
    private readonly LiveDisplay? live;
    private readonly string name;
    private readonly string metric;

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
        live = shown ? Show.Live() : null;
    }

    /// <summary>The validation metric by epoch.</summary>
    public LearningCurve Validation => Curve(validations);

    /// <summary>The training loss by epoch: each value is the mean since the last report.</summary>
    public LearningCurve Loss => Curve(losses);

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
        lock (gate)
        {
            if (value is LossReported report)
            {
                losses.Add((report.At.Epoch, report.Loss));
                speeds.Add(report.SamplesPerSecond);
            }
            if (value is not Validated validated || !validated.Metrics.TryGetValue(metric, out var result))
                return;
            validations.Add((validated.At.Epoch, result));
            live?.Update(Draw());
        }
    }

    /// <summary>Shows the curve where the host could not update it.</summary>
    public void Dispose() => live?.Dispose();

    private Display.Figure Draw() =>
        Figures.LearningCurves(
            new FigureText(
                $"{name}: {metric} on the validation cases",
                "Each point is a full ranking of the validation cases. A curve that still rises asks for more epochs; one that "
                    + "falls has begun to learn the training data by heart.",
                "epoch",
                metric
            ),
            [Curve(validations)],
            references
        );

    private LearningCurve Curve(List<(double Epoch, double Value)> points)
    {
        lock (gate)
            return new(name, [.. points.Select(point => point.Epoch)], [.. points.Select(point => point.Value)]);
    }
}
