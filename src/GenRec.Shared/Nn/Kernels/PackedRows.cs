using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn.Kernels;

/// <summary>What lies between the products of a search: passes over rows of whole vectors, without gradients or dropout.</summary>
/// <remarks>As in <see cref="RowKernels{TFormat, T}"/> all sums are float32; attention is, too, and what it reads is kept so.</remarks>
/// <typeparam name="TFormat">Format of the products.</typeparam>
/// <typeparam name="T">A number of it.</typeparam>
internal static class PackedRows<TFormat, T>
    where TFormat : struct, IProductFormat<T>
    where T : unmanaged
{
    private const int Lanes = 16;
    private const int RowsAtOnce = 32;

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
        if (typeof(T) == typeof(ushort))
        {
            BFloat16Rows.Relu(MemoryMarshal.Cast<T, ushort>(values));
            return;
        }
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

    /// <summary>Attention of each beam's newest position to all of its own; earlier ones are read where the beam's ancestors left them.</summary>
    /// <param name="positions">Each <c>[R_s, 3 H dk]</c>: query, key, value.</param>
    /// <param name="ancestors">Row of each beam's ancestor in each position; empty where it is the beam's own row.</param>
    /// <param name="biases">Added to the logits, <c>[H, t]</c>.</param>
    /// <param name="heads">H.</param>
    /// <param name="first">First beam.</param>
    /// <param name="mixed">What these beams read, <c>[beams, H dk]</c>.</param>
    public static void ReadOwn(
        IReadOnlyList<Tensor> positions,
        long[][] ancestors,
        ReadOnlySpan<float> biases,
        int heads,
        int first,
        Span<T> mixed
    )
    {
        var (inner, length) = ((int)positions[^1].shape[1] / 3, positions.Count);
        var (rows, width) = (mixed.Length / inner, inner / heads);
        // A few rows at a time, so that what is summed stays in cache from position to position.
        var some = Math.Min(rows, RowsAtOnce);
        var rented = ArrayPool<float>.Shared.Rent(some * (heads * length + inner));
        var shares = rented.AsSpan(0, some * heads * length); // [R, H, t]
        var sums = rented.AsSpan(some * heads * length, some * inner);
        for (var start = 0; start < rows; start += RowsAtOnce)
        {
            var count = Math.Min(rows - start, RowsAtOnce);
            ref var queries = ref MemoryMarshal.GetReference(
                Rows(positions[^1]).Slice((first + start) * 3 * inner, count * 3 * inner)
            );
            for (var position = 0; position < length; position++)
            {
                var parts = Rows(positions[position]);
                for (var row = 0; row < count; row++)
                {
                    ref var query = ref Unsafe.Add(ref queries, row * 3 * inner);
                    ref var key = ref MemoryMarshal.GetReference(
                        parts.Slice(Source(position, start + row) * 3 * inner + inner, inner)
                    );
                    for (var head = 0; head < heads; head++)
                    {
                        var sum = Vector512<float>.Zero;
                        for (var at = head * width; at < (head + 1) * width; at += Lanes)
                            sum = Vector512.FusedMultiplyAdd(
                                TFormat.Load(ref query, at),
                                TFormat.Load(ref key, at),
                                sum
                            );
                        shares[(row * heads + head) * length + position] =
                            biases[head * length + position] + Vector512.Sum(sum);
                    }
                }
            }
            for (var at = 0; at < count * heads * length; at += length)
                SoftMaxShort(shares.Slice(at, length));
            sums.Clear();
            for (var position = 0; position < length; position++)
            {
                var parts = Rows(positions[position]);
                for (var row = 0; row < count; row++)
                {
                    ref var value = ref MemoryMarshal.GetReference(
                        parts.Slice(Source(position, start + row) * 3 * inner + 2 * inner, inner)
                    );
                    ref var sum = ref MemoryMarshal.GetReference(sums.Slice(row * inner, inner));
                    for (var head = 0; head < heads; head++)
                    {
                        var share = Vector512.Create(shares[(row * heads + head) * length + position]);
                        for (var at = head * width; at < (head + 1) * width; at += Lanes)
                            Vector512
                                .FusedMultiplyAdd(
                                    TFormat.Load(ref value, at),
                                    share,
                                    Vector512.LoadUnsafe(ref sum, (nuint)at)
                                )
                                .StoreUnsafe(ref sum, (nuint)at);
                    }
                }
            }
            Narrow(sums[..(count * inner)], mixed[(start * inner)..]);
        }
        ArrayPool<float>.Shared.Return(rented);

        static Span<T> Rows(Tensor tensor) => MemoryMarshal.Cast<byte, T>(tensor.bytes);

        int Source(int position, int row)
        {
            var from = ancestors[position];
            return from.Length == 0 ? first + row : (int)from[first + row];
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

    private static void SoftMaxShort(Span<float> logits)
    {
        var (largest, sum) = (float.NegativeInfinity, 0f);
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        foreach (ref var logit in logits)
            sum += logit = MathF.Exp(logit - largest);
        foreach (ref var logit in logits)
            logit /= sum;
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
