using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>The best of many scores with ties decided: of equal scores the one further left is better.</summary>
/// <remarks>
/// <c>topk</c> gives equal scores in no promised order, so lists would differ from device to device. Here a float32 score is
/// widened to float64 and lowered by its place times 2^-49 of its size. That is less than the step to the next float32 for
/// up to 2^24 places, so different scores keep their order and equal ones get the order of their places.
/// </remarks>
internal static class TotalOrder
{
    private const int MostPlaces = 1 << 24;
    private static readonly Scalar tiny = Math.ScaleB(1, -200); // lets zeros differ too; nothing beside any other float32
    private static readonly Scalar step = Math.ScaleB(1, -49);

    /// <summary>The k best of each row, best first.</summary>
    /// <param name="scores"><c>[.., n]</c>, float32, not NaN.</param>
    /// <param name="k"><c>1..n</c>.</param>
    /// <returns>Scores and places, <c>[.., k]</c>, float32 and int64, owned by the caller.</returns>
    public static (Tensor Scores, Tensor Places) Best(Tensor scores, int k)
    {
        var n = scores.shape[^1];
        if (n > MostPlaces)
            throw new ArgumentException($"{n} scores in a row are more than can be told apart ({MostPlaces}).");
        using var scope = NewDisposeScope();
        var wide = scores.to_type(ScalarType.Float64);
        var place = arange(1, n + 1, dtype: ScalarType.Float64, device: scores.device).mul_(step); // from 1: -inf * 0 is no number
        var lowered = wide.abs().add_(tiny).mul_(place).neg_().add_(wide);
        var (_, places) = lowered.topk(k);
        return (scores.gather(-1, places).MoveToOuterDisposeScope(), places.MoveToOuterDisposeScope());
    }
}
