using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Importers;

/// <summary>A table of float32 numbers, row after row, for example one vector an item.</summary>
public sealed class EmbeddingMatrix : RichObject
{
    private readonly float[] values;

    /// <summary>Wraps numbers without copying them.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="values"><c>[rows * columns]</c>, row after row.</param>
    /// <exception cref="ArgumentException">The number of values does not fit.</exception>
    public EmbeddingMatrix(int rows, int columns, float[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentNullException.ThrowIfNull(values);
        if ((long)rows * columns != values.Length)
            throw new ArgumentException($"{values.Length} values do not make {rows} x {columns}.", nameof(values));
        (Rows, Columns, this.values) = (rows, columns, values);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>All numbers, row after row.</summary>
    public ReadOnlySpan<float> Values => values;

    /// <summary>One row, <c>[Columns]</c>.</summary>
    public ReadOnlySpan<float> this[int row] =>
        (uint)row < (uint)Rows
            ? values.AsSpan(row * Columns, Columns)
            : throw new ArgumentOutOfRangeException(nameof(row), row, $"There are {Rows} rows.");

    /// <summary>The matrix without its first rows, for files whose row 0 belongs to padding.</summary>
    /// <param name="count">How many rows to leave out.</param>
    public EmbeddingMatrix Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows);
        return new EmbeddingMatrix(Rows - count, Columns, values[(count * Columns)..]);
    }
}
