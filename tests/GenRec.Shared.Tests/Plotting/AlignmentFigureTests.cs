using GenRec.Shared.Alignment;
using GenRec.Shared.Plotting;

namespace GenRec.Shared.Tests.Plotting;

public class AlignmentFigureTests
{
    private static readonly AlignmentRound[] rounds =
    [
        new()
        {
            Number = 0,
            Reward = 0.5,
            Truth = 0.25,
            RewardMax = 0.75,
            TruthOfMax = 0.375,
            Entropies = [2.5, 1.25],
        },
        new()
        {
            Number = 1,
            Reward = 0.875,
            Truth = 0.125,
            RewardMax = 1,
            TruthOfMax = 0.5,
            Pairs = 3,
            Winner = -11.5,
            WinnerBefore = -10.5,
            Loser = -14.5,
            LoserBefore = -12.5,
            Entropies = [1.5, 0.625],
        },
    ];

    [Fact]
    public void EveryFigureOfAlignmentHoldsItsNumbers()
    {
        var calibration = Calibration.Of([0.1f, 0.3f, 0.8f, 0.9f], [0, 0, 1, 1], bins: 2);
        Assert.Contains(
            "like 0.175",
            AlignmentFigures.Reliability([("like", calibration)]).ToHtml(),
            StringComparison.Ordinal
        );
        Holds(AlignmentFigures.RewardAgainstTruth("rounds", [("IPA", rounds)]), "IPA", "0.875", "0.125");
        Holds(AlignmentFigures.WinnersAndLosers([("IPA", rounds)]), "-11.5", "-10.5", "-14.5", "-12.5");
        Holds(
            AlignmentFigures.CodeEntropies([("before", rounds[0]), ("after", rounds[1])]),
            "level 2",
            "0.625",
            "before"
        );
        var unlike = Assert.Throws<ArgumentException>(() =>
            AlignmentFigures.CodeEntropies([("before", rounds[0]), ("after", new AlignmentRound { Number = 1 })])
        );
        Assert.Contains("'after' has entropies of 0 codes", unlike.Message, StringComparison.Ordinal);

        static void Holds(GenRec.Shared.Display.Figure figure, params string[] words) =>
            Assert.All(words, word => Assert.Contains(word, figure.ToHtml(), StringComparison.Ordinal));
    }
}
