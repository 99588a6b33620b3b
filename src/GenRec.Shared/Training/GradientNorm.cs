using System.Numerics;
using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>The norm of all gradients together, and clipping by it, without waiting for the device.</summary>
/// <remarks>Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.</remarks>
public static class GradientNorm
{
    /// <summary>Euclidean norm over all tensors.</summary>
    /// <param name="gradients">At least one, on one device.</param>
    /// <returns>A scalar on that device, owned by the caller.</returns>
    public static Tensor Of(Tensor[] gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentOutOfRangeException.ThrowIfZero(gradients.Length);
        using var _ = no_grad();
        if (FusedKernels.Instance is { } kernels)
            return kernels.Norm(gradients);
        using var scope = NewDisposeScope();
        return stack(gradients.Select(g => g.norm())).norm().MoveToOuterDisposeScope();
    }

    /// <summary>Scales all gradients by one factor so that their norm is at most <paramref name="limit"/>.</summary>
    /// <param name="gradients">At least one, on one device; changed in place.</param>
    /// <param name="limit">Above 0; <see cref="double.PositiveInfinity"/> clips nothing.</param>
    /// <param name="divisor">Divides the gradients first: the number of samples whose losses were summed.</param>
    /// <returns>The norm after the division and before the clipping: a scalar on the device, owned by the caller.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is not above 0.</exception>
    public static Tensor Clip(Tensor[] gradients, double limit, double divisor = 1)
    {
        if (limit is not > 0)
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "Need a norm above 0.");
        if (divisor is not > 0)
            throw new ArgumentOutOfRangeException(nameof(divisor), divisor, "Need a divisor above 0.");
        using var _ = no_grad();
        if (double.IsPositiveInfinity(limit) && divisor == 1)
            return Of(gradients);
        if (FusedKernels.Instance is { } kernels)
            return kernels.Clip(gradients, limit, divisor);
        using var scope = NewDisposeScope();
        using Scalar count = divisor,
            largest = limit,
            small = 1e-6,
            one = 1.0; // 1e-6 as in torch.nn.utils.clip_grad_norm_
        var norm = Of(gradients) / count;
        var factor = norm.add(small, one).reciprocal().mul_(largest).clamp_max_(one).div_(count);
        foreach (var gradient in gradients)
            gradient.mul_(factor);
        return norm.MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Clip"/> with half of the numbers on each thread, and no thread of an operator's own.</summary>
    /// <param name="gradients">At least one, float32, contiguous, on the CPU; changed in place.</param>
    /// <param name="limit">Above 0; <see cref="double.PositiveInfinity"/> clips nothing.</param>
    /// <param name="divisor">Above 0; divides the gradients first.</param>
    /// <returns>The norm after the division and before the clipping: a scalar, owned by the caller.</returns>
    internal static Tensor ClipInHalves(Tensor[] gradients, double limit, double divisor = 1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(gradients.Length);
        var squares = new double[gradients.Length]; // added up in the order of the tensors, whoever made them
        Halves.Run(gradients, at => squares[at] = SquaresOf(gradients[at]));
        var norm = Math.Sqrt(squares.Sum()) / divisor;
        var factor = Math.Min(1, limit / (norm + 1e-6)) / divisor; // 1e-6 as in torch.nn.utils.clip_grad_norm_
        if (factor != 1) // so is NaN
            Halves.Run(gradients, at => Scale(gradients[at], (float)factor));
        return tensor((float)norm);
    }

    private static double SquaresOf(Tensor gradient)
    {
        const int Block = 4096; // numbers whose squares are added in float32
        var values = MemoryMarshal.Cast<byte, float>(gradient.bytes);
        var squares = 0.0;
        for (var start = 0; start < values.Length; start += Block)
        {
            var own = values.Slice(start, Math.Min(Block, values.Length - start));
            squares += RowMath.Dot(own, own);
        }
        return squares;
    }

    private static void Scale(Tensor gradient, float factor)
    {
        var values = MemoryMarshal.Cast<byte, float>(gradient.bytes);
        var at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
            (new Vector<float>(values[at..]) * factor).CopyTo(values[at..]);
        for (; at < values.Length; at++)
            values[at] *= factor;
    }
}
