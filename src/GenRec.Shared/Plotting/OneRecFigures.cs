using GenRec.Shared.Models;
using GenRec.Shared.Nn;

namespace GenRec.Shared.Plotting;

/// <summary>Figures of session generators.</summary>
public static class OneRecFigures
{
    /// <summary>Share of the tokens that went to each expert, a series for each layer, and the share where all are alike.</summary>
    /// <param name="load">What was counted; at least one layer.</param>
    /// <exception cref="ArgumentException">There are no experts.</exception>
    public static Display.Figure ExpertLoad(ExpertLoad load)
    {
        ArgumentNullException.ThrowIfNull(load);
        if (load.Tokens.Count == 0)
            throw new ArgumentException("The model has one network for all tokens and no experts.", nameof(load));
        var experts = load.Tokens[0].Length;
        return Figures.Bars(
            new FigureText(
                "How many tokens each expert gets",
                "The line is where all experts would be used alike. OneRec states no loss that would pull the bars to it; a layer with "
                    + "a few high bars and many low ones pays for weights that do not work.",
                "expert",
                "share of the layer's tokens"
            ),
            [.. Enumerable.Range(1, experts).Select(expert => $"{expert}")],
            [
                .. Enumerable
                    .Range(0, load.Tokens.Count)
                    .Select(layer => new BarSeries($"decoder layer {layer + 1}", load.Shares(layer))),
            ],
            [new ReferenceLine("all alike", 1.0 / experts)]
        );
    }

    /// <summary>Probability that the model gives to codes that lead to no item, over the training, a curve for each level.</summary>
    /// <param name="points">From <see cref="OneRecTask.IllegalMass"/>; at least one.</param>
    /// <exception cref="ArgumentException">There is no point.</exception>
    public static Display.Figure IllegalMass(IReadOnlyList<IllegalMassPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count == 0)
            throw new ArgumentException("Nothing was measured in training; see MeasureIllegalEvery.", nameof(points));
        double[] batches = [.. points.Select(point => (double)point.Batch)];
        return Figures.LearningCurves(
            new FigureText(
                "Probability of illegal codes in training",
                "Codes of other levels, codes that no video has behind the prefix, and the BOS. The trie keeps them out of what is "
                    + "served, but what they hold is missing from the legal ones.",
                "batch",
                "illegal probability"
            ),
            [
                .. Enumerable
                    .Range(0, points[0].IllegalMass.Length)
                    .Select(level => new LearningCurve(
                        $"level {level + 1}",
                        batches,
                        [.. points.Select(point => point.IllegalMass[level])]
                    )),
            ]
        );
    }
}
