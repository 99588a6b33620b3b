using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>The best of many scores with ties decided: of equal scores the one further left is better.</summary>
/// <remarks><c>topk</c> gives equal scores in no promised order, so lists would differ from device to device.</remarks>
internal static class TotalOrder
{
    private const int MostPlaces = 1 << 24;
    private static readonly Scalar tiny = Math.ScaleB(1, -200); // lets zeros differ too; nothing beside any other float32
    private static readonly Scalar step = Math.ScaleB(1, -49);
    private static readonly Scalar lowest = -1e300; // stands for negative infinity, which nothing could be taken off

    /// <summary>The k best of each row, best first.</summary>
    /// <param name="scores"><c>[.., n]</c>, float32, not NaN.</param>
    /// <param name="k"><c>1..n</c>.</param>
    /// <returns>Scores and places, <c>[.., k]</c>, float32 and int64, owned by the caller.</returns>
    public static (Tensor Scores, Tensor Places) Best(Tensor scores, int k)
    {
        var n = scores.shape[^1];
        if (n > MostPlaces)
            throw new ArgumentException($"{n} scores in a row are more than can be told apart ({MostPlaces}).");
        using var scope = NewDisposeScope();
        var (best, places) =
            scores.device_type == DeviceType.CPU && scores.dtype == ScalarType.Float32
                ? BestOnCpu(scores.contiguous(), k)
                : BestByOperators(scores, k);
        return (best.MoveToOuterDisposeScope(), places.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// A float32 score is widened to float64 and lowered by its place times 2^-49 of its size. That is less than the step
    /// to the next float32 for up to 2^24 places, so different scores keep their order and equal ones get the order of their places.
    /// </summary>
    internal static (Tensor Scores, Tensor Places) BestByOperators(Tensor scores, int k)
    {
        var wide = scores.to_type(ScalarType.Float64).clamp_min(lowest);
        var place = arange(1, scores.shape[^1] + 1, dtype: ScalarType.Float64, device: scores.device);
        var lowered = wide.abs().add_(tiny).mul_(place.mul_(step)).neg_().add_(wide);
        var (_, places) = lowered.topk(k);
        return (scores.gather(-1, places), places);
    }

    private static (Tensor Scores, Tensor Places) BestOnCpu(Tensor scores, int k)
    {
        var shape = scores.shape;
        var n = (int)shape[^1];
        shape[^1] = k;
        var (best, places) = (empty(shape, dtype: ScalarType.Float32), empty(shape, dtype: ScalarType.Int64));
        var all = MemoryMarshal.Cast<byte, float>(scores.bytes);
        var kept = MemoryMarshal.Cast<byte, float>(best.bytes);
        var at = MemoryMarshal.Cast<byte, long>(places.bytes);
        for (var row = 0; row * n < all.Length; row++)
            Best(all.Slice(row * n, n), kept.Slice(row * k, k), at.Slice(row * k, k));
        return (best, places);
    }

    /// <summary>A heap with the worst kept score on top; most scores are below it and are passed over a vector at a time.</summary>
    private static void Best(ReadOnlySpan<float> scores, Span<float> kept, Span<long> places)
    {
        var k = kept.Length;
        for (var at = 0; at < k; at++)
            (kept[at], places[at]) = (scores[at], at);
        for (var top = k / 2 - 1; top >= 0; top--)
            Sink(kept, places, top);
        for (var at = k; at < scores.Length; )
        {
            if (
                at <= scores.Length - Vector<float>.Count
                && !Vector.GreaterThanAny(new Vector<float>(scores[at..]), new Vector<float>(kept[0]))
            )
            {
                at += Vector<float>.Count;
                continue;
            }
            for (var end = Math.Min(at + Vector<float>.Count, scores.Length); at < end; at++)
                if (scores[at] > kept[0]) // an equal one further right is worse
                {
                    (kept[0], places[0]) = (scores[at], at);
                    Sink(kept, places, 0);
                }
        }
        for (var size = k - 1; size > 0; size--) // the worst goes to the end, again and again
        {
            (kept[0], kept[size], places[0], places[size]) = (kept[size], kept[0], places[size], places[0]);
            Sink(kept[..size], places, 0);
        }
    }

    private static void Sink(Span<float> kept, Span<long> places, int at)
    {
        while (2 * at + 1 < kept.Length)
        {
            var below = 2 * at + 1;
            if (below + 1 < kept.Length && IsWorse(kept, places, below + 1, below))
                below++;
            if (!IsWorse(kept, places, below, at))
                return;
            (kept[at], kept[below], places[at], places[below]) = (kept[below], kept[at], places[below], places[at]);
            at = below;
        }
    }

    private static bool IsWorse(ReadOnlySpan<float> kept, ReadOnlySpan<long> places, int one, int other) =>
        kept[one] < kept[other] || (kept[one] == kept[other] && places[one] > places[other]);
}
