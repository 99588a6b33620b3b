using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GenRec.Shared.Runtime;

/// <summary>Float32 products of a few rows with a matrix that is used again and again.</summary>
/// <remarks>
/// A library arranges the larger matrix anew for each product, which for the fifty rows of a beam search takes half as long as
/// the product itself; here it is arranged once. The kernels hold six rows and four vectors of columns in registers, as is
/// usual since Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 2008, and ask for the
/// matrix some rows ahead, because a panel of 64 columns and 128 rows fills the first cache alone.
/// </remarks>
internal sealed class PackedMatrix
{
    /// <summary>Numbers in a vector.</summary>
    public const int Lanes = 16;

    private const int Panel = 4 * Lanes; // columns that are computed together
    private const int RowsAtOnce = 6;
    private const int Ahead = 16; // rows of the matrix
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

    /// <summary>Whether the kernels are worth using: a register must hold sixteen numbers, or eight.</summary>
    public static bool Pays => Vector256.IsHardwareAccelerated;

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
        // Registers of half the size are also half as many: six rows of sixteen columns are what they hold.
        var (wide, half) = Vector512.IsHardwareAccelerated
            ? (columns / Panel * Panel, columns / (2 * Lanes) * 2 * Lanes)
            : (0, 0);
        Columns<FourVectors>(ref left, xStride, ref right, stride, inner, ref to, yStride, rows, 0, wide, add);
        Columns<TwoVectors>(ref left, xStride, ref right, stride, inner, ref to, yStride, rows, wide, half, add);
        Columns<OneVector>(ref left, xStride, ref right, stride, inner, ref to, yStride, rows, half, columns, add);
    }

    /// <summary>The columns behind the last whole vector.</summary>
    private void Rest(ReadOnlySpan<float> x, ReadOnlySpan<float> panel, Span<float> y, int column, int rows, bool add)
    {
        Span<float> vectors = stackalloc float[RowsAtOnce * Lanes];
        for (var first = 0; first < rows; first += RowsAtOnce)
        {
            var count = Math.Min(RowsAtOnce, rows - first);
            Multiply(x[(first * Inputs)..], Inputs, panel, Panel, Inputs, vectors, Lanes, count, Lanes, false);
            for (var row = 0; row < count; row++)
            {
                var to = y.Slice((first + row) * Outputs + column, Outputs - column);
                for (var at = 0; at < to.Length; at++)
                    to[at] = vectors[row * Lanes + at] + (add ? to[at] : 0);
            }
        }
    }

    /// <summary>All rows of some columns, which are a whole number of <typeparamref name="TColumns"/>.</summary>
    private static void Columns<TColumns>(
        ref float x,
        int xStride,
        ref float matrix,
        int stride,
        int inner,
        ref float y,
        int yStride,
        int rows,
        int from,
        int to,
        bool add
    )
        where TColumns : struct, IProductColumns<TColumns>
    {
        for (var column = from; column < to; column += TColumns.Count)
        {
            ref var panel = ref Unsafe.Add(ref matrix, column);
            ref var target = ref Unsafe.Add(ref y, column);
            var row = 0;
            for (; row + RowsAtOnce <= rows; row += RowsAtOnce)
                Six<TColumns>(
                    ref Unsafe.Add(ref x, row * xStride),
                    xStride,
                    ref panel,
                    stride,
                    inner,
                    ref Unsafe.Add(ref target, row * yStride),
                    yStride,
                    add
                );
            for (; row + 2 <= rows; row += 2)
                Two<TColumns>(
                    ref Unsafe.Add(ref x, row * xStride),
                    xStride,
                    ref panel,
                    stride,
                    inner,
                    ref Unsafe.Add(ref target, row * yStride),
                    yStride,
                    add
                );
            if (row < rows)
                One<TColumns>(
                    ref Unsafe.Add(ref x, row * xStride),
                    ref panel,
                    stride,
                    inner,
                    ref Unsafe.Add(ref target, row * yStride),
                    add
                );
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Six<TColumns>(
        ref float x,
        int xStride,
        ref float matrix,
        int stride,
        int inner,
        ref float y,
        int yStride,
        bool add
    )
        where TColumns : struct, IProductColumns<TColumns>
    {
        ref var x1 = ref Unsafe.Add(ref x, xStride);
        ref var x2 = ref Unsafe.Add(ref x, 2 * xStride);
        ref var x3 = ref Unsafe.Add(ref x, 3 * xStride);
        ref var x4 = ref Unsafe.Add(ref x, 4 * xStride);
        ref var x5 = ref Unsafe.Add(ref x, 5 * xStride);
        TColumns a = default,
            b = default,
            c = default,
            d = default,
            e = default,
            f = default;
        for (var at = 0; at < inner; at++)
        {
            var columns = Next<TColumns>(ref matrix, stride);
            a = TColumns.Add(a, Vector512.Create(Unsafe.Add(ref x, at)), columns);
            b = TColumns.Add(b, Vector512.Create(Unsafe.Add(ref x1, at)), columns);
            c = TColumns.Add(c, Vector512.Create(Unsafe.Add(ref x2, at)), columns);
            d = TColumns.Add(d, Vector512.Create(Unsafe.Add(ref x3, at)), columns);
            e = TColumns.Add(e, Vector512.Create(Unsafe.Add(ref x4, at)), columns);
            f = TColumns.Add(f, Vector512.Create(Unsafe.Add(ref x5, at)), columns);
            matrix = ref Unsafe.Add(ref matrix, stride);
        }
        Write(ref y, a, add);
        Write(ref Unsafe.Add(ref y, yStride), b, add);
        Write(ref Unsafe.Add(ref y, 2 * yStride), c, add);
        Write(ref Unsafe.Add(ref y, 3 * yStride), d, add);
        Write(ref Unsafe.Add(ref y, 4 * yStride), e, add);
        Write(ref Unsafe.Add(ref y, 5 * yStride), f, add);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Two<TColumns>(
        ref float x,
        int xStride,
        ref float matrix,
        int stride,
        int inner,
        ref float y,
        int yStride,
        bool add
    )
        where TColumns : struct, IProductColumns<TColumns>
    {
        ref var x1 = ref Unsafe.Add(ref x, xStride);
        TColumns a = default,
            b = default;
        for (var at = 0; at < inner; at++)
        {
            var columns = Next<TColumns>(ref matrix, stride);
            a = TColumns.Add(a, Vector512.Create(Unsafe.Add(ref x, at)), columns);
            b = TColumns.Add(b, Vector512.Create(Unsafe.Add(ref x1, at)), columns);
            matrix = ref Unsafe.Add(ref matrix, stride);
        }
        Write(ref y, a, add);
        Write(ref Unsafe.Add(ref y, yStride), b, add);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void One<TColumns>(ref float x, ref float matrix, int stride, int inner, ref float y, bool add)
        where TColumns : struct, IProductColumns<TColumns>
    {
        TColumns a = default;
        for (var at = 0; at < inner; at++)
        {
            a = TColumns.Add(a, Vector512.Create(Unsafe.Add(ref x, at)), Next<TColumns>(ref matrix, stride));
            matrix = ref Unsafe.Add(ref matrix, stride);
        }
        Write(ref y, a, add);
    }

    /// <summary>A row of the matrix. The last rows of a panel ask for the first of the next, which lies behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe TColumns Next<TColumns>(ref float matrix, int stride)
        where TColumns : struct, IProductColumns<TColumns>
    {
        TColumns.Prefetch((float*)Unsafe.AsPointer(ref matrix) + Ahead * stride);
        return TColumns.Load(ref matrix);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<TColumns>(ref float y, TColumns sums, bool add)
        where TColumns : struct, IProductColumns<TColumns> =>
        TColumns.Store(add ? TColumns.Add(sums, Vector512<float>.One, TColumns.Load(ref y)) : sums, ref y);
}
