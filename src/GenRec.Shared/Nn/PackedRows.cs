using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Nn;

/// <summary>What lies between the products of a search: passes over rows of whole vectors, without gradients or dropout.</summary>
/// <remarks>As in <see cref="RowKernels{TFormat, T}"/> all sums are float32; attention is, too, and what it reads is kept so.</remarks>
/// <typeparam name="TFormat">Format of the products.</typeparam>
/// <typeparam name="T">A number of it.</typeparam>
internal static class PackedRows<TFormat, T>
    where TFormat : struct, IProductFormat<T>
    where T : unmanaged
{
    private const int Lanes = 16;

    /// <summary>Rows of a table.</summary>
    /// <param name="ids">Which rows, <c>[S]</c>.</param>
    /// <param name="table"><c>[V D]</c>.</param>
    /// <param name="width">D.</param>
    /// <param name="x"><c>[S D]</c>, or more.</param>
    public static void Embed(ReadOnlySpan<int> ids, ReadOnlySpan<float> table, int width, Span<float> x)
    {
        for (var row = 0; row < ids.Length; row++)
            table.Slice(ids[row] * width, width).CopyTo(x[(row * width)..]);
    }

    /// <summary>As float32.</summary>
    public static void Widen(ReadOnlySpan<T> values, Span<float> to)
    {
        if (typeof(T) == typeof(float))
        {
            MemoryMarshal.Cast<T, float>(values).CopyTo(to);
            return;
        }
        ref var source = ref MemoryMarshal.GetReference(values);
        ref var target = ref MemoryMarshal.GetReference(to[..values.Length]);
        var whole = values.Length - values.Length % Lanes;
        for (var at = 0; at < whole; at += Lanes)
            TFormat.Load(ref source, at).StoreUnsafe(ref target, (nuint)at);
        for (var at = whole; at < values.Length; at++)
            to[at] = TFormat.Widen(values[at]);
    }

    /// <summary>In the format of the products; whole vectors.</summary>
    public static void Narrow(ReadOnlySpan<float> values, Span<T> to)
    {
        if (typeof(T) == typeof(float))
        {
            values.CopyTo(MemoryMarshal.Cast<T, float>(to));
            return;
        }
        ref var source = ref MemoryMarshal.GetReference(values);
        ref var target = ref MemoryMarshal.GetReference(to[..values.Length]);
        for (var at = 0; at < values.Length; at += Lanes)
            TFormat.Store(Vector512.LoadUnsafe(ref source, (nuint)at), ref target, at);
    }

    /// <summary>Sets negative numbers to 0; whole vectors.</summary>
    public static void Relu(Span<T> values)
    {
        ref var start = ref MemoryMarshal.GetReference(values);
        for (var at = 0; at < values.Length; at += Lanes)
            TFormat.Store(Vector512.Max(TFormat.Load(ref start, at), Vector512<float>.Zero), ref start, at);
    }

    /// <summary>One part of each row as float32.</summary>
    /// <param name="rows"><c>[S, stride]</c>.</param>
    /// <param name="stride">Numbers of a row.</param>
    /// <param name="column">First of the part.</param>
    /// <param name="width">Numbers of the part.</param>
    /// <param name="part"><c>[S, width]</c>.</param>
    public static void Split(ReadOnlySpan<T> rows, int stride, int column, int width, Span<float> part)
    {
        for (var row = 0; row * stride < rows.Length; row++)
            Widen(rows.Slice(row * stride + column, width), part[(row * width)..]);
    }

    /// <summary>Puts keys and values of positions where attention reads them.</summary>
    /// <param name="rows">Key at <paramref name="column"/>, then value, <c>[S, stride]</c>.</param>
    /// <param name="stride">Numbers of a row.</param>
    /// <param name="column">First number of the key.</param>
    /// <param name="inner">H dk, numbers of a key and of a value.</param>
    /// <param name="places">All sequences.</param>
    /// <param name="from">Position of the first row.</param>
    /// <param name="keys">Sequence after sequence <c>[H dk, P]</c>.</param>
    /// <param name="values"><c>[tokens, H dk]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Keep(
        ReadOnlySpan<T> rows,
        int stride,
        int column,
        int inner,
        Sequences places,
        int from,
        Span<float> keys,
        Span<float> values
    )
    {
        Split(rows, stride, column + inner, inner, values[(from * inner)..]);
        var count = rows.Length / stride;
        Span<float> vector = stackalloc float[Lanes];
        ref var source = ref MemoryMarshal.GetReference(rows);
        for (int row = 0, here; row < count; row += here)
        {
            var sequence = places.Of(from + row);
            var (first, length, padded) = (
                from + row - places.Start(sequence),
                places.Length(sequence),
                places.Padded(sequence)
            );
            here = Math.Min(count - row, length - first);
            ref var own = ref MemoryMarshal.GetReference(keys.Slice(inner * places.Column(sequence), inner * padded));
            for (var at = 0; at < here; at++)
            for (var part = 0; part < inner; part += Lanes)
            {
                TFormat.Load(ref source, (row + at) * stride + column + part).CopyTo(vector);
                ref var to = ref Unsafe.Add(ref own, part * padded + first + at);
                for (var lane = 0; lane < Lanes; lane++)
                    Unsafe.Add(ref to, lane * padded) = vector[lane];
            }
            if (first + here == length && padded > length)
                for (var part = 0; part < inner; part++)
                    keys.Slice(inner * places.Column(sequence) + part * padded + length, padded - length).Clear();
        }
    }

    /// <summary><c>softmax(q k + bias) v</c> of rows that read one sequence, head by head: T5 scales nothing.</summary>
    /// <param name="queries"><c>[R, H dk]</c>.</param>
    /// <param name="keys">The sequence's, <c>[H dk, P]</c>, 0 behind its end.</param>
    /// <param name="values">The sequence's, <c>[L, H dk]</c>.</param>
    /// <param name="inner">H dk.</param>
    /// <param name="heads">H.</param>
    /// <param name="bias">Added to the logits: of head h, row r and key k it stands at <c>(h B + r) B + k</c>; empty adds nothing.</param>
    /// <param name="biasLength">B.</param>
    /// <param name="mixed"><c>[R, H dk]</c>.</param>
    public static void Attend(
        ReadOnlySpan<float> queries,
        ReadOnlySpan<float> keys,
        ReadOnlySpan<float> values,
        int inner,
        int heads,
        ReadOnlySpan<float> bias,
        int biasLength,
        Span<float> mixed
    )
    {
        var (rows, length, padded, width) = (
            queries.Length / inner,
            values.Length / inner,
            keys.Length / inner,
            inner / heads
        );
        var rented = ArrayPool<float>.Shared.Rent(rows * padded);
        var shares = rented.AsSpan(0, rows * padded);
        for (var head = 0; head < heads; head++)
        {
            PackedMatrix.Multiply(
                queries[(head * width)..],
                inner,
                keys.Slice(head * width * padded, width * padded),
                padded,
                width,
                shares,
                padded,
                rows,
                padded,
                false
            );
            for (var row = 0; row < rows; row++)
            {
                var logits = shares.Slice(row * padded, padded);
                if (!bias.IsEmpty)
                    RowMath.AddScaled(bias.Slice((head * biasLength + row) * biasLength, length), 1, logits[..length]);
                logits[length..].Fill(float.NegativeInfinity);
                SoftMax(logits);
            }
            PackedMatrix.Multiply(
                shares,
                padded,
                values[(head * width)..],
                inner,
                length,
                mixed[(head * width)..],
                inner,
                rows,
                width,
                false
            );
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary><c>x_r += sum_k g_rk y_p(rk)</c>.</summary>
    /// <param name="made">y, rows of D numbers.</param>
    /// <param name="places">p, row of each slot, <c>[R, K]</c>.</param>
    /// <param name="gates"><c>[R, K]</c>.</param>
    /// <param name="active">K.</param>
    /// <param name="width">D.</param>
    /// <param name="x"><c>[R, D]</c>.</param>
    public static void AddChosen(
        Span<T> made,
        ReadOnlySpan<int> places,
        ReadOnlySpan<float> gates,
        int active,
        int width,
        Span<float> x
    )
    {
        for (var slot = 0; slot < x.Length / width * active; slot++)
        {
            ref var from = ref MemoryMarshal.GetReference(made.Slice(places[slot] * width, width));
            ref var to = ref MemoryMarshal.GetReference(x.Slice(slot / active * width, width));
            var gate = Vector512.Create(gates[slot]);
            for (var at = 0; at < width; at += Lanes)
            {
                var sum = Vector512.FusedMultiplyAdd(
                    TFormat.Load(ref from, at),
                    gate,
                    Vector512.LoadUnsafe(ref to, (nuint)at)
                );
                sum.StoreUnsafe(ref to, (nuint)at);
            }
        }
    }

    private static void SoftMax(Span<float> logits)
    {
        ref var start = ref MemoryMarshal.GetReference(logits);
        var tops = Vector512.LoadUnsafe(ref start);
        for (nuint at = Lanes; at < (nuint)logits.Length; at += Lanes)
            tops = Vector512.Max(tops, Vector512.LoadUnsafe(ref start, at));
        var half = Vector256.Max(tops.GetLower(), tops.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        var largest = Vector512.Create(Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3])));
        var sums = Vector512<float>.Zero;
        for (nuint at = 0; at < (nuint)logits.Length; at += Lanes)
        {
            var value = Vector512.Exp(Vector512.LoadUnsafe(ref start, at) - largest);
            sums += value;
            value.StoreUnsafe(ref start, at);
        }
        var share = Vector512.Create(1 / Vector512.Sum(sums));
        for (nuint at = 0; at < (nuint)logits.Length; at += Lanes)
            (Vector512.LoadUnsafe(ref start, at) * share).StoreUnsafe(ref start, at);
    }
}
