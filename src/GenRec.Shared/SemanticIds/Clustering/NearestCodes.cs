using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>The nearest of some vectors for each of many points.</summary>
/// <remarks>
/// <c>|x - c|^2 = |x|^2 - 2 (x c - |c|^2 / 2)</c>: the nearest centre has the largest <c>x c - |c|^2 / 2</c>. Of equally near
/// ones the first is taken, on every device. With registers of 512 bits the scores are made and compared in them
/// (<see cref="PackedCodes"/>), elsewhere a block's matrix product is searched while it is in the cache.
/// </remarks>
internal static class NearestCodes
{
    private const int BlockScores = 1 << 18; // 1 MiB of float32: stays in the second-level cache
    private const long ProductsOfAThread = 1 << 24; // a third of a millisecond: less is not worth waking a thread for

    /// <summary>Assigns points on the CPU.</summary>
    /// <param name="points"><c>[n, d]</c>, float32, contiguous, CPU.</param>
    /// <param name="centres"><c>[k, d]</c>, float32, CPU.</param>
    /// <param name="nearest">Filled with the nearest centre of each point, <c>[n]</c>.</param>
    /// <param name="distances">Filled with its squared distance, <c>[n]</c>; empty where not wanted.</param>
    public static void Assign(Tensor points, Tensor centres, Span<int> nearest, Span<float> distances)
    {
        if (PackedCodes.IsFast)
        {
            using var rowAfterRow = centres.contiguous();
            AssignInRegisters(points, new PackedCodes(Floats(rowAfterRow), (int)points.shape[1]), nearest, distances);
        }
        else
        {
            AssignByProducts(points, centres, nearest, distances);
        }
    }

    /// <summary><see cref="Assign"/> where <see cref="PackedCodes"/> are fast.</summary>
    internal static unsafe void AssignInRegisters(
        Tensor points,
        PackedCodes codes,
        Span<int> nearest,
        Span<float> distances
    )
    {
        var (rows, width) = ((int)points.shape[0], codes.Width);
        var keepsDistances = !distances.IsEmpty;
        fixed (byte* from = points.bytes)
        fixed (int* places = nearest)
        fixed (float* gaps = distances)
        {
            var (values, chosen, scores) = ((nint)from, (nint)places, (nint)gaps); // lambdas may not capture pointers
            InRanges(
                rows,
                (long)codes.Products,
                (start, size) =>
                {
                    var own = new ReadOnlySpan<float>((float*)values + (long)start * width, size * width);
                    var best = keepsDistances ? new Span<float>((float*)scores + start, size) : [];
                    codes.Search(own, new Span<int>((int*)chosen + start, size), best);
                    for (var row = 0; row < best.Length; row++)
                        best[row] = Math.Max(0, SquaredNorm(own.Slice(row * width, width)) - 2 * best[row]);
                }
            );
        }
    }

    /// <summary>Splits rows into as many ranges as there are threads, where the work is worth it.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="productsPerRow">Multiplications a row takes.</param>
    /// <param name="work">Told the first row and their number; on several threads at once.</param>
    internal static void InRanges(int rows, long productsPerRow, Action<int, int> work)
    {
        var threads = (int)Math.Clamp(rows * productsPerRow / ProductsOfAThread, 1, Math.Max(1, get_num_threads()));
        if (threads == 1)
        {
            work(0, rows);
            return;
        }
        const int Parts = 4; // of a thread's share: one that started late is helped by the others
        var size = (rows / (threads * Parts) + PackedCodes.TileRows) / PackedCodes.TileRows * PackedCodes.TileRows;
        Parallel.For(
            0,
            (rows + size - 1) / size,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            part => work(part * size, Math.Min(size, rows - part * size))
        );
    }

