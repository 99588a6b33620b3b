using GenRec.Shared.Runtime;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>Scaled dot-product attention, Vaswani et al., arXiv:1706.03762, Eq. (1), with seedable dropout on its weights.</summary>
public static class MultiHeadAttention
{
    /// <summary>Mixes values by attention.</summary>
    /// <param name="query"><c>[R, H, W, D/H]</c>.</param>
    /// <param name="key"><c>[R, H, W, D/H]</c>.</param>
    /// <param name="value"><c>[R, H, W, D/H]</c>.</param>
    /// <param name="mask">Added to the logits: 0 where a cell may look, negative infinity elsewhere, <c>[R, 1, W, W]</c>.</param>
    /// <param name="dropout">Drops weights, in training only.</param>
    /// <returns><c>[R, H, W, D/H]</c>.</returns>
    public static Tensor Mix(Tensor query, Tensor key, Tensor value, Tensor mask, SeededDropout dropout)
    {
        if (!dropout.training || dropout.Probability == 0)
            return F.scaled_dot_product_attention(query, key, value, mask);
        // The fused kernel falls back to the plain path under dropout, with torch's slow serial masks.
        return dropout.forward(Weights(query, key, mask)).matmul(value);
    }

    /// <summary>Attention weights, each row sums to 1.</summary>
    /// <returns><c>[R, H, W, W]</c>.</returns>
    public static Tensor Weights(Tensor query, Tensor key, Tensor mask)
    {
        var scale = 1 / Math.Sqrt(query.shape[^1]);
        return F.softmax((query * scale).matmul(key.transpose(-2, -1)).add_(mask), -1);
    }
}
