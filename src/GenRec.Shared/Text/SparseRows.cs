using System.Numerics;

namespace GenRec.Shared.Text;

/// <summary>A matrix most of whose numbers are zero, row by row (compressed sparse rows).</summary>
/// <param name="Columns">Number of columns.</param>
/// <param name="Offsets"><c>[rows + 1]</c>: where each row's entries begin.</param>
/// <param name="Places">Column of each entry.</param>
/// <param name="Values">Value of each entry.</param>
internal sealed record SparseRows(int Columns, int[] Offsets, int[] Places, double[] Values)
{
    public int Rows => Offsets.Length - 1;

    /// <summary><c>this * dense</c>.</summary>
    /// <param name="dense"><c>[Columns, width]</c>.</param>
    /// <param name="width">Columns of the dense matrix.</param>
    /// <returns><c>[Rows, width]</c>.</returns>
    public double[] Times(double[] dense, int width)
    {
        var product = new double[Rows * width];
        for (var row = 0; row < Rows; row++)
        for (var at = Offsets[row]; at < Offsets[row + 1]; at++)
            AddScaled(product.AsSpan(row * width, width), dense.AsSpan(Places[at] * width, width), Values[at]);
        return product;
    }

    /// <summary><c>this^T * dense</c>.</summary>
    /// <param name="dense"><c>[Rows, width]</c>.</param>
    /// <param name="width">Columns of the dense matrix.</param>
    /// <returns><c>[Columns, width]</c>.</returns>
    public double[] TransposedTimes(double[] dense, int width)
    {
        var product = new double[Columns * width];
        for (var row = 0; row < Rows; row++)
        for (var at = Offsets[row]; at < Offsets[row + 1]; at++)
            AddScaled(product.AsSpan(Places[at] * width, width), dense.AsSpan(row * width, width), Values[at]);
        return product;
    }

    private static void AddScaled(Span<double> to, ReadOnlySpan<double> row, double factor)
    {
        var (at, wide) = (0, Vector<double>.Count);
        for (; at <= to.Length - wide; at += wide)
            (new Vector<double>(to[at..]) + factor * new Vector<double>(row[at..])).CopyTo(to[at..]);
        for (; at < to.Length; at++)
            to[at] += factor * row[at];
    }
}
