using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>
/// Rotary positions: pairs of coordinates of queries and keys are turned by an angle that grows with the position, so that
/// their product depends on the distance alone. Su et al., "RoFormer", arXiv:2104.09864, Eq. (34).
/// </summary>
/// <remarks>
/// Coordinate <c>i</c> is paired with <c>i + dk / 2</c>, as most implementations do, where the paper pairs neighbours; for
/// learned weights the two are one another's permutation.
/// </remarks>
internal sealed class Rotary
{
    private readonly Tensor cosine; // [R, 1, W, dk]
    private readonly Tensor sine;

    private Rotary(Tensor cosine, Tensor sine) => (this.cosine, this.sine) = (cosine, sine);

    /// <summary>Angles of some positions; the tensors belong to the current dispose scope.</summary>
    /// <param name="position"><c>[R, W]</c>, int64.</param>
    /// <param name="headWidth">dk, even.</param>
    /// <param name="rotaryBase">The slowest pair turns once in about this many positions times 2 pi; 10,000 in the paper.</param>
    public static Rotary At(Tensor position, int headWidth, double rotaryBase)
    {
        var half = headWidth / 2;
        var rate = (
            arange(half, dtype: ScalarType.Float32, device: position.device) * (-Math.Log(rotaryBase) / half)
        ).exp();
        var angle = position.to(ScalarType.Float32).unsqueeze(-1) * rate; // [R, W, dk / 2]
        var both = cat([angle, angle], -1).unsqueeze(1); // [R, 1, W, dk]
        return new Rotary(both.cos(), both.sin());
    }

    /// <summary>Turns queries or keys, <c>[R, H, W, dk]</c>.</summary>
    public Tensor Turn(Tensor x)
    {
        var half = x.shape[^1] / 2;
        var turned = cat([-x.narrow(-1, half, half), x.narrow(-1, 0, half)], -1);
        return x * cosine + turned * sine;
    }
}
