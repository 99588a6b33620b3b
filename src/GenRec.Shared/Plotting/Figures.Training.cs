namespace GenRec.Shared.Plotting;

public static partial class Figures
{
    private const int MostPointsOfLoss = 400;

    /// <summary>A training: its loss, and beside it, each on its own scale, the metric it is watched by.</summary>
    /// <param name="name">What is trained.</param>
    /// <param name="loss">Training loss by epoch; thinned to the means of neighbours where it is long.</param>
    /// <param name="validation">The metric by epoch; null or empty leaves the plot out.</param>
    /// <param name="references">Horizontal lines beside the metric: another model's value, the oracle's.</param>
    /// <exception cref="ArgumentException">The name is blank, or a curve's lengths differ.</exception>
    public static Display.Figure Training(
        string name,
        LearningCurve loss,
        LearningCurve? validation = null,
        IReadOnlyList<ReferenceLine>? references = null
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(loss);
        var hasMetric = validation is { Steps.Count: > 0 };
        var sketch = new Sketch { Height = 320 };
        AddCurve(sketch, Thinned(loss), 0, axes: "", inLegend: true);
        AddOwnAxes(sketch, "", hasMetric ? [0, 0.44] : [0, 1], "training loss");
        if (hasMetric)
        {
            AddCurve(sketch, validation!, 1, axes: "2", inLegend: true);
            foreach (var line in references ?? [])
                sketch.Reference(line, 0, validation!.Steps[^1], axes: "2");
            AddOwnAxes(sketch, "2", [0.56, 1], validation!.Name);
        }
        LearningCurve[] curves = hasMetric ? [Thinned(loss), validation!] : [Thinned(loss)];
        var caption = hasMetric
            ? "Left: mean training loss between reports. Right: the validation cases after each pass; where it still rises, "
                + "more epochs may help, and where it falls the model learns the training data by heart."
            : "Mean training loss between reports.";
        return sketch.Finish(name, caption, CurveTable("epoch", curves));
    }

    private static void AddOwnAxes(Sketch sketch, string number, double[] domain, string title)
    {
        var (x, y) = (Sketch.Axis("epoch"), Sketch.Axis(title));
        (x["domain"], x["anchor"], y["anchor"]) = (domain, "y" + number, "x" + number);
        sketch.Layout("xaxis" + number, x);
        sketch.Layout("yaxis" + number, y);
    }

    private static LearningCurve Thinned(LearningCurve curve)
    {
        curve.Check();
        var stride = (curve.Steps.Count + MostPointsOfLoss - 1) / MostPointsOfLoss;
        return stride <= 1
            ? curve
            : new LearningCurve(
                curve.Name,
                [.. curve.Steps.Chunk(stride).Select(part => part[^1])],
                [.. curve.Values.Chunk(stride).Select(part => part.Average())]
            );
    }
}
