using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Items with scores, best first: what every way of decoding ends in.</summary>
/// <param name="Items">Item ids, 0 at an empty place, <c>[B, k]</c>, int64.</param>
/// <param name="Scores">Scores, negative infinity at an empty place, <c>[B, k]</c>, float32.</param>
public sealed record DecodedItems(Tensor Items, Tensor Scores) : RichRecord, IDisposable
{
    /// <summary>Ids that were generated, for all users together; 0 where items were scored and nothing generated.</summary>
    public long Generated { get; init; }

    /// <summary>Generated ids that are no item's.</summary>
    public long Invalid { get; init; }

    /// <summary>Items that a score was computed for, for all users together; 0 where ids were generated.</summary>
    public long Scored { get; init; }

    /// <summary>Share of the generated ids that are no item's, <c>0..1</c>; 0 where none were generated.</summary>
    public double InvalidShare => Generated == 0 ? 0 : (double)Invalid / Generated;

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Items.Dispose();
        Scores.Dispose();
    }

    /// <summary>Shortens lists, or lengthens them with empty places.</summary>
    /// <param name="k">Places wanted.</param>
    /// <returns>Items and scores <c>[B, k]</c>, owned by the caller.</returns>
    internal (Tensor Items, Tensor Scores) Resize(long k)
    {
        using var scope = NewDisposeScope();
        var (batch, length) = (Items.shape[0], Items.shape[1]);
        if (k <= length)
            return (
                Items.narrow(1, 0, k).contiguous().MoveToOuterDisposeScope(),
                Scores.narrow(1, 0, k).contiguous().MoveToOuterDisposeScope()
            );
        var noItems = zeros(batch, k - length, dtype: ScalarType.Int64, device: Items.device);
        var noScores = full(batch, k - length, float.NegativeInfinity, dtype: ScalarType.Float32, device: Items.device);
        return (
            cat([Items, noItems], 1).MoveToOuterDisposeScope(),
            cat([Scores, noScores], 1).MoveToOuterDisposeScope()
        );
    }
}
