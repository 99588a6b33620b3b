using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Sequences that lie end to end, and where the matrix of each one's keys starts.</summary>
internal sealed class Sequences
{
    private readonly int[] starts; // first position of each, and the number of all behind the last
    private readonly int[] columns; // the same for columns of keys, which are whole vectors

    /// <summary>Sequences of those lengths, at least 1 each.</summary>
    public Sequences(ReadOnlySpan<int> lengths)
    {
        (starts, columns) = (new int[lengths.Length + 1], new int[lengths.Length + 1]);
        for (var at = 0; at < lengths.Length; at++)
        {
            starts[at + 1] = starts[at] + lengths[at];
            columns[at + 1] = columns[at] + Whole(lengths[at]);
        }
    }

    /// <summary>B, sequences.</summary>
    public int Count => starts.Length - 1;

    /// <summary>Positions of all.</summary>
    public int Tokens => starts[^1];

    /// <summary>Columns of all keys.</summary>
    public int Columns => columns[^1];

    /// <summary>First position of a sequence.</summary>
    public int Start(int sequence) => starts[sequence];

    /// <summary>L, positions of a sequence.</summary>
    public int Length(int sequence) => starts[sequence + 1] - starts[sequence];

    /// <summary>Columns of the keys before a sequence's.</summary>
    public int Column(int sequence) => columns[sequence];

    /// <summary>P, columns of a sequence's keys: L and what is missing to whole vectors.</summary>
    public int Padded(int sequence) => columns[sequence + 1] - columns[sequence];

    /// <summary>The sequence of a position.</summary>
    public int Of(int token)
    {
        var found = Array.BinarySearch(starts, token);
        return found >= 0 ? found : ~found - 1;
    }

    private static int Whole(int length) => (length + PackedMatrix.Lanes - 1) / PackedMatrix.Lanes * PackedMatrix.Lanes;
}

/// <summary>Keys and values of sequences for one attention, laid out as the kernels read them.</summary>
/// <param name="Keys">Sequence after sequence <c>[H dk, P]</c>, columns behind the last position 0.</param>
/// <param name="Values"><c>[tokens, H dk]</c>.</param>
internal sealed record T5KeyValues(Tensor Keys, Tensor Values) : IDisposable
{
    /// <summary>Memory for those of some sequences; its content is undefined.</summary>
    public static T5KeyValues For(Sequences places, int inner) =>
        new(
            empty((long)inner * places.Columns, dtype: ScalarType.Float32).DetachFromDisposeScope(),
            empty((long)inner * places.Tokens, dtype: ScalarType.Float32).DetachFromDisposeScope()
        );

    /// <summary>Those of one sequence.</summary>
    public KeyValueSpans Of(Sequences places, int sequence, int inner) =>
        new(
            Floats(Keys).Slice(inner * places.Column(sequence), inner * places.Padded(sequence)),
            Floats(Values).Slice(inner * places.Start(sequence), inner * places.Length(sequence))
        );

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    public void Dispose()
    {
        Keys.Dispose();
        Values.Dispose();
    }
}

/// <summary>Keys <c>[H dk, P]</c> and values <c>[L, H dk]</c> of one sequence.</summary>
internal readonly ref struct KeyValueSpans(ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
{
    private readonly ReadOnlySpan<float> keys = keys;
    private readonly ReadOnlySpan<float> values = values;

    public void Deconstruct(out ReadOnlySpan<float> keys, out ReadOnlySpan<float> values)
    {
        keys = this.keys;
        values = this.values;
    }
}

/// <summary>What a decoder reads of an encoder, sequence by sequence and without padding: the packed form of a <see cref="T5Memory"/>.</summary>
/// <param name="Places">Where each user's positions lie.</param>
/// <param name="Layers">One for each decoder layer.</param>
internal sealed record T5Reading(Sequences Places, T5KeyValues[] Layers) : IDisposable
{
    public void Dispose()
    {
        foreach (var layer in Layers)
            layer.Dispose();
    }
}