    /// <summary><see cref="Assign"/> on every processor.</summary>
    internal static void AssignByProducts(Tensor points, Tensor centres, Span<int> nearest, Span<float> distances)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (rows, width, count) = ((int)points.shape[0], (int)points.shape[1], (int)centres.shape[0]);
        var transposed = centres.t();
        var halves = HalfSquaredNorms(Floats(centres.contiguous()), width);
        var block = Math.Max(64, BlockScores / count);
        var values = Floats(points);
        for (var start = 0; start < rows; start += block)
        {
            var size = Math.Min(block, rows - start);
            using var part = points.narrow(0, start, size);
            using var products = part.mm(transposed);
            var scores = Floats(products);
            for (var row = 0; row < size; row++)
            {
                var best = ArgMax(scores.Slice(row * count, count), halves, out var score);
                nearest[start + row] = best;
                if (!distances.IsEmpty)
                    distances[start + row] = Math.Max(
                        0,
                        SquaredNorm(values.Slice((start + row) * width, width)) - 2 * score
                    );
            }
        }
    }

    /// <summary>The numbers of a contiguous CPU tensor of float32, without a copy.</summary>
    public static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>Half the squared norm of each row.</summary>
    public static float[] HalfSquaredNorms(ReadOnlySpan<float> rows, int width)
    {
        var halves = new float[rows.Length / width];
        for (var row = 0; row < halves.Length; row++)
            halves[row] = 0.5f * SquaredNorm(rows.Slice(row * width, width));
        return halves;
    }

    /// <summary>Place of the largest <c>scores - offsets</c>; of equal ones the first.</summary>
    /// <remarks>One pass finds the largest, four vectors at a time; a second one looks where it is, and stops there.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int ArgMax(ReadOnlySpan<float> scores, ReadOnlySpan<float> offsets, out float largest)
    {
        ref var score = ref MemoryMarshal.GetReference(scores);
        ref var offset = ref MemoryMarshal.GetReference(offsets[..scores.Length]);
        var step = Vector256<float>.Count;
        var (at, a) = (0, Vector256.Create(float.NegativeInfinity));
        var (b, c, d) = (a, a, a);
        for (; at <= scores.Length - 4 * step; at += 4 * step)
        {
            a = Vector256.MaxNative(a, Difference(ref score, ref offset, at));
            b = Vector256.MaxNative(b, Difference(ref score, ref offset, at + step));
            c = Vector256.MaxNative(c, Difference(ref score, ref offset, at + 2 * step));
            d = Vector256.MaxNative(d, Difference(ref score, ref offset, at + 3 * step));
        }
        for (; at <= scores.Length - step; at += step)
            a = Vector256.MaxNative(a, Difference(ref score, ref offset, at));
        a = Vector256.MaxNative(Vector256.MaxNative(a, b), Vector256.MaxNative(c, d));
        largest = float.NegativeInfinity;
        for (var lane = 0; lane < step; lane++)
            largest = Math.Max(largest, a.GetElement(lane));
        for (; at < scores.Length; at++)
            largest = Math.Max(largest, scores[at] - offsets[at]);

        var wanted = Vector256.Create(largest);
        for (at = 0; at <= scores.Length - step; at += step)
        {
            var equal = Vector256.Equals(Difference(ref score, ref offset, at), wanted).ExtractMostSignificantBits();
            if (equal != 0)
                return at + BitOperations.TrailingZeroCount(equal);
        }
        for (; at < scores.Length; at++)
            if (scores[at] - offsets[at] == largest)
                return at;
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Difference(ref float score, ref float offset, int at) =>
        Vector256.LoadUnsafe(ref score, (nuint)at) - Vector256.LoadUnsafe(ref offset, (nuint)at);

    /// <summary>Subtracts one row from another in place.</summary>
    public static void Subtract(Span<float> from, ReadOnlySpan<float> row)
    {
        var at = 0;
        for (; at <= from.Length - Vector<float>.Count; at += Vector<float>.Count)
            (new Vector<float>(from[at..]) - new Vector<float>(row[at..])).CopyTo(from[at..]);
        for (; at < from.Length; at++)
            from[at] -= row[at];
    }

    /// <summary>Adds one row to another in place.</summary>
    public static void Add(Span<float> to, ReadOnlySpan<float> row)
    {
        var at = 0;
        for (; at <= to.Length - Vector<float>.Count; at += Vector<float>.Count)
            (new Vector<float>(to[at..]) + new Vector<float>(row[at..])).CopyTo(to[at..]);
        for (; at < to.Length; at++)
            to[at] += row[at];
    }

    /// <summary>Sum of squares of a row.</summary>
    public static float SquaredNorm(ReadOnlySpan<float> row) => RowMath.Dot(row, row);

    /// <summary>Copies a matrix into a tensor on the CPU, owned by the caller.</summary>
    public static Tensor ToTensor(ReadOnlySpan<float> values, int rows, int columns)
    {
        var made = empty(rows, columns, dtype: ScalarType.Float32);
        values.CopyTo(Floats(made));
        return made;
    }
}
