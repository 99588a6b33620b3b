using GenRec.Shared.SemanticIds.Clustering;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>Which code a residual takes, on any device.</summary>
internal static class ChoiceOfCodes
{
    /// <summary>The codes of a level in training: the nearest, or Sinkhorn's where the options ask for balance.</summary>
    /// <param name="options">Say which.</param>
    /// <param name="level">0-based.</param>
    /// <param name="residual"><c>[B, d]</c>, float32.</param>
    /// <param name="codebook"><c>[K, d]</c>, float32.</param>
    /// <returns><c>[B]</c>, int64, on the same device, owned by the caller.</returns>
    public static Tensor Choose(RqVaeOptions options, int level, Tensor residual, Tensor codebook) =>
        options.EpsilonOf(level) is > 0 and var epsilon
            ? Balanced(residual, codebook, epsilon, options.SinkhornRounds)
            : Nearest(residual, codebook);

    /// <summary>The nearest code of each row.</summary>
    /// <param name="residual"><c>[B, d]</c>, float32.</param>
    /// <param name="codebook"><c>[K, d]</c>, float32.</param>
    /// <returns><c>[B]</c>, int64, on the same device, owned by the caller.</returns>
    public static Tensor Nearest(Tensor residual, Tensor codebook)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        if (residual.device.type == TorchSharp.DeviceType.CPU)
        {
            var nearest = new int[residual.shape[0]];
            NearestCodes.Assign(residual.detach().contiguous(), codebook.detach(), nearest, []);
            return tensor(Array.ConvertAll(nearest, code => (long)code)).MoveToOuterDisposeScope();
        }
        var halves = codebook.square().sum(1) * 0.5f;
        return (residual.mm(codebook.t()) - halves).argmax(1).MoveToOuterDisposeScope();
    }

    /// <summary>Sinkhorn's balanced choice over the rows of one batch.</summary>
    /// <inheritdoc cref="Nearest"/>
    public static Tensor Balanced(Tensor residual, Tensor codebook, double epsilon, int rounds)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var costs = SquaredDistances(residual.detach(), codebook.detach()).cpu().contiguous(); // [B, K]
        var chosen = Sinkhorn.Assign(NearestCodes.Floats(costs), (int)codebook.shape[0], epsilon, rounds);
        return tensor(Array.ConvertAll(chosen, code => (long)code), device: residual.device).MoveToOuterDisposeScope();
    }

    /// <summary><c>|r - e_k|^2</c>, <c>[B, K]</c>, with gradients, owned by the caller.</summary>
    public static Tensor SquaredDistances(Tensor residual, Tensor codebook)
    {
        using var scope = NewDisposeScope();
        var own = residual.square().sum(1, keepdim: true); // [B, 1]
        var theirs = codebook.square().sum(1); // [K]
        return (own + theirs - residual.mm(codebook.t()).mul(2f)).MoveToOuterDisposeScope();
    }
}
