using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>What preference losses compare: log-probabilities of whole sessions, summed over their tokens in float32.</summary>
/// <param name="Winner"><c>log M(S_w | H)</c>, <c>[P]</c>, float32, with gradients.</param>
/// <param name="Losers"><c>log M(S_l | H)</c>, <c>[P, K]</c>, float32, with gradients.</param>
/// <param name="ReferenceWinner">The same under the frozen reference, <c>[P]</c>; null where the loss has no reference.</param>
/// <param name="ReferenceLosers">The same under the frozen reference, <c>[P, K]</c>.</param>
/// <param name="Tokens">Tokens of a session, by which SimPO divides. At least 1.</param>
public sealed record PreferenceLogProbabilities(
    Tensor Winner,
    Tensor Losers,
    Tensor? ReferenceWinner,
    Tensor? ReferenceLosers,
    int Tokens
) : RichRecord
{
    /// <summary>Refuses what no loss can work with.</summary>
    /// <param name="loss">Who asks, for the message.</param>
    /// <param name="needsReference">Whether the reference must be there.</param>
    /// <param name="oneLoser">Whether there must be one loser a pair.</param>
    /// <exception cref="ArgumentException">A shape, a type or the reference does not fit; the message says which.</exception>
    internal void Check(string loss, bool needsReference, bool oneLoser)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Tokens, 1);
        if (Winner.dim() != 1 || Losers.dim() != 2 || Losers.shape[0] != Winner.shape[0] || Losers.shape[1] < 1)
            throw new ArgumentException(
                $"{loss}: winners are {Shape(Winner)} and losers {Shape(Losers)}, need [P] and [P, K] with K of at least 1."
            );
        if (oneLoser && Losers.shape[1] != 1)
            throw new ArgumentException(
                $"{loss} compares pairs, and there are {Losers.shape[1]} losers a winner; take one loser, or S-DPO."
            );
        foreach (var (name, given) in new[] { ("winners", Winner), ("losers", Losers) })
            if (given.dtype != ScalarType.Float32)
                throw new ArgumentException(
                    $"{loss}: log-probabilities of {name} are {given.dtype}; sums over the tokens of a session lose digits in anything below float32."
                );
        if (!needsReference)
            return;
        if (ReferenceWinner is null || ReferenceLosers is null)
            throw new ArgumentException($"{loss} needs the reference's log-probabilities, and none were given.");
        if (!ReferenceWinner.shape.SequenceEqual(Winner.shape) || !ReferenceLosers.shape.SequenceEqual(Losers.shape))
            throw new ArgumentException(
                $"{loss}: the reference's log-probabilities are {Shape(ReferenceWinner)} and {Shape(ReferenceLosers)}, "
                    + $"the model's {Shape(Winner)} and {Shape(Losers)}."
            );
        if (ReferenceWinner.requires_grad || ReferenceLosers.requires_grad)
            throw new ArgumentException($"{loss}: the reference has gradients; it must be frozen.");
    }

    /// <summary><c>log M/M_ref (S_w) - log M/M_ref (S_l)</c> of each loser, <c>[P, K]</c>; without a reference its part is 0.</summary>
    internal Tensor Margins()
    {
        var (winner, losers) = (Winner, Losers);
        if (ReferenceWinner is not null && ReferenceLosers is not null)
            (winner, losers) = (winner - ReferenceWinner, losers - ReferenceLosers);
        return winner.unsqueeze(-1) - losers;
    }

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
