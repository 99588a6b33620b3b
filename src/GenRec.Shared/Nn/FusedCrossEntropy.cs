using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Softmax cross-entropy over a whole catalogue without keeping the logits.</summary>
/// <remarks>
/// The plain way writes a <c>[T, N]</c> table of logits, its softmax and its gradient to memory; at catalogue size the
/// step waits for memory, not for products. Here logits are made block after block of positions, small enough to stay in
/// the cache, and each block's gradient is formed at once from
/// <c>dL/dlogits = (softmax(logits) - onehot(target)) / T</c>. Autograd sees the surrogate
/// <c>sum(h * dL/dh) + sum(E * dL/dE) + sum(b * dL/db)</c>, whose gradients are exactly these; its value is replaced by the loss.
/// The same idea for GPUs: Hsu et al., Liger Kernel, arXiv:2410.10989, section 3.2.
/// </remarks>
public static class FusedCrossEntropy
{
    private const long BlockBytes = 4 << 20; // a block of logits that stays in a core's share of the last-level cache

    /// <summary>Mean cross-entropy of targets under <c>softmax(states · items^T + bias)</c>.</summary>
    /// <param name="states">Hidden states, <c>[T, D]</c>, float32.</param>
    /// <param name="items">Item table without its padding row, <c>[N, D]</c>, float32.</param>
    /// <param name="targets">Rows of <paramref name="items"/>, <c>[T]</c>, int64, <c>0..N-1</c>.</param>
    /// <param name="precision">Format of the three products; all sums are float32.</param>
    /// <param name="bias">Added to each item's logit, <c>[N]</c>, float32; null where there is none.</param>
    /// <returns>Scalar loss, differentiable in states, items and bias.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Tensor Mean(
        Tensor states,
        Tensor items,
        Tensor targets,
        Precision precision = Precision.Float32,
        Tensor? bias = null
    )
    {
        var (positions, catalogue) = (states.shape[0], items.shape[0]);
        if (states.shape[1] != items.shape[1] || targets.shape[0] != positions)
            throw new ArgumentException(
                $"states [{positions}, {states.shape[1]}], items [{catalogue}, {items.shape[1]}] and targets [{targets.shape[0]}] do not fit."
            );
        if (bias is not null && (bias.dim() != 1 || bias.shape[0] != catalogue))
            throw new ArgumentException(
                $"bias is [{string.Join(", ", bias.shape)}], need [{catalogue}].",
                nameof(bias)
            );
        using var scope = NewDisposeScope();
        var (stateGradient, itemGradient, biasGradient, loss) = LossAndGradients(
            states.detach(),
            items.detach(),
            bias?.detach(),
            targets,
            precision
        );
        if (!states.requires_grad && !items.requires_grad && bias is not { requires_grad: true })
            return loss.MoveToOuterDisposeScope();
        var surrogate = (states * stateGradient).sum() + (items * itemGradient).sum();
        if (bias is not null)
            surrogate += (bias * biasGradient!).sum();
        return (surrogate + (loss - surrogate.detach())).MoveToOuterDisposeScope();
    }

    private static (Tensor States, Tensor Items, Tensor? Bias, Tensor Loss) LossAndGradients(
        Tensor states,
        Tensor items,
        Tensor? bias,
        Tensor targets,
        Precision precision
    )
    {
        using var quiet = no_grad();
        var (positions, catalogue) = (states.shape[0], items.shape[0]);
        var block = Math.Clamp(BlockBytes / sizeof(float) / catalogue, Math.Min(16, positions), positions);
        var stateGradient = empty_like(states);
        var itemGradient = zeros_like(items);
        var biasGradient = bias is null ? null : zeros_like(bias);
        var loss = zeros(1, dtype: ScalarType.Float32, device: states.device);
        var bfloat16 = precision == Precision.BFloat16;
        var (left, right) = bfloat16 ? (states.bfloat16(), items.bfloat16()) : (states, items);
        var byItem = right.t(); // [D, N]
        for (var start = 0L; start < positions; start += block)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(block, positions - start);
            var part = left.narrow(0, start, count); // [b, D]
            var target = targets.narrow(0, start, count).unsqueeze(1); // [b, 1]
            var logits = part.mm(byItem); // [b, N]
            if (bias is not null)
                logits = logits.to(ScalarType.Float32).add_(bias);
            var gradient = logits.softmax(-1, ScalarType.Float32); // [b, N]
            loss.sub_(gradient.gather(1, target).clamp_min(float.Epsilon).log().sum());
            gradient.scatter_add_(1, target, full(count, 1, -1f, dtype: ScalarType.Float32, device: states.device));
            var factor = bfloat16 ? gradient.bfloat16() : gradient;
            stateGradient.narrow(0, start, count).copy_(factor.mm(right));
            itemGradient.add_(factor.t().mm(part));
            biasGradient?.add_(gradient.sum(dim: 0));
        }
        return (
            stateGradient.div_(positions),
            itemGradient.div_(positions),
            biasGradient?.div_(positions),
            loss.div_(positions).squeeze(0)
        );
    }
}
