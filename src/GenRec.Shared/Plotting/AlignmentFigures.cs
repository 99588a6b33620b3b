using GenRec.Shared.Alignment;

namespace GenRec.Shared.Plotting;

/// <summary>Figures of reward models and of preference alignment.</summary>
public static class AlignmentFigures
{
    /// <summary>Reliability: what was observed where a reward model predicted so much.</summary>
    /// <param name="heads">Each head's calibration; at least one.</param>
    public static Display.Figure Reliability(IReadOnlyList<(string Head, Calibration Measured)> heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        return Figures.Scatter(
            new FigureText(
                "Does a prediction mean what it says?",
                "Held-out sessions in bins of equal count; error bars are two standard errors of the mean label. On the dashed line "
                    + "predictions are right on average. Expected calibration error: "
                    + string.Join(", ", heads.Select(one => $"{one.Head} {one.Measured.Error:F3}"))
                    + ".",
                "mean prediction of the bin",
                "mean label of the bin"
            ),
            [
                .. heads.Select(one => new PointSeries(
                    one.Head,
                    [.. one.Measured.Bins.Select(bin => bin.Predicted)],
                    [.. one.Measured.Bins.Select(bin => bin.Observed)],
                    YErrors: [.. one.Measured.Bins.Select(bin => 2 * bin.StandardError)]
                )),
            ],
            diagonal: true
        );
    }

    /// <summary>The reward model's opinion of what is generated, and what it is truly worth, round after round.</summary>
    /// <param name="title">What is plotted.</param>
    /// <param name="runs">Runs by name; at least one, each with a truth.</param>
    public static Display.Figure RewardAgainstTruth(
        string title,
        IReadOnlyList<(string Name, IReadOnlyList<AlignmentRound> Rounds)> runs
    )
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Figures.SmallMultiples(
            new FigureText(
                title,
                "Mean over users. Where the reward rises and the truth does not follow, the policy has learned the reward "
                    + "model's errors.",
                "round",
                "utility of a session"
            ),
            [
                .. runs.Select(run => new Panel(
                    run.Name,
                    [
                        Curve("reward model, session served", run.Rounds, round => round.Reward),
                        Curve("truth, session served", run.Rounds, round => round.Truth),
                        Curve("reward model, its favourite beam", run.Rounds, round => round.RewardMax),
                        Curve("truth, its favourite beam", run.Rounds, round => round.TruthOfMax),
                    ]
                )),
            ],
            columns: 2
        );
    }

    /// <summary>What each round does to the likelihood of its winners and losers.</summary>
    /// <param name="runs">Runs by name; at least one with a round.</param>
    public static Display.Figure WinnersAndLosers(
        IReadOnlyList<(string Name, IReadOnlyList<AlignmentRound> Rounds)> runs
    )
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Figures.SmallMultiples(
            new FigureText(
                "Log-probabilities of winners and losers, under the snapshot and after the round",
                "The loss asks for a wider gap between winner and loser, not for a likelier winner: both lines may fall.",
                "round",
                "log-probability of a session, nats"
            ),
            [
                .. runs.Select(run =>
                {
                    var trained = run.Rounds.Where(round => round.Pairs > 0).ToArray();
                    return new Panel(
                        run.Name,
                        [
                            Curve("winner after", trained, round => round.Winner),
                            Curve("winner before", trained, round => round.WinnerBefore),
                            Curve("loser after", trained, round => round.Loser),
                            Curve("loser before", trained, round => round.LoserBefore),
                        ]
                    );
                }),
            ],
            columns: 2
        );
    }

    /// <summary>How open each code of an item is, before alignment and after it; the paper's Figure 5.</summary>
    /// <param name="runs">States by name; at least one, each with entropies.</param>
    /// <exception cref="ArgumentException">A state has no entropies, or another number of codes.</exception>
    public static Display.Figure CodeEntropies(IReadOnlyList<(string Name, AlignmentRound Round)> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var levels = runs.Count == 0 ? 0 : runs[0].Round.Entropies.Count;
        foreach (var (name, round) in runs)
            if (round.Entropies.Count != levels || levels == 0)
                throw new ArgumentException(
                    $"'{name}' has entropies of {round.Entropies.Count} codes; measure them, and as many everywhere."
                );
        return Figures.Bars(
            new FigureText(
                "Entropy of each code of an item",
                "Read along logged sessions, each code given those before it. 0 would mean that a code follows from the others.",
                "code",
                "entropy, nats"
            ),
            [.. Enumerable.Range(1, levels).Select(level => $"level {level}")],
            [.. runs.Select(run => new BarSeries(run.Name, run.Round.Entropies))]
        );
    }

    private static LearningCurve Curve(
        string name,
        IReadOnlyList<AlignmentRound> rounds,
        Func<AlignmentRound, double> value
    ) => new(name, [.. rounds.Select(round => (double)round.Number)], [.. rounds.Select(value)]);
}
