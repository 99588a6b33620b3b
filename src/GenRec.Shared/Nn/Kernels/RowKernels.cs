using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Nn.Kernels;

/// <summary>What lies between a transformer's matrix products, forward and backward, one pass over memory each.</summary>
/// <remarks>
/// As separate operators every step below would write its result to memory and read it again, and dropout would keep its
/// masks. All sums are float32; only what goes into a product is in the product's format. Rows are multiples of
/// <see cref="Lanes"/> long, except those of attention weights and logits.
/// </remarks>
/// <typeparam name="TFormat">Format of the products.</typeparam>
/// <typeparam name="T">A number of it.</typeparam>
internal static class RowKernels<TFormat, T>
    where TFormat : struct, IProductFormat<T>
    where T : unmanaged
{
    /// <summary>Numbers in a vector.</summary>
    public const int Lanes = 16;

    private const int RowsAtOnce = 32; // of a mask: with rows of whole vectors these are whole groups
    private const int ElementsAtOnce = 4096;

    /// <summary><c>x' = x + drop(y)</c>.</summary>
    /// <param name="x"><c>[S D]</c>.</param>
    /// <param name="y"><c>[S D]</c>.</param>
    /// <param name="mask">Of y.</param>
    /// <param name="sum"><c>[S D]</c>.</param>
    public static void AddDropped(ReadOnlySpan<float> x, Span<T> y, DropMask mask, Span<float> sum)
    {
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var added = ref MemoryMarshal.GetReference(y);
        ref var to = ref MemoryMarshal.GetReference(sum);
        Span<float> masks = stackalloc float[ElementsAtOnce];
        for (var start = 0; start < x.Length; start += ElementsAtOnce)
        {
            var count = Math.Min(ElementsAtOnce, x.Length - start);
            mask.Fill(masks[..count], start);
            ref var keep = ref MemoryMarshal.GetReference(masks);
            for (var at = 0; at < count; at += Lanes)
            {
                var value =
                    Vector512.LoadUnsafe(ref from, (nuint)(start + at))
                    + TFormat.Load(ref added, start + at) * Vector512.LoadUnsafe(ref keep, (nuint)at);
                value.StoreUnsafe(ref to, (nuint)(start + at));
            }
        }
    }

    /// <summary>The gradient of <see cref="AddDropped"/> for y: <c>dy = drop(g)</c> with the same mask.</summary>
    public static void DropGradient(ReadOnlySpan<float> gradient, DropMask mask, Span<T> result)
    {
        ref var from = ref MemoryMarshal.GetReference(gradient);
        ref var to = ref MemoryMarshal.GetReference(result);
        Span<float> masks = stackalloc float[ElementsAtOnce];
        for (var start = 0; start < gradient.Length; start += ElementsAtOnce)
        {
            var count = Math.Min(ElementsAtOnce, gradient.Length - start);
            mask.Fill(masks[..count], start);
            ref var keep = ref MemoryMarshal.GetReference(masks);
            for (var at = 0; at < count; at += Lanes)
                TFormat.Store(
                    Vector512.LoadUnsafe(ref from, (nuint)(start + at)) * Vector512.LoadUnsafe(ref keep, (nuint)at),
                    ref to,
                    start + at
                );
        }
    }

    /// <summary>Rows of a table, dropped.</summary>
    /// <param name="ids">Which rows, <c>[S]</c>.</param>
    /// <param name="table"><c>[V D]</c>.</param>
    /// <param name="mask">Of the result.</param>
    /// <param name="x"><c>[S D]</c>.</param>
    public static void Embed(ReadOnlySpan<long> ids, ReadOnlySpan<float> table, DropMask mask, Span<float> x)
    {
        var width = x.Length / ids.Length;
        mask.Fill(x, 0);
        for (var row = 0; row < ids.Length; row++)
        {
            ref var from = ref MemoryMarshal.GetReference(table.Slice((int)ids[row] * width, width));
            ref var to = ref MemoryMarshal.GetReference(x.Slice(row * width, width));
            for (nuint at = 0; at < (nuint)width; at += Lanes)
                (Vector512.LoadUnsafe(ref to, at) * Vector512.LoadUnsafe(ref from, at)).StoreUnsafe(ref to, at);
        }
    }

    /// <summary>Adds the gradient of <see cref="Embed"/> to the table's.</summary>
    public static void EmbedGradient(
        ReadOnlySpan<long> ids,
        ReadOnlySpan<float> gradient,
        DropMask mask,
        Span<float> tableGradient
    )
    {
        var width = gradient.Length / ids.Length;
        var masks = ArrayPool<float>.Shared.Rent(RowsAtOnce * width);
        for (var row = 0; row < ids.Length; row++)
        {
            if (row % RowsAtOnce == 0)
                mask.Fill(masks.AsSpan(0, Math.Min(RowsAtOnce, ids.Length - row) * width), (long)row * width);
            ref var from = ref MemoryMarshal.GetReference(gradient.Slice(row * width, width));
            ref var keep = ref masks[row % RowsAtOnce * width];
            ref var to = ref MemoryMarshal.GetReference(tableGradient.Slice((int)ids[row] * width, width));
            for (nuint at = 0; at < (nuint)width; at += Lanes)
            {
                var value = Vector512.LoadUnsafe(ref from, at) * Vector512.LoadUnsafe(ref keep, at);
                (Vector512.LoadUnsafe(ref to, at) + value).StoreUnsafe(ref to, at);
            }
        }
        ArrayPool<float>.Shared.Return(masks);
    }

    /// <summary><see cref="RmsNorm"/>, dropped: <c>h = drop(x / sqrt(mean(x^2) + epsilon) * w) * factor</c>.</summary>
    /// <param name="x"><c>[S D]</c>.</param>
    /// <param name="weight"><c>[D]</c>.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="mask">Null drops nothing.</param>
    /// <param name="factor">Of the result.</param>
    /// <param name="scales">Takes one over the root of each row, <c>[S]</c>.</param>
    /// <param name="normed"><c>[S D]</c>.</param>
    public static void Norm(
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> weight,
        float epsilon,
        DropMask? mask,
        float factor,
        Span<float> scales,
        Span<T> normed
    )
    {
        var width = weight.Length;
        var masks = ArrayPool<float>.Shared.Rent(RowsAtOnce * width);
        ref var weights = ref MemoryMarshal.GetReference(weight);
        for (var row = 0; row < scales.Length; row++)
        {
            if (row % RowsAtOnce == 0 && mask is { } drawn)
                drawn.Fill(masks.AsSpan(0, Math.Min(RowsAtOnce, scales.Length - row) * width), (long)row * width);
            ref var keep = ref masks[row % RowsAtOnce * width];
            ref var from = ref MemoryMarshal.GetReference(x.Slice(row * width, width));
            ref var to = ref MemoryMarshal.GetReference(normed.Slice(row * width, width));
            var squares = Vector512<float>.Zero;
            for (nuint at = 0; at < (nuint)width; at += Lanes)
            {
                var value = Vector512.LoadUnsafe(ref from, at);
                squares = Vector512.FusedMultiplyAdd(value, value, squares);
            }
            var scale = 1 / MathF.Sqrt(Vector512.Sum(squares) / width + epsilon);
            scales[row] = scale;
            for (var at = 0; at < width; at += Lanes)
            {
                var value =
                    Vector512.LoadUnsafe(ref from, (nuint)at)
                    * (scale * factor)
                    * Vector512.LoadUnsafe(ref weights, (nuint)at);
                if (mask is not null)
                    value *= Vector512.LoadUnsafe(ref keep, (nuint)at);
                TFormat.Store(value, ref to, at);
            }
        }
        ArrayPool<float>.Shared.Return(masks);
    }

    /// <summary>Adds the gradients of <see cref="Norm"/> for x and for the weight.</summary>
    /// <param name="gradient">Of the result, <c>[S D]</c>.</param>
    /// <param name="x">As given to <see cref="Norm"/>.</param>
    /// <param name="weight">The same.</param>
    /// <param name="mask">The same.</param>
    /// <param name="factor">The same.</param>
    /// <param name="scales">From <see cref="Norm"/>.</param>
    /// <param name="xGradient"><c>[S D]</c>, added to.</param>
    /// <param name="weightGradient"><c>[D]</c>, added to.</param>
    public static void NormGradient(
        Span<T> gradient,
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> weight,
        DropMask? mask,
        float factor,
        ReadOnlySpan<float> scales,
        Span<float> xGradient,
        Span<float> weightGradient
    )
    {
        var width = weight.Length;
        var masks = ArrayPool<float>.Shared.Rent(RowsAtOnce * width);
        var row0 = ArrayPool<float>.Shared.Rent(width); // the row's gradient behind mask and factor
        ref var weights = ref MemoryMarshal.GetReference(weight);
        ref var weightTo = ref MemoryMarshal.GetReference(weightGradient);
        ref var behind = ref row0[0];
        for (var row = 0; row < scales.Length; row++)
        {
            if (row % RowsAtOnce == 0 && mask is { } drawn)
                drawn.Fill(masks.AsSpan(0, Math.Min(RowsAtOnce, scales.Length - row) * width), (long)row * width);
            ref var keep = ref masks[row % RowsAtOnce * width];
            ref var given = ref MemoryMarshal.GetReference(gradient.Slice(row * width, width));
            ref var from = ref MemoryMarshal.GetReference(x.Slice(row * width, width));
            ref var to = ref MemoryMarshal.GetReference(xGradient.Slice(row * width, width));
            var scale = scales[row];
            var along = Vector512<float>.Zero; // of the weighted gradient along x
            for (var at = 0; at < width; at += Lanes)
            {
                var value = TFormat.Load(ref given, at) * factor;
                if (mask is not null)
                    value *= Vector512.LoadUnsafe(ref keep, (nuint)at);
                var input = Vector512.LoadUnsafe(ref from, (nuint)at);
                var weighted = value * Vector512.LoadUnsafe(ref weights, (nuint)at);
                along = Vector512.FusedMultiplyAdd(weighted, input, along);
                weighted.StoreUnsafe(ref behind, (nuint)at);
                var sum = Vector512.FusedMultiplyAdd(
                    value,
                    input * scale,
                    Vector512.LoadUnsafe(ref weightTo, (nuint)at)
                );
                sum.StoreUnsafe(ref weightTo, (nuint)at);
            }
            var shrink = Vector512.Sum(along) * scale * scale * scale / width;
            for (nuint at = 0; at < (nuint)width; at += Lanes)
            {
                var value =
                    Vector512.LoadUnsafe(ref to, at)
                    + Vector512.LoadUnsafe(ref behind, at) * scale
                    - Vector512.LoadUnsafe(ref from, at) * shrink;
                value.StoreUnsafe(ref to, at);
            }
        }
        ArrayPool<float>.Shared.Return(masks);
        ArrayPool<float>.Shared.Return(row0);
    }

    /// <summary><c>drop(relu(u))</c> in place.</summary>
    /// <param name="u">Numbers.</param>
    /// <param name="mask">Of them.</param>
    /// <param name="maskFrom">Where theirs starts in the mask, in elements; a multiple of <see cref="DropMask.Step"/>.</param>
    public static void ReluDropped(Span<T> u, DropMask mask, long maskFrom = 0)
    {
        ref var start = ref MemoryMarshal.GetReference(u);
        Span<float> masks = stackalloc float[ElementsAtOnce];
        for (var from = 0; from < u.Length; from += ElementsAtOnce)
        {
            var count = Math.Min(ElementsAtOnce, u.Length - from);
            mask.Fill(masks[..count], maskFrom + from);
            ref var keep = ref MemoryMarshal.GetReference(masks);
            for (var at = 0; at < count; at += Lanes)
            {
                var value = Vector512.Max(TFormat.Load(ref start, from + at), Vector512<float>.Zero);
                TFormat.Store(value * Vector512.LoadUnsafe(ref keep, (nuint)at), ref start, from + at);
            }
        }
    }

    /// <summary>The gradient of <see cref="ReluDropped"/> in place: what came out as 0 was cut off or dropped, and passes nothing.</summary>
    /// <param name="result">What <see cref="ReluDropped"/> made.</param>
    /// <param name="keep"><see cref="DropMask.Keep"/>.</param>
    /// <param name="gradient">Of the result; becomes that of the input.</param>
    public static void ReluGradient(Span<T> result, float keep, Span<T> gradient)
    {
        ref var made = ref MemoryMarshal.GetReference(result);
        ref var start = ref MemoryMarshal.GetReference(gradient);
        var factor = Vector512.Create(keep);
        for (var at = 0; at < gradient.Length; at += Lanes)
        {
            var passes = Vector512.GreaterThan(TFormat.Load(ref made, at), Vector512<float>.Zero);
            TFormat.Store(TFormat.Load(ref start, at) * (factor & passes), ref start, at);
        }
    }

    /// <summary>Adds numbers of the product's format to float32 ones.</summary>
    public static void Add(Span<T> values, Span<float> to)
    {
        ref var from = ref MemoryMarshal.GetReference(values);
        ref var start = ref MemoryMarshal.GetReference(to);
        var whole = values.Length - values.Length % Lanes;
        for (var at = 0; at < whole; at += Lanes)
            (Vector512.LoadUnsafe(ref start, (nuint)at) + TFormat.Load(ref from, at)).StoreUnsafe(ref start, (nuint)at);
        for (var at = whole; at < values.Length; at++)
            to[at] += TFormat.Widen(values[at]);
    }

    /// <summary>Reads one part of each token's row into matrices <c>[n H, L, d]</c>, one for each sequence and head; rows behind the last token's become 0.</summary>
    /// <param name="rows"><c>[n L, stride]</c>.</param>
    /// <param name="stride">Numbers of a row.</param>
    /// <param name="column">First of the part, which has H d.</param>
    /// <param name="shape">n, L, H and d.</param>
    /// <param name="heads"><c>[n H R d]</c>.</param>
    public static void SplitHeads(ReadOnlySpan<T> rows, int stride, int column, HeadShape shape, Span<T> heads)
    {
        for (var sequence = 0; sequence < shape.Count; sequence++)
        for (var head = 0; head < shape.Heads; head++)
        {
            var to = heads.Slice((sequence * shape.Heads + head) * shape.Rows * shape.Width, shape.Rows * shape.Width);
            var from = rows.Slice(sequence * shape.Length * stride + column + head * shape.Width);
            CopyRows(from, stride, to, shape.Width, shape);
            to[(shape.Length * shape.Width)..].Clear();
        }
    }

    /// <summary>The way back from <see cref="SplitHeads"/>.</summary>
    public static void JoinHeads(ReadOnlySpan<T> heads, HeadShape shape, Span<T> rows, int stride, int column)
    {
        for (var sequence = 0; sequence < shape.Count; sequence++)
        for (var head = 0; head < shape.Heads; head++)
        {
            var from = heads.Slice(
                (sequence * shape.Heads + head) * shape.Rows * shape.Width,
                shape.Rows * shape.Width
            );
            var to = rows.Slice(sequence * shape.Length * stride + column + head * shape.Width);
            CopyRows(from, shape.Width, to, stride, shape);
        }
    }

    /// <summary>Attention weights and, in place of the logits, the same dropped.</summary>
    /// <param name="logits"><c>[n H, R, S]</c>; those of keys that are not there become 0.</param>
    /// <param name="shape">n, H, Q and K.</param>
    /// <param name="bias">Added to the logits: of head h, query q and key k it stands at <c>h (2 B - 1) + B - 1 - q + k</c>; empty adds nothing.</param>
    /// <param name="biasLength">B.</param>
    /// <param name="mask">Of the weights.</param>
    /// <param name="maskFrom">Where the mask of these weights starts, in elements.</param>
    /// <param name="weights">Takes the weights, a dropped one with its sign bit set, <c>[n H, R, S]</c>; rows without a query become 0.</param>
    public static void SoftmaxDropped(
        Span<T> logits,
        WeightShape shape,
        ReadOnlySpan<float> bias,
        int biasLength,
        DropMask mask,
        long maskFrom,
        Span<T> weights
    )
    {
        var (queries, keys, stride) = (shape.Queries, shape.Keys, shape.Stride);
        var padded = Padded(keys);
        var (whole, length) = stride >= padded ? (padded, padded) : (keys - keys % Lanes, keys);
        // A matrix's mask in pieces that stay in the first cache.
        var window = Math.Min(shape.MaskSize, Math.Max(ElementsAtOnce, (stride / DropMask.Step + 2) * DropMask.Step));
        var masks = ArrayPool<float>.Shared.Rent(window);
        var rowBuffer = ArrayPool<float>.Shared.Rent(padded);
        var row = rowBuffer.AsSpan(0, padded);
        ref var start = ref row[0];
        for (var matrix = 0; matrix < shape.Matrices; matrix++)
        {
            var (filledFrom, filledTo) = (0, 0);
            for (var query = 0; query < queries; query++)
            {
                if (query * stride + length > filledTo)
                {
                    filledFrom = query * stride / DropMask.Step * DropMask.Step;
                    filledTo = Math.Min(filledFrom + window, shape.MaskSize);
                    mask.Fill(
                        masks.AsSpan(0, filledTo - filledFrom),
                        maskFrom + (long)matrix * shape.MaskSize + filledFrom
                    );
                }
                var place = (matrix * shape.Rows + query) * stride;
                Read(logits.Slice(place, keys), row, float.NegativeInfinity);
                if (!bias.IsEmpty)
                    AddTo(row, bias.Slice(matrix % shape.Heads * (2 * biasLength - 1) + biasLength - 1 - query, keys));
                var largest = Vector512.LoadUnsafe(ref start);
                for (nuint at = Lanes; at < (nuint)padded; at += Lanes)
                    largest = Vector512.Max(largest, Vector512.LoadUnsafe(ref start, at));
                var top = Vector512.Create(Largest(largest));
                var sums = Vector512<float>.Zero;
                for (nuint at = 0; at < (nuint)padded; at += Lanes)
                {
                    var value = Vector512.Exp(Vector512.LoadUnsafe(ref start, at) - top);
                    sums += value;
                    value.StoreUnsafe(ref start, at);
                }
                var share = 1 / Vector512.Sum(sums);
                ref var keep = ref masks[query * stride - filledFrom];
                var saved = weights.Slice(place, length);
                var dropped = logits.Slice(place, length);
                ref var savedStart = ref MemoryMarshal.GetReference(saved);
                ref var droppedStart = ref MemoryMarshal.GetReference(dropped);
                for (var at = 0; at < whole; at += Lanes)
                {
                    var value = Vector512.LoadUnsafe(ref start, (nuint)at) * share;
                    var kept = Vector512.LoadUnsafe(ref keep, (nuint)at);
                    var sign = Vector512.Equals(kept, Vector512<float>.Zero) & Vector512.Create(-0f);
                    TFormat.Store(value | sign, ref savedStart, at);
                    TFormat.Store(value * kept, ref droppedStart, at);
                }
                for (var at = whole; at < keys; at++)
                {
                    var value = row[at] * share;
                    var kept = masks[query * stride - filledFrom + at];
                    saved[at] = TFormat.Narrow(kept == 0 ? -value : value);
                    dropped[at] = TFormat.Narrow(value * kept);
                }
                logits.Slice(place + length, stride - length).Clear();
                weights.Slice(place + length, stride - length).Clear();
            }
            weights.Slice((matrix * shape.Rows + queries) * stride, (shape.Rows - queries) * stride).Clear();
        }
        ArrayPool<float>.Shared.Return(masks);
        ArrayPool<float>.Shared.Return(rowBuffer);
    }

    /// <summary>The gradient of <see cref="SoftmaxDropped"/>, and the dropped weights once more.</summary>
    /// <param name="weights">Weights with signs, as <see cref="SoftmaxDropped"/> left them; become the dropped weights.</param>
    /// <param name="shape">n, H, Q and K.</param>
    /// <param name="keep"><see cref="DropMask.Keep"/>.</param>
    /// <param name="gradient">Of the dropped weights, <c>[n H, R, S]</c>; becomes that of the logits.</param>
    /// <param name="biasGradient">Added to, laid out as the bias; empty where there was none.</param>
    /// <param name="biasLength">B.</param>
    public static void SoftmaxGradient(
        Span<T> weights,
        WeightShape shape,
        float keep,
        Span<T> gradient,
        Span<float> biasGradient,
        int biasLength
    )
    {
        var (queries, keys, stride) = (shape.Queries, shape.Keys, shape.Stride);
        var padded = Padded(keys);
        // With room for whole vectors they are read and written; what lies behind the last key is 0 on both sides.
        var length = stride >= padded ? padded : keys;
        var buffer = ArrayPool<float>.Shared.Rent(3 * padded);
        var share = buffer.AsSpan(0, padded);
        var given = buffer.AsSpan(padded, padded);
        var sign = buffer.AsSpan(2 * padded, padded);
        ref var shares = ref share[0];
        ref var givens = ref given[0];
        ref var signs = ref sign[0];
        var signBit = Vector512.Create(-0f);
        for (var matrix = 0; matrix < shape.Matrices; matrix++)
        for (var query = 0; query < queries; query++)
        {
            var place = (matrix * shape.Rows + query) * stride;
            var saved = weights.Slice(place, length);
            var passed = gradient.Slice(place, length);
            Read(saved, sign, 0);
            Read(passed, given, 0);
            var sums = Vector512<float>.Zero;
            for (nuint at = 0; at < (nuint)padded; at += Lanes)
            {
                var signed = Vector512.LoadUnsafe(ref signs, at);
                var isKept = Vector512.Equals((signed & signBit).AsUInt32(), Vector512<uint>.Zero).AsSingle();
                var dropped = signed & isKept;
                dropped *= keep;
                var product = dropped * Vector512.LoadUnsafe(ref givens, at);
                sums += product;
                product.StoreUnsafe(ref givens, at);
                (signed & ~signBit).StoreUnsafe(ref shares, at);
                dropped.StoreUnsafe(ref signs, at);
            }
            var total = Vector512.Create(Vector512.Sum(sums));
            for (nuint at = 0; at < (nuint)padded; at += Lanes)
            {
                var value = Vector512.LoadUnsafe(ref givens, at) - Vector512.LoadUnsafe(ref shares, at) * total;
                value.StoreUnsafe(ref givens, at);
            }
            Write(sign, saved);
            Write(given, passed);
            if (!biasGradient.IsEmpty)
                AddTo(
                    biasGradient.Slice(matrix % shape.Heads * (2 * biasLength - 1) + biasLength - 1 - query, keys),
                    given
                );
        }
        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Cross-entropy summed over rows; the logits become its gradient.</summary>
    /// <param name="logits"><c>[R V]</c>.</param>
    /// <param name="targets"><c>[R]</c>; a row without one, below 0, has no loss and no gradient.</param>
    /// <param name="factor">Of the gradient.</param>
    public static double CrossEntropy(Span<T> logits, ReadOnlySpan<long> targets, float factor)
    {
        var width = logits.Length / targets.Length;
        var padded = Padded(width);
        var buffer = ArrayPool<float>.Shared.Rent(padded);
        var row = buffer.AsSpan(0, padded);
        ref var start = ref row[0];
        var loss = 0.0;
        for (var at = 0; at < targets.Length; at++)
        {
            var place = logits.Slice(at * width, width);
            if (targets[at] < 0)
            {
                place.Clear();
                continue;
            }
            Read(place, row, float.NegativeInfinity);
            var target = (int)targets[at];
            var wanted = row[target];
            var largest = Vector512.LoadUnsafe(ref start);
            for (nuint next = Lanes; next < (nuint)padded; next += Lanes)
                largest = Vector512.Max(largest, Vector512.LoadUnsafe(ref start, next));
            var top = Largest(largest);
            var sums = Vector512<float>.Zero;
            for (nuint next = 0; next < (nuint)padded; next += Lanes)
            {
                var value = Vector512.Exp(Vector512.LoadUnsafe(ref start, next) - Vector512.Create(top));
                sums += value;
                value.StoreUnsafe(ref start, next);
            }
            var sum = Vector512.Sum(sums);
            loss += MathF.Log(sum) + top - wanted;
            var share = factor / sum;
            for (nuint next = 0; next < (nuint)padded; next += Lanes)
                (Vector512.LoadUnsafe(ref start, next) * share).StoreUnsafe(ref start, next);
            row[target] -= factor;
            Write(row, place);
        }
        ArrayPool<float>.Shared.Return(buffer);
        return loss;
    }

    /// <summary>Copies one head's rows of a sequence; for rows as short as these a call for each would take longer than the copy.</summary>
    private static void CopyRows(ReadOnlySpan<T> from, int fromStride, Span<T> to, int toStride, HeadShape shape)
    {
        var last = (shape.Length - 1) * Math.Max(fromStride, toStride);
        ArgumentOutOfRangeException.ThrowIfLessThan(
            fromStride > toStride ? from.Length : to.Length,
            last + shape.Width
        );
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        for (var row = 0; row < shape.Length; row++)
        for (var at = 0; at < shape.Width; at += Lanes)
            TFormat.Copy(ref source, row * fromStride + at, ref target, row * toStride + at);
    }

    private static int Padded(int count) => (count + Lanes - 1) / Lanes * Lanes;

    private static float Largest(Vector512<float> values)
    {
        var half = Vector256.Max(values.GetLower(), values.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        return Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3]));
    }

    private static void Read(Span<T> from, Span<float> to, float padding)
    {
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        var whole = from.Length - from.Length % Lanes;
        for (var at = 0; at < whole; at += Lanes)
            TFormat.Load(ref source, at).StoreUnsafe(ref target, (nuint)at);
        for (var at = whole; at < from.Length; at++)
            to[at] = TFormat.Widen(from[at]);
        to[from.Length..].Fill(padding);
    }

    private static void Write(ReadOnlySpan<float> from, Span<T> to)
    {
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        var whole = to.Length - to.Length % Lanes;
        for (var at = 0; at < whole; at += Lanes)
            TFormat.Store(Vector512.LoadUnsafe(ref source, (nuint)at), ref target, at);
        for (var at = whole; at < to.Length; at++)
            to[at] = TFormat.Narrow(from[at]);
    }

    /// <summary>Adds the shorter length of the two.</summary>
    private static void AddTo(Span<float> to, ReadOnlySpan<float> values)
    {
        ref var source = ref MemoryMarshal.GetReference(values);
        ref var target = ref MemoryMarshal.GetReference(to);
        var count = Math.Min(to.Length, values.Length);
        var whole = count - count % Lanes;
        for (nuint at = 0; at < (nuint)whole; at += Lanes)
            (Vector512.LoadUnsafe(ref target, at) + Vector512.LoadUnsafe(ref source, at)).StoreUnsafe(ref target, at);
        for (var at = whole; at < count; at++)
            to[at] += values[at];
    }
}
