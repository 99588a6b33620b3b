using System.Runtime.InteropServices;
using GenRec.Shared.Display;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Nn;

/// <summary>
/// T5's positions: one learned number for each head and bucket of distances, added to the attention logits. Raffel et al.,
/// "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", JMLR 2020, arXiv:1910.10683.
/// </summary>
/// <remarks>
/// Near distances have a bucket each, further ones share buckets that grow with the logarithm of the distance up to
/// <c>maxDistance</c>; everything beyond shares the last.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class RelativePositionBias : Module, IRichValue
{
    private readonly Parameter weight; // [buckets, H]
    private readonly Tensor bucketOf; // [2 maxDistance + 1], for the distances -maxDistance..maxDistance
    private readonly int heads;
    private readonly int maxDistance;

    /// <summary>Makes a bias with fresh weights, drawn from torch's generator.</summary>
    /// <param name="heads">H, attention heads.</param>
    /// <param name="bidirectional">True for an encoder, which looks both ways; false for a decoder, which looks back.</param>
    /// <param name="buckets">Number of buckets; T5 takes 32.</param>
    /// <param name="maxDistance">From here on all distances are alike; T5 takes 128.</param>
    /// <param name="deviation">Standard deviation of the initial weights.</param>
    public RelativePositionBias(int heads, bool bidirectional, int buckets, int maxDistance, double deviation)
        : base(nameof(RelativePositionBias))
    {
        (this.heads, this.maxDistance) = (heads, maxDistance);
        weight = new Parameter(randn(buckets, heads) * deviation);
        var table = new long[2 * maxDistance + 1];
        for (var distance = -maxDistance; distance <= maxDistance; distance++)
            table[distance + maxDistance] = Bucket(distance, bidirectional, buckets, maxDistance);
        // Detached: a model may be made inside a step and outlive it.
        register_buffer("bucketOf", bucketOf = tensor(table).DetachFromDisposeScope(), persistent: false);
        RegisterComponents();
    }

    /// <summary>One number for each bucket and head, <c>[buckets, H]</c>.</summary>
    internal Parameter Weight => weight;

    /// <summary>The bias of each query position for each key position.</summary>
    /// <param name="queries">Q, number of query positions, which start at <paramref name="offset"/>.</param>
    /// <param name="keys">K, number of key positions, which start at 0.</param>
    /// <param name="offset">Position of the first query.</param>
    /// <returns><c>[1, H, Q, K]</c>, float32, owned by the caller.</returns>
    public Tensor Between(long queries, long keys, long offset = 0)
    {
        using var scope = NewDisposeScope();
        var from = arange(offset, offset + queries, dtype: ScalarType.Int64, device: weight.device).unsqueeze(1); // [Q, 1]
        var to = arange(keys, dtype: ScalarType.Int64, device: weight.device); // [K]
        var distance = (to - from).clamp_(-maxDistance, maxDistance).add_(maxDistance); // [Q, K]
        var bucket = bucketOf.index_select(0, distance.view(-1));
        var bias = weight.index_select(0, bucket).view(queries, keys, heads).permute(2, 0, 1); // [H, Q, K]
        return bias.unsqueeze(0).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The same numbers on the CPU and without operators, which would wake a second thread for a search's few.</summary>
    /// <param name="queries">As for <see cref="Between"/>.</param>
    /// <param name="keys">The same.</param>
    /// <param name="offset">The same.</param>
    /// <returns><c>[H Q K]</c>.</returns>
    internal float[] Numbers(int queries, int keys, int offset = 0)
    {
        var buckets = MemoryMarshal.Cast<byte, long>(bucketOf.bytes);
        var weights = MemoryMarshal.Cast<byte, float>(weight.bytes);
        var numbers = new float[heads * queries * keys];
        for (var query = 0; query < queries; query++)
        for (var key = 0; key < keys; key++)
        {
            var distance = Math.Clamp(key - query - offset, -maxDistance, maxDistance) + maxDistance;
            var from = (int)buckets[distance] * heads;
            for (var head = 0; head < heads; head++)
                numbers[(head * queries + query) * keys + key] = weights[from + head];
        }
        return numbers;
    }

    /// <summary>The bias of each distance between L positions.</summary>
    /// <param name="length">L.</param>
    /// <returns><c>[H, 2 L - 1]</c>, the key's position minus the query's from <c>1 - L</c> to <c>L - 1</c>; float32, owned by the caller.</returns>
    internal Tensor ByDistance(long length) => Between(1, 2 * length - 1, length - 1).view(heads, -1);

    /// <summary>Adds the gradient of <see cref="ByDistance"/> to that of the weights; on the CPU.</summary>
    /// <param name="gradient"><c>[H, 2 L - 1]</c>.</param>
    /// <param name="weightGradient"><c>[buckets H]</c>, added to.</param>
    internal void AddGradient(ReadOnlySpan<float> gradient, Span<float> weightGradient)
    {
        var distances = gradient.Length / heads;
        var buckets = MemoryMarshal.Cast<byte, long>(bucketOf.bytes);
        for (var at = 0; at < distances; at++)
        {
            var distance = Math.Clamp(at - distances / 2, -maxDistance, maxDistance);
            var bucket = (int)buckets[distance + maxDistance];
            for (var head = 0; head < heads; head++)
                weightGradient[bucket * heads + head] += gradient[head * distances + at];
        }
    }

    /// <summary>The bucket of one distance.</summary>
    /// <param name="distance">Key position minus query position.</param>
    /// <param name="bidirectional">Half of the buckets each for keys before and behind the query; else all for those before it.</param>
    /// <param name="buckets">Number of buckets.</param>
    /// <param name="maxDistance">From here on all distances are alike.</param>
    /// <returns><c>0..buckets-1</c>.</returns>
    public static int Bucket(int distance, bool bidirectional, int buckets, int maxDistance)
    {
        var first = 0;
        if (bidirectional)
        {
            buckets /= 2;
            first = distance > 0 ? buckets : 0;
            distance = Math.Abs(distance);
        }
        else
            distance = Math.Max(-distance, 0); // what lies ahead is masked anyway
        var exact = buckets / 2;
        if (distance < exact)
            return first + distance;
        // The small term keeps whole steps whole: ln(2) / ln(16) * 8 is 2, not a hair below it.
        var step = Math.Log((double)distance / exact) / Math.Log((double)maxDistance / exact) * (buckets - exact);
        return first + Math.Min(buckets - 1, exact + (int)(step + 1e-9));
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
