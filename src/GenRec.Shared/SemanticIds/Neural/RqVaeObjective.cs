using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>What a batch came to in training.</summary>
/// <param name="Loss">What is minimised, a scalar.</param>
/// <param name="Reconstruction">Its part that compares input and output.</param>
/// <param name="Codes">The codes chosen, <c>[B]</c> for each level.</param>
/// <param name="Residuals">What each level was given, <c>[B, d]</c> for each level, without gradient.</param>
internal sealed record RqVaeBatch(Tensor Loss, Tensor Reconstruction, Tensor[] Codes, Tensor[] Residuals)
{
    /// <summary>Latent vectors, <c>[B, d]</c>, with their gradient where autograd makes one.</summary>
    public Tensor? Latent { get; init; }

    /// <summary>Sums of the chosen codes, <c>[B, d]</c>, likewise.</summary>
    public Tensor? Sum { get; init; }
}

/// <summary>The loss of RQ-VAE.</summary>
/// <remarks>
/// <c>L = |x - xhat|^2 + sum_l |sg(r_l) - e_l|^2 + beta |r_l - sg(e_l)|^2</c> (TIGER, arXiv:2305.05065, section 3.1), with
/// the variants of <see cref="RqVaeOptions"/>.
/// </remarks>
internal static class RqVaeObjective
{
    /// <summary>The loss of one batch.</summary>
    /// <param name="model">The model, in training mode.</param>
    /// <param name="input">The batch as the layers take it, <c>[B, D]</c>, float32 or bfloat16.</param>
    /// <param name="target">The same in float32.</param>
    /// <param name="precision">Format of the layers' products.</param>
    /// <returns>Tensors of the caller's scope.</returns>
    public static RqVaeBatch Compute(RqVae model, Tensor input, Tensor target, Runtime.Precision precision)
    {
        var options = model.Options;
        var rows = target.shape[0];
        var z = model.Encode(input, precision); // [B, d]
        var (residual, sum) = (z, (Tensor?)null);
        var (codes, residuals) = (new Tensor[options.Levels], new Tensor[options.Levels]);
        var quantiser = (Tensor?)null;
        for (var level = 0; level < options.Levels; level++)
        {
            var codebook = model.Codebook(level);
            residuals[level] = residual.detach();
            codes[level] = ChoiceOfCodes.Choose(options, level, residual, codebook);
            var (chosen, term) = Level(options, residual, codebook, codes[level]);
            quantiser = quantiser is null ? term : quantiser + term;
            sum = sum is null ? chosen : sum + chosen;
            residual = options switch
            {
                { Path: GradientPath.Gumbel } => residual - chosen,
                { Residual: ResidualGradient.FirstLevelOnly } => (residual - chosen).detach(),
                _ => residual - chosen.detach(),
            };
        }
        var output = model.Decode(Pass(options.Path, z, sum!), precision); // [B, D]
        var squares = F.mse_loss(output, target, reduction: nn.Reduction.Sum);
        using Scalar all = 1.0 / (rows * (options.Scale == LossScale.Mean ? model.Width : 1)),
            parts = 1.0 / (rows * (options.Scale == LossScale.Mean ? (double)options.Latent * options.Levels : 1));
        var reconstruction = squares * all;
        return new RqVaeBatch(reconstruction + quantiser! * parts, reconstruction, codes, residuals)
        {
            Latent = z,
            Sum = sum,
        };
    }

    /// <summary>The vectors of a level, and its two loss terms summed over the batch.</summary>
    private static (Tensor Chosen, Tensor Term) Level(
        RqVaeOptions options,
        Tensor residual,
        Tensor codebook,
        Tensor codes
    )
    {
        var chosen =
            options.Path == GradientPath.Gumbel
                ? Soft(residual, codebook.clone(), options.Temperature) // unused codes move in place before the gradient is made
                : codebook.index_select(0, codes); // [B, d]
        using Scalar beta = options.Commitment;
        var commitment = F.mse_loss(residual, chosen.detach(), reduction: nn.Reduction.Sum) * beta;
        return options.Update == CodebookUpdate.MovingAverage
            ? (chosen, commitment)
            : (chosen, F.mse_loss(chosen, residual.detach(), reduction: nn.Reduction.Sum) + commitment);
    }

    /// <summary>Softmax over negative distances with Gumbel noise (Jang et al., ICLR 2017), times the codebook.</summary>
    private static Tensor Soft(Tensor residual, Tensor codebook, double temperature)
    {
        using Scalar cold = 1 / temperature;
        var distances = ChoiceOfCodes.SquaredDistances(residual, codebook); // [B, K]
        var uniform = rand_like(distances).clamp(1e-20f, 1f);
        var noise = uniform.log().neg().clamp(1e-20f).log().neg();
        return ((noise - distances) * cold).softmax(1).mm(codebook);
    }

    /// <summary>The value of <paramref name="sum"/> with the gradient path of <paramref name="path"/> back to <paramref name="z"/>.</summary>
    internal static Tensor Pass(GradientPath path, Tensor z, Tensor sum) =>
        path switch
        {
            GradientPath.Gumbel => sum,
            GradientPath.Rotation => Rotated(z, sum.detach()),
            _ => z + (sum - z).detach(),
        };

    /// <summary>
    /// <c>|q| / |z| (z - 2 w (w z) + 2 t (u z))</c> with <c>u = z / |z|, t = q / |q|, w = (u + t) / |u + t|</c>, all but z held fixed:
    /// its value is q, its derivative a rotation times a scale (arXiv:2410.06424).
    /// </summary>
    internal static Tensor Rotated(Tensor z, Tensor q)
    {
        var fixedZ = z.detach();
        var (zNorm, qNorm) = (Norm(fixedZ), Norm(q)); // [B, 1]
        var (u, t) = (fixedZ / zNorm, q / qNorm);
        var between = u + t;
        var w = between / Norm(between);
        var along = (z * w).sum(1, keepdim: true).mul(2f);
        var onto = (z * u).sum(1, keepdim: true).mul(2f);
        return (z - w * along + t * onto) * (qNorm / zNorm);

        static Tensor Norm(Tensor rows) => rows.square().sum(1, keepdim: true).sqrt().clamp_min(1e-6f);
    }
}
