using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GenRec.Shared.Runtime;

/// <summary>Float32 products of a few rows with a matrix that is used again and again.</summary>
/// <remarks>
/// A library arranges the larger matrix anew for each product, which for the fifty rows of a beam search takes half as long as
/// the product itself; here it is arranged once. The kernels hold four rows and four vectors of columns in registers, as is
/// usual since Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 2008.
/// </remarks>
internal sealed class PackedMatrix
{
    /// <summary>Numbers in a vector.</summary>
    public const int Lanes = 16;

    private const int Panel = 4 * Lanes; // columns that are computed together
    private const int RowsAtOnce = 4;
    private readonly float[] panels; // panel after panel, each [K, 64], columns behind the last 0
    private readonly int start; // first number at a border of cache lines

    /// <summary>Arranges a weight of a linear layer.</summary>
    /// <param name="weight"><c>[N K]</c>.</param>
    /// <param name="outputs">N.</param>
    public PackedMatrix(ReadOnlySpan<float> weight, int outputs)
        : this(outputs, weight.Length / outputs) => Arrange(weight);

    /// <summary>Memory for a weight; <see cref="Arrange"/> fills it.</summary>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    public PackedMatrix(int outputs, int inputs)
    {
        (Outputs, Inputs) = (outputs, inputs);
        var count = (outputs + Panel - 1) / Panel;
        panels = GC.AllocateArray<float>(count * Inputs * Panel + Lanes, pinned: true);
        var address = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(panels, 0);
        start = (int)((64 - address % 64) % 64 / sizeof(float));
    }

    /// <summary>Takes the values of a weight <c>[N K]</c>.</summary>
    public void Arrange(ReadOnlySpan<float> weight)
    {
        for (var output = 0; output < Outputs; output++)
        {
            var at = start + output / Panel * Inputs * Panel + output % Panel;
            for (var input = 0; input < Inputs; input++, at += Panel)
                panels[at] = weight[output * Inputs + input];
        }
    }

    /// <summary>Whether the kernels are worth using: they are written for sixteen numbers a register.</summary>
    public static bool Pays => Vector512.IsHardwareAccelerated;

    /// <summary>N.</summary>
    public int Outputs { get; }

    /// <summary>K.</summary>
    public int Inputs { get; }

    /// <summary><c>y = x W^T</c>, or added to y.</summary>
    /// <param name="x"><c>[R K]</c>.</param>
    /// <param name="y"><c>[R N]</c>.</param>
    /// <param name="add">Whether y is added to.</param>
    public void Multiply(ReadOnlySpan<float> x, Span<float> y, bool add = false)
    {
        var rows = x.Length / Inputs;
        ArgumentOutOfRangeException.ThrowIfLessThan(y.Length, rows * Outputs);
        for (var column = 0; column < Outputs; column += Panel)
        {
            var panel = panels.AsSpan(start + column * Inputs, Inputs * Panel);
            var whole = Math.Min(Panel, (Outputs - column) / Lanes * Lanes);
            Multiply(x, Inputs, panel, Panel, Inputs, y[column..], Outputs, rows, whole, add);
            if (column + whole < Math.Min(column + Panel, Outputs))
                Rest(x, panel[whole..], y, column + whole, rows, add);
        }
    }

