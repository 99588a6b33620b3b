using GenRec.Shared.Data;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Token sequences of different lengths, packed into shared rows so that an encoder computes no padding.</summary>
/// <remarks>Amazon histories fill less than half of a padded batch, because few users are near the longest.</remarks>
public sealed class TokenBatch : RichObject, IDisposable
{
    private TokenBatch(Tensor ids, Tensor? segments, Tensor cells, Tensor? isReal, int[] tokens, int[] lengths)
    {
        (Ids, Segments, Cells, IsReal) = (ids, segments, cells, isReal);
        (Tokens, Lengths) = (tokens, lengths);
    }

    /// <summary>Packed tokens, <c>[R, W]</c>, int64; 0 where a cell is empty.</summary>
    public Tensor Ids { get; }

    /// <summary>Which sequence a cell belongs to, from 1, <c>[R, W]</c>, int64; null where each row is one full sequence.</summary>
    public Tensor? Segments { get; }

    /// <summary>Cell of each sequence's positions in the flattened <c>[R * W]</c>, <c>[B, L]</c>, int64; 0 behind its end.</summary>
    public Tensor Cells { get; }

    /// <summary>False behind a sequence's end, <c>[B, L]</c>, bool; null where all are equally long.</summary>
    public Tensor? IsReal { get; }

    /// <summary>All sequences end to end, on the host.</summary>
    internal int[] Tokens { get; }

    /// <summary>Tokens of each sequence, <c>[B]</c>, at least 1.</summary>
    internal int[] Lengths { get; }

    /// <summary>Packs sequences.</summary>
    /// <param name="sequences">B token sequences; an empty one is read as the single token 0.</param>
    /// <param name="device">Where the tensors go; null is the CPU.</param>
    /// <returns>The tensors, owned by the caller.</returns>
    /// <exception cref="ArgumentException">There is no sequence, or a token is negative.</exception>
    public static TokenBatch Pack(IReadOnlyList<IReadOnlyList<int>> sequences, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0)
            throw new ArgumentException("A batch needs at least one sequence.", nameof(sequences));
        var lengths = sequences.Select(sequence => Math.Max(1, sequence.Count)).ToArray();
        var longest = lengths.Max();
        var packing = RowPacking.Pack(lengths, longest);
        var ids = new long[packing.Rows * longest];
        var segments = new long[ids.Length];
        var cells = new long[sequences.Count * longest];
        var isReal = new bool[cells.Length];
        var (tokens, next) = (new int[lengths.Sum()], 0);
        for (var row = 0; row < sequences.Count; row++)
        {
            var start = packing.Starts.Span[row];
            for (var at = 0; at < lengths[row]; at++)
            {
                var token = at < sequences[row].Count ? sequences[row][at] : 0;
                if (token < 0)
                    throw new ArgumentException($"Sequence {row} has the token {token}; tokens are at least 0.");
                (ids[start + at], segments[start + at], tokens[next++]) = (token, row + 1, token);
                (cells[row * longest + at], isReal[row * longest + at]) = (start + at, true);
            }
        }
        var full = lengths.All(length => length == longest);
        using var scope = NewDisposeScope();
        return new TokenBatch(
            Make(tensor(ids, device: device).view(packing.Rows, longest)),
            full ? null : Make(tensor(segments, device: device).view(packing.Rows, longest)),
            Make(tensor(cells, device: device).view(sequences.Count, longest)),
            full ? null : Make(tensor(isReal, device: device).view(sequences.Count, longest)),
            tokens,
            lengths
        );

        static Tensor Make(Tensor made) => made.DetachFromDisposeScope();
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Ids.Dispose();
        Segments?.Dispose();
        Cells.Dispose();
        IsReal?.Dispose();
    }
}
