using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace GenRec.Shared.Runtime;

/// <summary>Passes over rows of bfloat16 that do in one what takes several operators: a gradient and its column sums.</summary>
/// <remarks>A bfloat16 is the upper half of a float32. Sums are float32, rounding is to the nearest, ties to even.</remarks>
internal static class BFloat16Rows
{
    private const ushort NegativeInfinity = 0xFF80; // bits above are those of no number, with the sign set

    /// <summary>The numbers of a contiguous CPU tensor of bfloat16, as bits, without a copy.</summary>
    public static Span<ushort> Bits(Tensor tensor) => MemoryMarshal.Cast<byte, ushort>(tensor.bytes);

    /// <summary>Sets negative numbers to 0, in place; what is not a number stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Relu(Span<ushort> values)
    {
        ref var y = ref MemoryMarshal.GetReference(values);
        var at = 0;
        for (; at <= values.Length - Vector512<ushort>.Count; at += Vector512<ushort>.Count)
        {
            var own = Vector512.LoadUnsafe(ref y, (nuint)at);
            (own & Passes(own)).StoreUnsafe(ref y, (nuint)at);
        }
        for (; at < values.Length; at++)
            if (!Passes(values[at]))
                values[at] = 0;
    }

    /// <summary>Sets a gradient to 0 where a ReLU let nothing through, and adds what is left to the sum of its column.</summary>
    /// <param name="gradient"><c>[rows, width]</c>; changed in place.</param>
    /// <param name="output">What the ReLU gave, <c>[rows, width]</c>.</param>
    /// <param name="sums"><c>[width]</c>; added to: the gradient of the layer's bias.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReluBackward(Span<ushort> gradient, ReadOnlySpan<ushort> output, Span<float> sums)
    {
        var width = sums.Length;
        ref var total = ref MemoryMarshal.GetReference(sums);
        for (var start = 0; start < gradient.Length; start += width)
        {
            ref var g = ref MemoryMarshal.GetReference(gradient.Slice(start, width));
            ref var y = ref MemoryMarshal.GetReference(output.Slice(start, width));
            var at = 0;
            for (; at <= width - Vector512<ushort>.Count; at += Vector512<ushort>.Count)
            {
                var kept = Vector512.LoadUnsafe(ref g, (nuint)at) & Passes(Vector512.LoadUnsafe(ref y, (nuint)at));
                kept.StoreUnsafe(ref g, (nuint)at);
                var (low, high) = Wide(kept);
                (Vector512.LoadUnsafe(ref total, (nuint)at) + low).StoreUnsafe(ref total, (nuint)at);
                var upper = (nuint)(at + Vector512<float>.Count);
                (Vector512.LoadUnsafe(ref total, upper) + high).StoreUnsafe(ref total, upper);
            }
            for (; at < width; at++)
            {
                if (!Passes(output[start + at]))
                    gradient[start + at] = 0;
                sums[at] += Wide(gradient[start + at]);
            }
        }
    }

    /// <summary><c>relu(x + bias)</c> in place; what is not a number stays, so that a training that diverged shows.</summary>
    /// <param name="values"><c>[rows, width]</c>.</param>
    /// <param name="bias"><c>[width]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BiasRelu(Span<ushort> values, ReadOnlySpan<float> bias)
    {
        var width = bias.Length;
        ref var b = ref MemoryMarshal.GetReference(bias);
        for (var start = 0; start < values.Length; start += width)
        {
            ref var y = ref MemoryMarshal.GetReference(values.Slice(start, width));
            var at = 0;
            for (; at <= width - Vector512<ushort>.Count; at += Vector512<ushort>.Count)
            {
                var (low, high) = Wide(Vector512.LoadUnsafe(ref y, (nuint)at));
                var sum = Narrow(
                    low + Vector512.LoadUnsafe(ref b, (nuint)at),
                    high + Vector512.LoadUnsafe(ref b, (nuint)(at + Vector512<float>.Count))
                );
                (sum & Passes(sum)).StoreUnsafe(ref y, (nuint)at);
            }
            for (; at < width; at++)
            {
                var sum = Narrow(Wide(values[start + at]) + bias[at]);
                values[start + at] = Passes(sum) ? sum : (ushort)0;
            }
        }
    }

    /// <summary><c>x + bias</c> as float32.</summary>
    /// <param name="values"><c>[rows, width]</c>.</param>
    /// <param name="bias"><c>[width]</c>.</param>
    /// <param name="result">Filled, <c>[rows, width]</c>.</param>
    public static void BiasWide(ReadOnlySpan<ushort> values, ReadOnlySpan<float> bias, Span<float> result)
    {
        for (var start = 0; start < values.Length; start += bias.Length)
        for (var at = 0; at < bias.Length; at++)
            result[start + at] = Wide(values[start + at]) + bias[at];
    }

