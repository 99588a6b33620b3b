using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn.Kernels;

/// <summary>Parts of a decoding step in managed code, where a dozen operator calls would take longer than the work itself.</summary>
/// <remarks>On the CPU and where nothing asks for a gradient. The operators compute the same up to rounding; tests compare.</remarks>
internal static class CpuInference
{
    /// <summary>Whether values can be read and written in place: float32 on the CPU, contiguous, and no gradient is wanted.</summary>
    public static bool Fits(Tensor x) =>
        !is_grad_enabled() && x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && x.is_contiguous();

    /// <summary><see cref="RmsNorm"/> of each row.</summary>
    /// <param name="x"><c>[.., D]</c>.</param>
    /// <param name="weight"><c>[D]</c>.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <returns><c>[.., D]</c>, owned by the caller.</returns>
    public static Tensor RmsNorm(Tensor x, Tensor weight, float epsilon)
    {
        var normed = empty_like(x);
        var from = Floats(x);
        var to = Floats(normed);
        var weights = Floats(weight);
        var width = weights.Length;
        for (var at = 0; at < from.Length; at += width)
        {
            var row = from.Slice(at, width);
            var meanSquare = RowMath.Dot(row, row) / width;
            RowMath.Scale(row, 1 / MathF.Sqrt(meanSquare + epsilon), weights, to.Slice(at, width));
        }
        return normed;
    }

    /// <summary>Attention of each beam's newest position to all of its own; earlier ones are read where the beam's ancestors left them.</summary>
    /// <param name="cache">Has taken the newest position in already.</param>
    /// <param name="layer">Which layer of the cache.</param>
    /// <param name="bias">Added to the logits, <c>[1, H, 1, t]</c>.</param>
    /// <param name="heads">H.</param>
    /// <returns><c>[R, H dk]</c>, owned by the caller.</returns>
    public static Tensor OwnPositions(T5Cache cache, int layer, Tensor bias, int heads)
    {
        var positions = cache.Own(layer);
        var result = empty(positions[^1].shape[0], positions[^1].shape[1] / 3, dtype: ScalarType.Float32);
        var ancestors = Enumerable.Range(0, positions.Count).Select(at => cache.RowsOf(at).ToArray()).ToArray();
        OwnPositions(positions, ancestors, Floats(bias), heads, 0, Floats(result));
        return result;
    }

    /// <summary>The same for some of the beams.</summary>
    /// <param name="positions">Each <c>[R_s, 3 H dk]</c>: query, key, value.</param>
    /// <param name="ancestors">Row of each beam's ancestor in each position; empty where it is the beam's own row.</param>
    /// <param name="biases">Added to the logits, <c>[H, t]</c>.</param>
    /// <param name="heads">H.</param>
    /// <param name="first">First beam.</param>
    /// <param name="mixed">What these beams read, <c>[beams, H dk]</c>.</param>
    public static void OwnPositions(
        IReadOnlyList<Tensor> positions,
        long[][] ancestors,
        ReadOnlySpan<float> biases,
        int heads,
        int first,
        Span<float> mixed
    )
    {
        var (inner, length) = ((int)positions[^1].shape[1] / 3, positions.Count);
        var (rows, width) = (mixed.Length / inner, inner / heads);
        var queries = Floats(positions[^1]);
        var weights = new float[rows * heads * length]; // [R, H, t]
        for (var position = 0; position < length; position++)
        {
            var parts = Floats(positions[position]);
            for (var row = 0; row < rows; row++)
            for (var head = 0; head < heads; head++)
            {
                var query = queries.Slice((first + row) * 3 * inner + head * width, width);
                var key = parts.Slice(Source(position, row) * 3 * inner + inner + head * width, width);
                weights[(row * heads + head) * length + position] =
                    biases[head * length + position] + RowMath.Dot(query, key);
            }
        }
        for (var at = 0; at < weights.Length; at += length)
            SoftMax(weights.AsSpan(at, length));
        mixed.Clear();
        for (var position = 0; position < length; position++)
        {
            var parts = Floats(positions[position]);
            for (var row = 0; row < rows; row++)
            for (var head = 0; head < heads; head++)
            {
                var value = parts.Slice(Source(position, row) * 3 * inner + 2 * inner + head * width, width);
                var weight = weights[(row * heads + head) * length + position];
                RowMath.AddScaled(value, weight, mixed.Slice(row * inner + head * width, width));
            }
        }

        int Source(int position, int row)
        {
            var from = ancestors[position];
            return from.Length == 0 ? first + row : (int)from[first + row];
        }
    }

    private static void SoftMax(Span<float> logits)
    {
        var (largest, sum) = (float.NegativeInfinity, 0f);
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        for (var at = 0; at < logits.Length; at++)
            sum += logits[at] = MathF.Exp(logits[at] - largest);
        for (var at = 0; at < logits.Length; at++)
            logits[at] /= sum;
    }

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
