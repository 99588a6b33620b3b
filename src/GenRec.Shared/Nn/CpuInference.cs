using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

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
        var positions = cache.Own(layer); // each [R_s, 3 H dk]: query, key, value
        var newest = positions[^1];
        var (rows, inner, length) = ((int)newest.shape[0], (int)newest.shape[1] / 3, positions.Count);
        var width = inner / heads;
        var queries = Floats(newest);
        var biases = Floats(bias);
        var weights = new float[rows * heads * length]; // [R, H, t]
        for (var position = 0; position < length; position++)
        {
            var parts = Floats(positions[position]);
            var from = cache.RowsOf(position);
            for (var row = 0; row < rows; row++)
            for (var head = 0; head < heads; head++)
            {
                var query = queries.Slice(row * 3 * inner + head * width, width);
                var key = parts.Slice(Source(from, row) * 3 * inner + inner + head * width, width);
                weights[(row * heads + head) * length + position] =
                    biases[head * length + position] + RowMath.Dot(query, key);
            }
        }
        for (var at = 0; at < weights.Length; at += length)
            SoftMax(weights.AsSpan(at, length));
        var result = zeros(rows, inner, dtype: ScalarType.Float32);
        var mixed = Floats(result);
        for (var position = 0; position < length; position++)
        {
            var parts = Floats(positions[position]);
            var from = cache.RowsOf(position);
            for (var row = 0; row < rows; row++)
            for (var head = 0; head < heads; head++)
            {
                var value = parts.Slice(Source(from, row) * 3 * inner + 2 * inner + head * width, width);
                var weight = weights[(row * heads + head) * length + position];
                RowMath.AddScaled(value, weight, mixed.Slice(row * inner + head * width, width));
            }
        }
        return result;

        static int Source(ReadOnlySpan<long> from, int row) => from.IsEmpty ? row : (int)from[row];
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
