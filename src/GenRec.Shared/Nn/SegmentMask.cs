using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Masks that keep sequences apart which share a row.</summary>
public static class SegmentMask
{
    /// <summary>A cell sees the cells of its own sequence up to itself.</summary>
    /// <param name="segment">Which sequence a cell belongs to; empty cells share one number, <c>[R, W]</c>, int64.</param>
    /// <returns>0 where a cell may look, negative infinity elsewhere, <c>[R, 1, W, W]</c>, float32, owned by the caller.</returns>
    /// <remarks>Every cell sees at least itself, so that no row of a softmax is all masked.</remarks>
    public static Tensor Causal(Tensor segment)
    {
        using var scope = NewDisposeScope();
        var width = segment.shape[1];
        var past = ones(width, width, dtype: ScalarType.Bool, device: segment.device).tril(); // [W, W]
        var visible = (segment.unsqueeze(2) == segment.unsqueeze(1)).logical_and_(past); // [R, W, W]
        var mask = full(visible.shape, float.NegativeInfinity, dtype: ScalarType.Float32, device: segment.device);
        return mask.masked_fill_(visible, 0f).unsqueeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>A cell sees all cells of its own sequence, in both directions.</summary>
    /// <param name="segment">Which sequence a cell belongs to; empty cells share one number, <c>[R, W]</c>, int64.</param>
    /// <returns>0 where a cell may look, negative infinity elsewhere, <c>[R, 1, W, W]</c>, float32, owned by the caller.</returns>
    public static Tensor Within(Tensor segment)
    {
        using var scope = NewDisposeScope();
        var apart = segment.unsqueeze(2) != segment.unsqueeze(1); // [R, W, W]
        var mask = zeros(apart.shape, dtype: ScalarType.Float32, device: segment.device);
        return mask.masked_fill_(apart, float.NegativeInfinity).unsqueeze(1).MoveToOuterDisposeScope();
    }
}
