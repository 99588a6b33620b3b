using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Nn.Kernels;

/// <summary>What lies between the products of a mixture of experts, one pass over memory each; see <see cref="RowKernels{TFormat, T}"/>.</summary>
/// <typeparam name="TFormat">Format of the products.</typeparam>
/// <typeparam name="T">A number of it.</typeparam>
internal static class ExpertKernels<TFormat, T>
    where TFormat : struct, IProductFormat<T>
    where T : unmanaged
{
    private const int Lanes = RowKernels<TFormat, T>.Lanes;
    private const int RowsAtOnce = 32; // of a mask: with rows of whole vectors these are whole groups

    /// <summary>Copies each token's row to its experts.</summary>
    /// <param name="rows"><c>[S D]</c>.</param>
    /// <param name="tokens">Whose row each of the result is, -1 for zeros, <c>[P]</c>.</param>
    /// <param name="sorted"><c>[P D]</c>.</param>
    public static void Sort(ReadOnlySpan<float> rows, ReadOnlySpan<int> tokens, Span<T> sorted)
    {
        var width = sorted.Length / Math.Max(tokens.Length, 1);
        for (var row = 0; row < tokens.Length; row++)
        {
            var target = sorted.Slice(row * width, width);
            if (tokens[row] < 0)
            {
                target.Clear();
                continue;
            }
            ref var from = ref MemoryMarshal.GetReference(rows.Slice(tokens[row] * width, width));
            ref var to = ref MemoryMarshal.GetReference(target);
            for (var at = 0; at < width; at += Lanes)
                TFormat.Store(Vector512.LoadUnsafe(ref from, (nuint)at), ref to, at);
        }
    }

    /// <summary><c>x' = x + drop(sum_k g_k y_k)</c>; rows without a token are copied.</summary>
    /// <param name="x"><c>[.. D]</c>.</param>
    /// <param name="made">What the experts made, <c>[P D]</c>.</param>
    /// <param name="gates"><c>[S K]</c>.</param>
    /// <param name="places">Rows of <paramref name="made"/>, <c>[S K]</c>.</param>
    /// <param name="active">K.</param>
    /// <param name="mask">Of the sum.</param>
    /// <param name="sum"><c>[.. D]</c>.</param>
    /// <param name="width">D.</param>
    public static void Mix(
        ReadOnlySpan<float> x,
        Span<T> made,
        ReadOnlySpan<float> gates,
        ReadOnlySpan<int> places,
        int active,
        DropMask mask,
        Span<float> sum,
        int width
    )
    {
        var tokens = gates.Length / active;
        var masks = ArrayPool<float>.Shared.Rent(RowsAtOnce * width);
        ref var source = ref MemoryMarshal.GetReference(made);
        for (var token = 0; token < tokens; token++)
        {
            if (token % RowsAtOnce == 0)
                mask.Fill(masks.AsSpan(0, Math.Min(RowsAtOnce, tokens - token) * width), (long)token * width);
            ref var keep = ref masks[token % RowsAtOnce * width];
            ref var from = ref MemoryMarshal.GetReference(x.Slice(token * width, width));
            ref var to = ref MemoryMarshal.GetReference(sum.Slice(token * width, width));
            for (var at = 0; at < width; at += Lanes)
            {
                var mixed = Vector512<float>.Zero;
                for (var slot = token * active; slot < (token + 1) * active; slot++)
                    mixed += TFormat.Load(ref source, places[slot] * width + at) * gates[slot];
                mixed *= Vector512.LoadUnsafe(ref keep, (nuint)at);
                (Vector512.LoadUnsafe(ref from, (nuint)at) + mixed).StoreUnsafe(ref to, (nuint)at);
            }
        }
        x[(tokens * width)..].CopyTo(sum[(tokens * width)..]);
        ArrayPool<float>.Shared.Return(masks);
    }

    /// <summary>The gradient of <see cref="Mix"/> behind its dropout, for what the experts made and for the gates.</summary>
    /// <param name="outcome">Gradient of the mean, <c>[.. D]</c>.</param>
    /// <param name="made">As given to <see cref="Mix"/>.</param>
    /// <param name="gates">The same.</param>
    /// <param name="places">The same.</param>
    /// <param name="active">The same.</param>
    /// <param name="madeGradient">Takes that of <paramref name="made"/>; rows without a token become 0.</param>
    /// <param name="gateGradient">Takes that of <paramref name="gates"/>.</param>
    /// <param name="width">D.</param>
    public static void MixGradient(
        ReadOnlySpan<float> outcome,
        Span<T> made,
        ReadOnlySpan<float> gates,
        ReadOnlySpan<int> places,
        int active,
        Span<T> madeGradient,
        Span<float> gateGradient,
        int width
    )
    {
        madeGradient.Clear();
        ref var source = ref MemoryMarshal.GetReference(made);
        ref var target = ref MemoryMarshal.GetReference(madeGradient);
        for (var slot = 0; slot < gates.Length; slot++)
        {
            ref var given = ref MemoryMarshal.GetReference(outcome.Slice(slot / active * width, width));
            var (row, gate, along) = (places[slot] * width, Vector512.Create(gates[slot]), Vector512<float>.Zero);
            for (var at = 0; at < width; at += Lanes)
            {
                var value = Vector512.LoadUnsafe(ref given, (nuint)at);
                along = Vector512.FusedMultiplyAdd(value, TFormat.Load(ref source, row + at), along);
                TFormat.Store(value * gate, ref target, row + at);
            }
            gateGradient[slot] = Vector512.Sum(along);
        }
    }

    /// <summary>Adds to each token's row what its experts' rows hold.</summary>
    /// <param name="sorted"><c>[P D]</c>.</param>
    /// <param name="places">Rows of <paramref name="sorted"/>, <c>[S K]</c>.</param>
    /// <param name="active">K.</param>
    /// <param name="rows"><c>[.. D]</c>, added to.</param>
    /// <param name="width">D.</param>
    public static void AddSorted(Span<T> sorted, ReadOnlySpan<int> places, int active, Span<float> rows, int width)
    {
        ref var source = ref MemoryMarshal.GetReference(sorted);
        for (var token = 0; token < places.Length / active; token++)
        {
            ref var to = ref MemoryMarshal.GetReference(rows.Slice(token * width, width));
            for (var at = 0; at < width; at += Lanes)
            {
                var sum = Vector512.LoadUnsafe(ref to, (nuint)at);
                for (var slot = token * active; slot < (token + 1) * active; slot++)
                    sum += TFormat.Load(ref source, places[slot] * width + at);
                sum.StoreUnsafe(ref to, (nuint)at);
            }
        }
    }
}
