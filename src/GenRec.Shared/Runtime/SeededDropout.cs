using System.Runtime.InteropServices;
using GenRec.Shared.Display;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Runtime;

/// <summary>Dropout whose masks can be made again from (seed, step, call, element).</summary>
/// <remarks>
/// The module draws from <see cref="DropoutStream.Current"/>; where none is current (a training loop of your own), from
/// torch's generator.
/// On the CPU the mask comes from a vectorised counter-based generator, because libtorch draws Bernoulli numbers one by
/// one there. The drop probability is rounded to a multiple of 1/65,536 and the scale fits the rounded one, so that the
/// expectation is kept exactly. On other devices torch's own dropout is used; the trainer seeds its generator each step.
/// Source: Srivastava et al., "Dropout", JMLR 2014, in its inverted form.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class SeededDropout : nn.Module<Tensor, Tensor>, IRichValue
{
    /// <summary>Makes a dropout of probability <paramref name="p"/>.</summary>
    /// <param name="p">Drop probability, <c>0..1</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is outside 0..1.</exception>
    public SeededDropout(double p)
        : base(nameof(SeededDropout))
    {
        CheckProbability(p);
        Probability = p;
    }

    /// <summary>Drop probability.</summary>
    public double Probability { get; }

    /// <summary>Drops in training mode; outside it, or with probability 0, returns a view of <paramref name="input"/>.</summary>
    /// <param name="input">Any shape, floating point.</param>
    /// <returns>Same shape and type, owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        if (!training || Probability == 0)
            return input.alias();
        return DropoutStream.Current is { } stream
            ? Apply(input, Probability, stream)
            : nn.functional.dropout(input, Probability, training: true);
    }

    /// <summary>Zeroes elements with probability <paramref name="p"/> and scales the others by <c>1 / (1 - p)</c>.</summary>
    /// <param name="x">Any shape, floating point.</param>
    /// <param name="p">Drop probability, <c>0..1</c>; 0 returns a view of <paramref name="x"/>.</param>
    /// <param name="stream">Where the mask's numbers come from.</param>
    /// <returns>Same shape and type as <paramref name="x"/>, owned by the caller.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is outside 0..1.</exception>
    public static Tensor Apply(Tensor x, double p, DropoutStream stream)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(stream);
        CheckProbability(p);
        if (p == 0)
            return x.alias();
        if (x.device_type != DeviceType.CPU)
            return nn.functional.dropout(x, p, training: true);
        using var mask = Mask(x.shape, p, stream);
        if (x.dtype == ScalarType.Float32)
            return x * mask;
        using var wide = x * mask; // a narrower type would round the scale, and so shift the expectation
        return wide.to(x.dtype);
    }

    /// <summary>A mask of zeros and <c>1 / (1 - p)</c> on the CPU.</summary>
    /// <param name="shape">Any shape.</param>
    /// <param name="p">Drop probability, <c>0..1</c>.</param>
    /// <param name="stream">Where the mask's numbers come from; moves on by one call.</param>
    /// <returns>float32 of that shape, owned by the caller.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is outside 0..1.</exception>
    public static Tensor Mask(long[] shape, double p, DropoutStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CheckProbability(p);
        var mask = empty(shape, dtype: ScalarType.Float32);
        FillMask(MemoryMarshal.Cast<byte, float>(mask.bytes), p, stream);
        return mask;
    }

    /// <summary>Writes a mask of zeros and <c>1 / (1 - p)</c>.</summary>
    /// <param name="target">Where to write.</param>
    /// <param name="p">Drop probability, <c>0..1</c>.</param>
    /// <param name="stream">Where the mask's numbers come from; moves on by one call.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is outside 0..1.</exception>
    public static void FillMask(Span<float> target, double p, DropoutStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CheckProbability(p);
        var dropped = (int)Math.Round(p * PhiloxMask.Resolution);
        var key = stream.Next();
        if (dropped == PhiloxMask.Resolution)
            target.Clear();
        else
            PhiloxMask.Fill(target, dropped, (float)PhiloxMask.Resolution / (PhiloxMask.Resolution - dropped), key);
    }

    private static void CheckProbability(double p)
    {
        if (p is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "A drop probability lies in 0..1.");
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
