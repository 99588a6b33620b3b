using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>Losses of next-item prediction, each a mean over T positions.</summary>
/// <remarks>
/// <c>h_t</c> is the hidden state at a position, <c>E</c> the item table, <c>o_t</c> the item that came next, and
/// <c>r = h_t · E_i</c> the score of item i.
/// </remarks>
public static class NextItemLoss
{
    /// <summary>Binary cross-entropy with k negatives a position; Kang and McAuley, arXiv:1808.09781, section III-E (k = 1).</summary>
    /// <param name="positive">Scores of the next items, <c>[T]</c>.</param>
    /// <param name="negative">Scores of the negatives, <c>[T, k]</c>.</param>
    /// <returns>Scalar.</returns>
    public static Tensor Binary(Tensor positive, Tensor negative)
    {
        using var scope = NewDisposeScope();
        var total = F.softplus(-positive).sum() + F.softplus(negative).sum(); // -log sigma(r) and -log(1 - sigma(r))
        return (total / positive.shape[0]).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Generalised binary cross-entropy, Eq. (7) and section 5.2 of Petrov and Macdonald, "gSASRec", arXiv:2308.07192.
    /// </summary>
    /// <remarks>
    /// beta raises the positive's probability to a power, which undoes the overconfidence that few negatives cause.
    /// <c>log sigma(r)^beta</c> is turned back into a logit, in float64 as the authors' code does: in float32
    /// <c>sigma(r)^-beta - 1</c> loses every digit for confident positives.
    /// </remarks>
    /// <param name="positive">Scores of the next items, <c>[T]</c>.</param>
    /// <param name="negative">Scores of the negatives, <c>[T, k]</c>, drawn uniformly.</param>
    /// <param name="itemCount">N, the catalogue.</param>
    /// <param name="calibration">t in <c>0..1</c>: 0 is plain binary cross-entropy, 1 calibrates fully.</param>
    /// <returns>Scalar.</returns>
    public static Tensor GeneralisedBinary(Tensor positive, Tensor negative, long itemCount, double calibration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(calibration, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(calibration, 1);
        var k = negative.shape[1];
        var alpha = k / (double)(itemCount - 1); // sampling rate
        var beta = alpha * (calibration * (1 - 1 / alpha) + 1 / alpha);
        using var scope = NewDisposeScope();
        var power = (F.softplus(-positive.to_type(ScalarType.Float64)) * beta).clamp(1e-10, 700); // -beta log sigma(r)
        var logit = -power.expm1().log(); // log(1 / (sigma(r)^-beta - 1))
        var total = F.softplus(-logit).sum() + F.softplus(negative.to_type(ScalarType.Float64)).sum();
        return (total / (positive.shape[0] * (k + 1))).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Cross-entropy over the next item and k uniform negatives; Klenitskiy and Vasilev, RecSys 2023, arXiv:2309.07602,
    /// section 3.
    /// </summary>
    /// <param name="positive">Scores of the next items, <c>[T]</c>.</param>
    /// <param name="negative">Scores of the negatives, <c>[T, k]</c>.</param>
    /// <param name="isTarget">True where a negative is the position's own next item, <c>[T, k]</c>; such a draw does not count.</param>
    /// <returns>Scalar.</returns>
    public static Tensor SampledSoftmax(Tensor positive, Tensor negative, Tensor isTarget)
    {
        using var scope = NewDisposeScope();
        var scores = cat([positive.unsqueeze(1), negative.masked_fill(isTarget, double.NegativeInfinity)], 1); // [T, 1 + k]
        return (scores.logsumexp(-1) - positive).mean().MoveToOuterDisposeScope();
    }
}