    /// <summary><c>y = x M</c> for rows that lie apart and any matrix; nothing is arranged.</summary>
    /// <param name="x">R rows of <paramref name="inner"/> numbers.</param>
    /// <param name="xStride">From row to row.</param>
    /// <param name="matrix"><paramref name="inner"/> rows of <paramref name="columns"/> numbers.</param>
    /// <param name="stride">From row to row of the matrix.</param>
    /// <param name="inner">K.</param>
    /// <param name="y">R rows of <paramref name="columns"/> numbers.</param>
    /// <param name="yStride">From row to row.</param>
    /// <param name="rows">R.</param>
    /// <param name="columns">N, a multiple of <see cref="Lanes"/>.</param>
    /// <param name="add">Whether y is added to.</param>
    public static void Multiply(
        ReadOnlySpan<float> x,
        int xStride,
        ReadOnlySpan<float> matrix,
        int stride,
        int inner,
        Span<float> y,
        int yStride,
        int rows,
        int columns,
        bool add
    )
    {
        if (rows == 0 || columns == 0)
            return;
        // The kernels check no bounds.
        ArgumentOutOfRangeException.ThrowIfLessThan(x.Length, (rows - 1) * xStride + inner);
        ArgumentOutOfRangeException.ThrowIfLessThan(matrix.Length, (inner - 1) * stride + columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(y.Length, (rows - 1) * yStride + columns);
        ref var left = ref MemoryMarshal.GetReference(x);
        ref var right = ref MemoryMarshal.GetReference(matrix);
        ref var to = ref MemoryMarshal.GetReference(y);
        var column = 0;
        for (; column + Panel <= columns; column += Panel)
        {
            var row = 0;
            for (; row + RowsAtOnce <= rows; row += RowsAtOnce)
                Four(
                    ref Unsafe.Add(ref left, row * xStride),
                    xStride,
                    ref Unsafe.Add(ref right, column),
                    stride,
                    inner,
                    ref Unsafe.Add(ref to, row * yStride + column),
                    yStride,
                    add
                );
            for (; row < rows; row++)
                One(
                    ref Unsafe.Add(ref left, row * xStride),
                    ref Unsafe.Add(ref right, column),
                    stride,
                    inner,
                    ref Unsafe.Add(ref to, row * yStride + column),
                    add
                );
        }
        for (; column < columns; column += Lanes)
        {
            var row = 0;
            for (; row + RowsAtOnce <= rows; row += RowsAtOnce)
                FourNarrow(
                    ref Unsafe.Add(ref left, row * xStride),
                    xStride,
                    ref Unsafe.Add(ref right, column),
                    stride,
                    inner,
                    ref Unsafe.Add(ref to, row * yStride + column),
                    yStride,
                    add
                );
            for (; row < rows; row++)
                OneNarrow(
                    ref Unsafe.Add(ref left, row * xStride),
                    ref Unsafe.Add(ref right, column),
                    stride,
                    inner,
                    ref Unsafe.Add(ref to, row * yStride + column),
                    add
                );
        }
    }

    /// <summary>The columns behind the last whole vector.</summary>
    private void Rest(ReadOnlySpan<float> x, ReadOnlySpan<float> panel, Span<float> y, int column, int rows, bool add)
    {
        Span<float> vector = stackalloc float[Lanes];
        for (var row = 0; row < rows; row++)
        {
            Multiply(x[(row * Inputs)..], Inputs, panel, Panel, Inputs, vector, Lanes, 1, Lanes, false);
            var to = y.Slice(row * Outputs + column, Outputs - column);
            for (var at = 0; at < to.Length; at++)
                to[at] = vector[at] + (add ? to[at] : 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(
        ref float x,
        int xStride,
        ref float matrix,
        int stride,
        int inner,
        ref float y,
        int yStride,
        bool add
    )
    {
        ref var x1 = ref Unsafe.Add(ref x, xStride);
        ref var x2 = ref Unsafe.Add(ref x, 2 * xStride);
        ref var x3 = ref Unsafe.Add(ref x, 3 * xStride);
        Vector512<float> a0,
            a1,
            a2,
            a3,
            b0,
            b1,
            b2,
            b3,
            c0,
            c1,
            c2,
            c3,
            d0,
            d1,
            d2,
            d3;
        a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = Vector512<float>.Zero;
        for (var at = 0; at < inner; at++)
        {
            var m0 = Vector512.LoadUnsafe(ref matrix);
            var m1 = Vector512.LoadUnsafe(ref matrix, Lanes);
            var m2 = Vector512.LoadUnsafe(ref matrix, 2 * Lanes);
            var m3 = Vector512.LoadUnsafe(ref matrix, 3 * Lanes);
            var value = Vector512.Create(Unsafe.Add(ref x, at));
            a0 = Vector512.FusedMultiplyAdd(value, m0, a0);
            a1 = Vector512.FusedMultiplyAdd(value, m1, a1);
            a2 = Vector512.FusedMultiplyAdd(value, m2, a2);
            a3 = Vector512.FusedMultiplyAdd(value, m3, a3);
            value = Vector512.Create(Unsafe.Add(ref x1, at));
            b0 = Vector512.FusedMultiplyAdd(value, m0, b0);
            b1 = Vector512.FusedMultiplyAdd(value, m1, b1);
            b2 = Vector512.FusedMultiplyAdd(value, m2, b2);
            b3 = Vector512.FusedMultiplyAdd(value, m3, b3);
            value = Vector512.Create(Unsafe.Add(ref x2, at));
            c0 = Vector512.FusedMultiplyAdd(value, m0, c0);
            c1 = Vector512.FusedMultiplyAdd(value, m1, c1);
            c2 = Vector512.FusedMultiplyAdd(value, m2, c2);
            c3 = Vector512.FusedMultiplyAdd(value, m3, c3);
            value = Vector512.Create(Unsafe.Add(ref x3, at));
            d0 = Vector512.FusedMultiplyAdd(value, m0, d0);
            d1 = Vector512.FusedMultiplyAdd(value, m1, d1);
            d2 = Vector512.FusedMultiplyAdd(value, m2, d2);
            d3 = Vector512.FusedMultiplyAdd(value, m3, d3);
            matrix = ref Unsafe.Add(ref matrix, stride);
        }
        Write(ref y, a0, a1, a2, a3, add);
        Write(ref Unsafe.Add(ref y, yStride), b0, b1, b2, b3, add);
        Write(ref Unsafe.Add(ref y, 2 * yStride), c0, c1, c2, c3, add);
        Write(ref Unsafe.Add(ref y, 3 * yStride), d0, d1, d2, d3, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(ref float x, ref float matrix, int stride, int inner, ref float y, bool add)
    {
        Vector512<float> a0,
            a1,
            a2,
            a3;
        a0 = a1 = a2 = a3 = Vector512<float>.Zero;
        for (var at = 0; at < inner; at++)
        {
            var value = Vector512.Create(Unsafe.Add(ref x, at));
            a0 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref matrix), a0);
            a1 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref matrix, Lanes), a1);
            a2 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref matrix, 2 * Lanes), a2);
            a3 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref matrix, 3 * Lanes), a3);
            matrix = ref Unsafe.Add(ref matrix, stride);
        }
        Write(ref y, a0, a1, a2, a3, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourNarrow(
        ref float x,
        int xStride,
        ref float matrix,
        int stride,
        int inner,
        ref float y,
        int yStride,
        bool add
    )
    {
        Vector512<float> a,
            b,
            c,
            d;
        a = b = c = d = Vector512<float>.Zero;
        for (var at = 0; at < inner; at++)
        {
            var m = Vector512.LoadUnsafe(ref matrix);
            a = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x, at)), m, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x, xStride + at)), m, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x, 2 * xStride + at)), m, c);
            d = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x, 3 * xStride + at)), m, d);
            matrix = ref Unsafe.Add(ref matrix, stride);
        }
        Write(ref y, a, add);
        Write(ref Unsafe.Add(ref y, yStride), b, add);
        Write(ref Unsafe.Add(ref y, 2 * yStride), c, add);
        Write(ref Unsafe.Add(ref y, 3 * yStride), d, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneNarrow(ref float x, ref float matrix, int stride, int inner, ref float y, bool add)
    {
        var (even, odd) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var at = 0;
        for (; at + 1 < inner; at += 2)
        {
            even = Vector512.FusedMultiplyAdd(
                Vector512.Create(Unsafe.Add(ref x, at)),
                Vector512.LoadUnsafe(ref matrix),
                even
            );
            odd = Vector512.FusedMultiplyAdd(
                Vector512.Create(Unsafe.Add(ref x, at + 1)),
                Vector512.LoadUnsafe(ref matrix, (nuint)stride),
                odd
            );
            matrix = ref Unsafe.Add(ref matrix, 2 * stride);
        }
        if (at < inner)
            even = Vector512.FusedMultiplyAdd(
                Vector512.Create(Unsafe.Add(ref x, at)),
                Vector512.LoadUnsafe(ref matrix),
                even
            );
        Write(ref y, even + odd, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(
        ref float y,
        Vector512<float> first,
        Vector512<float> second,
        Vector512<float> third,
        Vector512<float> fourth,
        bool add
    )
    {
        Write(ref y, first, add);
        Write(ref Unsafe.Add(ref y, Lanes), second, add);
        Write(ref Unsafe.Add(ref y, 2 * Lanes), third, add);
        Write(ref Unsafe.Add(ref y, 3 * Lanes), fourth, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(ref float y, Vector512<float> values, bool add) =>
        (add ? values + Vector512.LoadUnsafe(ref y) : values).StoreUnsafe(ref y);
}
