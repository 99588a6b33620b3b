using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Runtime;

/// <summary>The number format of matrix products; weights, sums, norms, losses and optimizers stay float32.</summary>
public enum Precision
{
    /// <summary>Products in float32.</summary>
    Float32,

    /// <summary>Products in bfloat16 on float32 master weights: inputs and weights are cast in each step.</summary>
    BFloat16,
}

/// <summary>Matrix products in a chosen precision, with float32 weights, results and gradients.</summary>
public static class Products
{
    private static readonly Scalar one = 1; // a temporary number may be freed during the call that takes it
    private static readonly Lazy<bool> fastOnCpu = new(ProcessorMultipliesBFloat16);

    /// <summary>Whether bfloat16 products are faster than float32 ones on a device.</summary>
    /// <remarks>
    /// On the CPU this asks for AVX512-BF16 or AMX-BF16: without them libtorch emulates and is slower than float32. On
    /// CUDA it is taken as given (compute capability 8.0 and later).
    /// </remarks>
    public static bool BFloat16Pays(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CUDA || (device.type == DeviceType.CPU && fastOnCpu.Value);
    }

    /// <summary><paramref name="wanted"/> where it is faster on the device, else <see cref="Precision.Float32"/>.</summary>
    public static Precision WherePays(Precision wanted, Device device) =>
        wanted == Precision.BFloat16 && !BFloat16Pays(device) ? Precision.Float32 : wanted;

    /// <summary><c>x W^T + b</c>.</summary>
    /// <param name="x"><c>[.., in]</c>, float32 (bfloat16 is taken as it is).</param>
    /// <param name="weight"><c>[out, in]</c>, float32.</param>
    /// <param name="bias"><c>[out]</c>, float32, or null.</param>
    /// <param name="precision">Format of the product; the bias is added in float32.</param>
    /// <returns><c>[.., out]</c>, float32, owned by the caller.</returns>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        if (precision == Precision.Float32)
            return nn.functional.linear(x, weight, bias);
        using var scope = NewDisposeScope();
        var product = nn.functional.linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16));
        var wide = product.to(ScalarType.Float32);
        return (bias is null ? wide : wide.add_(bias, one)).MoveToOuterDisposeScope();
    }

    /// <summary><c>x W^T</c> left in the format of the product, for what goes into another product.</summary>
    /// <param name="x"><c>[.., in]</c>, float32 or bfloat16.</param>
    /// <param name="weight"><c>[out, in]</c>, float32.</param>
    /// <param name="precision">Format of the product.</param>
    /// <returns><c>[.., out]</c> in that format, owned by the caller.</returns>
    public static Tensor LinearNarrow(Tensor x, Tensor weight, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        if (precision == Precision.Float32)
            return nn.functional.linear(x, weight);
        using var scope = NewDisposeScope();
        return nn
            .functional.linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16))
            .MoveToOuterDisposeScope();
    }

    /// <summary>The matrix product of the last two axes, others broadcast.</summary>
    /// <param name="left"><c>[.., M, K]</c>, float32.</param>
    /// <param name="right"><c>[.., K, N]</c>, float32.</param>
    /// <param name="precision">Format of the product.</param>
    /// <returns><c>[.., M, N]</c>, float32, owned by the caller.</returns>
    public static Tensor MatMul(Tensor left, Tensor right, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (precision == Precision.Float32)
            return matmul(left, right);
        using var scope = NewDisposeScope();
        var product = matmul(left.to(ScalarType.BFloat16), right.to(ScalarType.BFloat16));
        return product.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    private static bool ProcessorMultipliesBFloat16()
    {
        if (!X86Base.IsSupported || !Avx512F.IsSupported)
            return false;
        var (highestLeaf, _, _, _) = X86Base.CpuId(0, 0);
        if (highestLeaf < 7)
            return false;
        // Intel 64 Software Developer's Manual, CPUID: leaf 7.1 EAX bit 5 is AVX512_BF16, leaf 7.0 EDX bit 22 AMX-BF16.
        var (features, _, _, _) = X86Base.CpuId(7, 1);
        var (_, _, _, extended) = X86Base.CpuId(7, 0);
        return (features & (1 << 5)) != 0 || (extended & (1 << 22)) != 0;
    }
}
