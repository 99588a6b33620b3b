using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>The loss of one batch.</summary>
/// <param name="Mean">
/// Mean over <paramref name="Count"/> samples; a scalar that needs gradients, unless the task made them itself: call
/// <see cref="Backward"/>, which does either.
/// </param>
/// <param name="Count">
/// Samples averaged over (sequences, tokens: whatever the mean divides by). It weighs the batches of one update, and is
/// what samples per second count. At least 0; a batch without samples adds nothing.
/// </param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct BatchLoss(Tensor Mean, long Count) : IRichValue
{
    /// <summary>What adds the gradient where the task has made it itself; null where autograd makes it from <see cref="Mean"/>.</summary>
    internal Action<double>? Own { get; init; }

    /// <summary>Adds the gradient of <see cref="Mean"/> to those of the parameters; once for each loss.</summary>
    /// <param name="factor">What the gradient is multiplied with.</param>
    public void Backward(double factor = 1)
    {
        if (Own is not null)
        {
            Own(factor);
            return;
        }
        using TorchSharp.Scalar scale = factor;
        (factor == 1 ? Mean : Mean * scale).backward();
    }

    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();

    /// <summary>A loss that counts as one sample: batches of one update then weigh the same.</summary>
    public static implicit operator BatchLoss(Tensor mean) => FromTensor(mean);

    /// <inheritdoc cref="op_Implicit"/>
    public static BatchLoss FromTensor(Tensor mean) => new(mean, 1);
}
