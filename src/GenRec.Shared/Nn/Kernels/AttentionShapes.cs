using GenRec.Shared.Runtime;

namespace GenRec.Shared.Nn.Kernels;

/// <summary>Sequences of one length, cut into heads.</summary>
/// <param name="Count">n, sequences.</param>
/// <param name="Length">L, positions of each.</param>
/// <param name="Heads">H.</param>
/// <param name="Width">d, of one head.</param>
/// <param name="Rows">R, rows of a head's matrix, at least L.</param>
internal readonly record struct HeadShape(int Count, int Length, int Heads, int Width, int Rows)
{
    /// <summary>Numbers of a sequence's matrices.</summary>
    public int Size => Heads * Rows * Width;
}

/// <summary>Attention weights of sequences of one length.</summary>
/// <param name="Count">n, sequences.</param>
/// <param name="Heads">H.</param>
/// <param name="Queries">Q.</param>
/// <param name="Keys">K.</param>
/// <param name="Rows">R, rows of a matrix, at least Q.</param>
/// <param name="Stride">S, weights of a row, at least K.</param>
internal readonly record struct WeightShape(int Count, int Heads, int Queries, int Keys, int Rows, int Stride)
{
    /// <summary>One for each sequence and head.</summary>
    public int Matrices => Count * Heads;

    /// <summary>Elements of all matrices.</summary>
    public int Size => Matrices * Rows * Stride;

    /// <summary>Elements that a matrix takes of a mask, whose pieces start at whole steps.</summary>
    public int MaskSize => (Rows * Stride + DropMask.Step - 1) / DropMask.Step * DropMask.Step;
}
