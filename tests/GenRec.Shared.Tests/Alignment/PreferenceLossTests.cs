using GenRec.Shared.Alignment;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Alignment;

public sealed class PreferenceLossTests
{
    private const double Beta = 0.4;
    private const double Noise = 0.2;
    private static readonly float[] winners = [-3, -7.5f, -2, -40];
    private static readonly float[] losers = [-5, -4, -2.5f, -10];
    private static readonly float[] referenceWinners = [-4, -6, -2, -12];
    private static readonly float[] referenceLosers = [-4, -6.5f, -1, -11];

    /// <summary>Each loss, its value and its derivatives by the two log-probabilities, written out from the papers.</summary>
    public static TheoryData<PreferenceLoss> Losses =>
        [
            new Dpo { Beta = Beta },
            new Ipo { Beta = Beta },
            new ConservativeDpo { Beta = Beta, Noise = Noise },
            new RobustDpo { Beta = Beta, Noise = Noise },
            new Cpo { Beta = Beta, Likelihood = 0.7 },
            new SimPo { Beta = Beta, Gamma = 0.3 },
            new SoftmaxDpo { Beta = Beta, Losers = 1 },
        ];

    [Theory]
    [MemberData(nameof(Losses))]
    public void ValuesAndGradientsAreThoseOfTheClosedForm(PreferenceLoss loss)
    {
        using var scope = NewDisposeScope();
        var (winner, loser) = (tensor(winners, requires_grad: true), tensor(losers, requires_grad: true));
        var values = loss.Of(
            new(winner, loser.unsqueeze(-1), tensor(referenceWinners), tensor(referenceLosers).unsqueeze(-1), 6)
        );
        values.sum().backward();
        for (var pair = 0; pair < winners.Length; pair++)
        {
            var (value, byWinner, byLoser) = ClosedForm(loss, pair);
            Near(value, values[pair].item<float>());
            Near(byWinner, winner.grad![pair].item<float>());
            Near(byLoser, loser.grad![pair].item<float>());
        }
    }

    [Fact]
    public void ValuesWorkedOutByHand() // h = 2 for the first pair: (-3 + 4) - (-5 + 4)
    {
        using var scope = NewDisposeScope();
        Near(0.371101, Value(new Dpo { Beta = Beta })); // ln(1 + e^-0.8)
        Near(0.5625, Value(new Ipo { Beta = Beta })); // (2 - 1.25)^2
        Near(0.531101, Value(new ConservativeDpo { Beta = Beta, Noise = Noise })); // 0.371101 + 0.2 * 0.8
        Near(0.104434, Value(new RobustDpo { Beta = Beta, Noise = Noise })); // 0.371101 - 0.2 * 0.8 / 0.6
        Near(2.471101, Value(new Cpo { Beta = Beta, Likelihood = 0.7 })); // ln(1 + e^-0.8) + 0.7 * 3
        Near(0.779949, Value(new SimPo { Beta = Beta, Gamma = 0.3 })); // ln(1 + e^(0.3 - 0.8 / 6))

        static float Value(PreferenceLoss loss) =>
            loss.Of(
                    new(
                        tensor(winners),
                        tensor(losers).unsqueeze(-1),
                        tensor(referenceWinners),
                        tensor(referenceLosers).unsqueeze(-1),
                        6
                    )
                )[0]
                .item<float>();
    }

    [Fact]
    public void SeveralLosersAreWeighedBySoftmax()
    {
        using var scope = NewDisposeScope();
        double[] h = [1.5, -0.5, 4]; // margins of three losers
        var winner = tensor(new[] { -3f }, requires_grad: true);
        var several = tensor(h.Select(m => (float)(-3 - m)).ToArray()).view(1, 3).requires_grad_(true);
        var value = new SoftmaxDpo { Beta = Beta, Losers = 3 }.Of(new(winner, several, zeros(1), zeros(1, 3), 6));
        value.backward();
        double[] weights = [.. h.Select(m => Math.Exp(-Beta * m))];
        Near(Math.Log(1 + weights.Sum()), value.item<float>());
        Near(-Beta * weights.Sum() / (1 + weights.Sum()), winner.grad!.item<float>());
        for (var l = 0; l < 3; l++)
            Near(Beta * weights[l] / (1 + weights.Sum()), several.grad![0, l].item<float>());
    }

