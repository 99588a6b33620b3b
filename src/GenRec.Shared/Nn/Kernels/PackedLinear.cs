using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn.Kernels;

/// <summary>A linear layer's weight arranged for products without gradients: float32 for <see cref="PackedMatrix"/>, bfloat16 for the library.</summary>
/// <remarks>Both ways keep to the calling thread if torch may use one there.</remarks>
internal sealed class PackedLinear : IDisposable
{
    private readonly PackedMatrix? wide;
    private readonly Tensor? narrow; // [N, K], bfloat16
    private readonly Tensor? turned; // the same as [K, N]

    /// <summary>Memory for a weight; <see cref="Arrange"/> fills it.</summary>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="precision">Format of the products.</param>
    public PackedLinear(long outputs, long inputs, Precision precision)
    {
        if (precision == Precision.Float32)
            wide = new PackedMatrix((int)outputs, (int)inputs);
        else
        {
            using var scope = NewDisposeScope();
            narrow = empty(outputs, inputs, dtype: ScalarType.BFloat16).DetachFromDisposeScope();
            turned = narrow.t().DetachFromDisposeScope();
        }
    }

    /// <summary>Takes the weight's values.</summary>
    /// <param name="weight"><c>[N, K]</c>, float32, contiguous.</param>
    public void Arrange(Tensor weight)
    {
        wide?.Arrange(Floats(weight));
        narrow?.copy_(weight);
    }

    /// <summary><c>y = x W^T</c>.</summary>
    /// <param name="x"><c>[R, K]</c> in the format of the products.</param>
    /// <param name="y"><c>[R, N]</c> in the format of the products.</param>
    public void Multiply(Tensor x, Tensor y)
    {
        if (wide is not null)
            wide.Multiply(Floats(x), Floats(y));
        else
            y.addmm_(x, turned!, beta: 0, alpha: 1);
    }

    /// <summary><c>sum += x W^T</c>, for float32 and for what the products' format rounds.</summary>
    /// <param name="x"><c>[R, K]</c> in the format of the products.</param>
    /// <param name="sum"><c>[R, N]</c>, float32.</param>
    /// <param name="room">At least <c>[R, N]</c> in the format of the products.</param>
    public void AddTo(Tensor x, Tensor sum, Tensor room)
    {
        if (wide is not null)
        {
            wide.Multiply(Floats(x), Floats(sum), add: true);
            return;
        }
        var product = room.narrow(0, 0, x.shape[0]);
        product.addmm_(x, turned!, beta: 0, alpha: 1);
        RowKernels<BFloat16Format, ushort>.Add(BFloat16Rows.Bits(product), Floats(sum));
    }

    public void Dispose()
    {
        turned?.Dispose();
        narrow?.Dispose();
    }

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
