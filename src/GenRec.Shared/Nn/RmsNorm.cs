using GenRec.Shared.Display;
using GenRec.Shared.Nn.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Nn;

/// <summary>
/// Divides a vector by its root mean square and scales each coordinate; no mean is taken off and no bias is added. Zhang and
/// Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467.
/// </summary>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class RmsNorm : Module<Tensor, Tensor>, IRichValue
{
    private readonly Parameter weight; // [D], starts at one
    private readonly Scalar epsilon; // kept: a temporary number may be freed during the call that takes it
    private readonly float smallest; // the same

    /// <summary>Makes a norm over the last axis.</summary>
    /// <param name="width">D, the length of the last axis, at least 1.</param>
    /// <param name="epsilon">Added to the mean square; T5 takes 1e-6.</param>
    public RmsNorm(long width, double epsilon = 1e-6)
        : base(nameof(RmsNorm))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (this.epsilon, smallest) = (epsilon, (float)epsilon);
        weight = new Parameter(ones(width));
        RegisterComponents();
    }

    /// <summary>The scale of each coordinate, <c>[D]</c>.</summary>
    internal Parameter Weight => weight;

    /// <summary><c>x / sqrt(mean(x^2) + epsilon) * w</c>.</summary>
    /// <param name="input"><c>[.., D]</c>, float32.</param>
    /// <returns>Same shape, owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        if (CpuInference.Fits(input))
            return CpuInference.RmsNorm(input, weight, smallest);
        using var scope = NewDisposeScope();
        var scale = input.square().mean([-1], keepdim: true).add_(epsilon).rsqrt_(); // [.., 1]
        return (input * scale).mul(weight).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
