using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>A loss that makes a preferred session likelier than the others.</summary>
/// <remarks>
/// Below, <c>h = log M(S_w)/M_ref(S_w) - log M(S_l)/M_ref(S_l)</c> is the margin of a pair and <c>s</c> the logistic function.
/// The derivative with respect to <c>log M(S_w)</c> stands in each loss's remarks; with respect to <c>log M(S_l)</c> it is the
/// same with the other sign, unless said otherwise.
/// </remarks>
public interface IPreferenceLoss
{
    /// <summary>Name in tables and records.</summary>
    string Name { get; }

    /// <summary>Whether the reference's log-probabilities are needed.</summary>
    bool NeedsReference { get; }

    /// <summary>Losers beside each winner, 1 for losses of pairs.</summary>
    int LosersPerWinner { get; }

    /// <summary>The loss of each winner and its losers.</summary>
    /// <param name="sessions">Log-probabilities, float32.</param>
    /// <returns><c>[P]</c>, float32, owned by the caller.</returns>
    /// <exception cref="ArgumentException">Shapes or types do not fit, or the reference is missing.</exception>
    Tensor Of(PreferenceLogProbabilities sessions);
}
