using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>The loss of one batch.</summary>
/// <param name="Mean">Mean over <paramref name="Count"/> samples; a scalar that needs gradients.</param>
/// <param name="Count">
/// Samples averaged over (sequences, tokens: whatever the mean divides by). It weighs the batches of one update, and is
/// what samples per second count. At least 0; a batch without samples adds nothing.
/// </param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct BatchLoss(Tensor Mean, long Count) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();

    /// <summary>A loss that counts as one sample: batches of one update then weigh the same.</summary>
    public static implicit operator BatchLoss(Tensor mean) => FromTensor(mean);

    /// <inheritdoc cref="op_Implicit"/>
    public static BatchLoss FromTensor(Tensor mean) => new(mean, 1);
}