    [Fact]
    public void TheMeanOfRobustDpoOverSwappedLabelsIsDpo() // what makes it unbiased
    {
        using var scope = NewDisposeScope();
        var (one, other) = (tensor(winners), tensor(losers));
        var (ra, rb) = (tensor(referenceWinners), tensor(referenceLosers));
        var robust = new RobustDpo { Beta = Beta, Noise = Noise };
        var straight = robust.Of(new(one, other.unsqueeze(-1), ra, rb.unsqueeze(-1), 6));
        var swapped = robust.Of(new(other, one.unsqueeze(-1), rb, ra.unsqueeze(-1), 6));
        var clean = new Dpo { Beta = Beta }.Of(new(one, other.unsqueeze(-1), ra, rb.unsqueeze(-1), 6));
        Assert.True(allclose(straight * (1 - Noise) + swapped * Noise, clean, rtol: 1e-4, atol: 1e-5));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void HugeMarginsStayFinite(PreferenceLoss loss)
    {
        using var scope = NewDisposeScope();
        var winner = tensor(new[] { -1e4f, -1f }, requires_grad: true);
        var value = loss.Of(new(winner, tensor(new[] { -1f, -1e4f }).unsqueeze(-1), zeros(2), zeros(2, 1), 6));
        value.sum().backward();
        Assert.True(value.isfinite().all().item<bool>() && winner.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        using var scope = NewDisposeScope();
        var (two, pair) = (zeros(2), zeros(2, 1));
        Says("needs the reference", new Dpo(), new(two, pair, null, null, 6));
        Says("take one loser, or S-DPO", new Dpo(), new(two, zeros(2, 3), two, zeros(2, 3), 6));
        Says("[2] and losers [3, 1]", new SimPo(), new(two, zeros(3, 1), null, null, 6));
        Says("the reference's log-probabilities are [3]", new Ipo(), new(two, pair, zeros(3), zeros(3, 1), 6));
        Says("lose digits", new Dpo(), new(two.bfloat16(), pair, two, pair, 6));
        Says("must be frozen", new Dpo(), new(two, pair, zeros(2, requires_grad: true), pair, 6));
        Says("Beta is 0", new Dpo { Beta = 0 }, new(two, pair, two, pair, 6));

        static void Says(string words, PreferenceLoss loss, PreferenceLogProbabilities sessions) =>
            Assert.Contains(
                words,
                Assert.ThrowsAny<ArgumentException>(() => loss.Of(sessions)).Message,
                StringComparison.Ordinal
            );
    }

    private static (double Value, double ByWinner, double ByLoser) ClosedForm(PreferenceLoss loss, int pair)
    {
        double w = winners[pair];
        double l = losers[pair];
        var h = w - referenceWinners[pair] - (l - referenceLosers[pair]);
        return loss switch
        {
            Dpo or SoftmaxDpo => Pair(-Math.Log(S(Beta * h)), -Beta * S(-Beta * h)),
            Ipo => Pair(Math.Pow(h - 1 / (2 * Beta), 2), 2 * (h - 1 / (2 * Beta))),
            ConservativeDpo => Pair(
                -(1 - Noise) * Math.Log(S(Beta * h)) - Noise * Math.Log(S(-Beta * h)),
                Beta * (S(Beta * h) - (1 - Noise))
            ),
            RobustDpo => Pair(
                (-(1 - Noise) * Math.Log(S(Beta * h)) + Noise * Math.Log(S(-Beta * h))) / (1 - 2 * Noise),
                -Beta * ((1 - Noise) * S(-Beta * h) + Noise * S(Beta * h)) / (1 - 2 * Noise)
            ),
            Cpo => (
                -Math.Log(S(Beta * (w - l))) - 0.7 * w,
                -Beta * S(-Beta * (w - l)) - 0.7,
                Beta * S(-Beta * (w - l))
            ),
            SimPo => Pair(-Math.Log(S(Beta * (w - l) / 6 - 0.3)), -Beta / 6 * S(0.3 - Beta * (w - l) / 6)),
            _ => throw new InvalidOperationException($"No closed form for {loss.Name}."),
        };

        static (double, double, double) Pair(double value, double byWinner) => (value, byWinner, -byWinner);
    }

    private static double S(double x) => 1 / (1 + Math.Exp(-x));

    private static void Near(double expected, float found) =>
        Assert.Equal(expected, found, 2e-5 * Math.Max(1, Math.Abs(expected)));
}