    /// <summary>The sum of two as float32.</summary>
    /// <param name="first"><c>[n]</c>.</param>
    /// <param name="second"><c>[n]</c>; empty adds nothing.</param>
    /// <param name="sum">Filled, <c>[n]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ReadOnlySpan<ushort> first, ReadOnlySpan<ushort> second, Span<float> sum)
    {
        ref var x = ref MemoryMarshal.GetReference(first);
        ref var y = ref MemoryMarshal.GetReference(second.IsEmpty ? first : second[..first.Length]);
        ref var to = ref MemoryMarshal.GetReference(sum[..first.Length]);
        var (at, weight) = (0, second.IsEmpty ? 0f : 1f);
        for (; at <= first.Length - Vector512<ushort>.Count; at += Vector512<ushort>.Count)
        {
            var (low, high) = Wide(Vector512.LoadUnsafe(ref x, (nuint)at));
            if (weight != 0)
            {
                var (otherLow, otherHigh) = Wide(Vector512.LoadUnsafe(ref y, (nuint)at));
                (low, high) = (low + otherLow, high + otherHigh);
            }
            low.StoreUnsafe(ref to, (nuint)at);
            high.StoreUnsafe(ref to, (nuint)(at + Vector512<float>.Count));
        }
        for (; at < first.Length; at++)
            sum[at] = Wide(first[at]) + (weight == 0 ? 0 : Wide(second[at]));
    }

    /// <summary>Squared differences between a row with its bias and its target, and their gradient.</summary>
    /// <param name="output"><c>[width]</c>, without the bias.</param>
    /// <param name="bias"><c>[width]</c>.</param>
    /// <param name="target"><c>[width]</c>.</param>
    /// <param name="factor">The gradient is the difference times this.</param>
    /// <param name="gradient">Filled, <c>[width]</c>.</param>
    /// <param name="sums"><c>[width]</c>; the gradient, before it is rounded, is added.</param>
    /// <returns>Sum of the squares.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SquaredError(
        ReadOnlySpan<ushort> output,
        ReadOnlySpan<float> bias,
        ReadOnlySpan<float> target,
        float factor,
        Span<ushort> gradient,
        Span<float> sums
    )
    {
        var width = sums.Length;
        ref var y = ref MemoryMarshal.GetReference(output[..width]);
        ref var x = ref MemoryMarshal.GetReference(target[..width]);
        ref var b = ref MemoryMarshal.GetReference(bias[..width]);
        ref var g = ref MemoryMarshal.GetReference(gradient[..width]);
        ref var total = ref MemoryMarshal.GetReference(sums);
        var (even, odd) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var at = 0;
        for (; at <= width - Vector512<ushort>.Count; at += Vector512<ushort>.Count)
        {
            var upper = (nuint)(at + Vector512<float>.Count);
            var (low, high) = Wide(Vector512.LoadUnsafe(ref y, (nuint)at));
            low += Vector512.LoadUnsafe(ref b, (nuint)at) - Vector512.LoadUnsafe(ref x, (nuint)at);
            high += Vector512.LoadUnsafe(ref b, upper) - Vector512.LoadUnsafe(ref x, upper);
            even += low * low;
            odd += high * high;
            low *= factor;
            high *= factor;
            (Vector512.LoadUnsafe(ref total, (nuint)at) + low).StoreUnsafe(ref total, (nuint)at);
            (Vector512.LoadUnsafe(ref total, upper) + high).StoreUnsafe(ref total, upper);
            Narrow(low, high).StoreUnsafe(ref g, (nuint)at);
        }
        var squares = Vector512.Sum(even + odd);
        for (; at < width; at++)
        {
            var difference = Wide(output[at]) + (bias[at] - target[at]);
            squares += difference * difference;
            sums[at] += difference * factor;
            gradient[at] = Narrow(difference * factor);
        }
        return squares;
    }

    private static bool Passes(ushort bits) => (short)bits > 0 || bits > NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ushort> Passes(Vector512<ushort> bits) =>
        Vector512.GreaterThan(bits.AsInt16(), Vector512<short>.Zero).AsUInt16()
        | Vector512.GreaterThan(bits, Vector512.Create(NegativeInfinity));

    private static float Wide(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static ushort Narrow(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Low, Vector512<float> High) Wide(Vector512<ushort> bits)
    {
        var (low, high) = Vector512.Widen(bits);
        return ((low << 16).AsSingle(), (high << 16).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ushort> Narrow(Vector512<float> low, Vector512<float> high) =>
        Vector512.Narrow(Rounded(low), Rounded(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        return Vector512.ConditionalSelect(Vector512.IsNaN(values).AsUInt32(), Vector512.Create(0x7FC0u), rounded);
    }
}
