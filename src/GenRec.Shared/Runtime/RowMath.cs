using System.Numerics;
using System.Runtime.InteropServices;

namespace GenRec.Shared.Runtime;

/// <summary>Arithmetic on short rows of float32, vectorised: where an operator call would cost more than the work itself.</summary>
internal static class RowMath
{
    /// <summary>Sum of the products of two rows of equal length.</summary>
    public static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        ref var a = ref MemoryMarshal.GetReference(left);
        ref var b = ref MemoryMarshal.GetReference(right[..left.Length]);
        var (even, odd) = (Vector<float>.Zero, Vector<float>.Zero); // two sums: an addition need not wait for the one before
        var at = 0;
        for (; at <= left.Length - 2 * Vector<float>.Count; at += 2 * Vector<float>.Count)
        {
            var next = at + Vector<float>.Count;
            even += Vector.LoadUnsafe(ref a, (nuint)at) * Vector.LoadUnsafe(ref b, (nuint)at);
            odd += Vector.LoadUnsafe(ref a, (nuint)next) * Vector.LoadUnsafe(ref b, (nuint)next);
        }
        var sum = Vector.Sum(even + odd);
        for (; at < left.Length; at++)
            sum += left[at] * right[at];
        return sum;
    }

    /// <summary>Adds a multiple of one row to another of equal length.</summary>
    public static void AddScaled(ReadOnlySpan<float> row, float factor, Span<float> to)
    {
        ref var a = ref MemoryMarshal.GetReference(row);
        ref var b = ref MemoryMarshal.GetReference(to[..row.Length]);
        var at = 0;
        for (; at <= row.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            var sum = Vector.LoadUnsafe(ref b, (nuint)at) + Vector.LoadUnsafe(ref a, (nuint)at) * factor;
            sum.StoreUnsafe(ref b, (nuint)at);
        }
        for (; at < row.Length; at++)
            to[at] += row[at] * factor;
    }

    /// <summary>Writes <c>row * factor * weights</c>, element by element.</summary>
    public static void Scale(ReadOnlySpan<float> row, float factor, ReadOnlySpan<float> weights, Span<float> to)
    {
        ref var a = ref MemoryMarshal.GetReference(row);
        ref var w = ref MemoryMarshal.GetReference(weights[..row.Length]);
        ref var b = ref MemoryMarshal.GetReference(to[..row.Length]);
        var at = 0;
        for (; at <= row.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            var scaled = Vector.LoadUnsafe(ref a, (nuint)at) * factor * Vector.LoadUnsafe(ref w, (nuint)at);
            scaled.StoreUnsafe(ref b, (nuint)at);
        }
        for (; at < row.Length; at++)
            to[at] = row[at] * factor * weights[at];
    }

    /// <summary>Whether no number is NaN or infinite.</summary>
    public static bool AllFinite(ReadOnlySpan<float> values)
    {
        ref var a = ref MemoryMarshal.GetReference(values);
        var largest = new Vector<float>(float.MaxValue);
        var at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
            if (!Vector.LessThanOrEqualAll(Vector.Abs(Vector.LoadUnsafe(ref a, (nuint)at)), largest)) // false for NaN
                return false;
        for (; at < values.Length; at++)
            if (!float.IsFinite(values[at]))
                return false;
        return true;
    }
}
