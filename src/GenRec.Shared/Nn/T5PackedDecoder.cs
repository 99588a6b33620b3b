using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GenRec.Shared.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

public sealed partial class T5
{
    private readonly Lock packing = new();
    private T5PackedDecoder? packed;

    /// <summary>The decoder for steps of a search, arranged anew where weights have changed; null where it does not pay.</summary>
    private T5PackedDecoder? Packed(T5Cache cache)
    {
        if (!T5PackedDecoder.Fits(this) || cache.PromptLength > 0)
            return null;
        lock (packing)
        {
            if (cache.Length == 0 || packed is null)
            {
                var mark = T5PackedDecoder.Mark(this);
                if (packed?.Weights != mark)
                    packed = new T5PackedDecoder(this, mark);
            }
            return packed;
        }
    }
}

/// <summary>The decoder of a <see cref="T5"/> for the steps of a search, on the CPU: each thread takes half of the beams through all layers.</summary>
/// <remarks>
/// A step of a few dozen beams is hundreds of operator calls, each of which costs more than its work, and of products that
/// arrange their weights first. Here weights are arranged once, nothing is called but the products' kernels, and the two threads
/// meet once a step. The result is that of the layers' <c>Step</c> up to rounding; tests compare.
/// </remarks>
internal sealed class T5PackedDecoder
{
    private const float Epsilon = 1e-6f; // RmsNorm's
    private readonly T5Options sizes;
    private readonly T5Parameters parameters;
    private readonly Layer[] layers;
    private readonly PackedMatrix output;

    /// <summary>Arranges a model's weights.</summary>
    /// <param name="model">Its decoder reads an encoder.</param>
    /// <param name="mark">From <see cref="Mark"/>.</param>
    public T5PackedDecoder(T5 model, UInt128 mark)
    {
        (sizes, Weights) = (model.Options, mark);
        parameters = model.Parameters();
        layers = [.. parameters.Decoder.Layers.Select(layer => new Layer(layer))];
        output = Pack(parameters.Output ?? parameters.Tokens);
    }

    /// <summary>Of the weights that were arranged.</summary>
    public UInt128 Weights { get; }

    /// <summary>Whether a model's steps can be computed this way.</summary>
    public static bool Fits(T5 model)
    {
        var (options, lanes) = (model.Options, PackedMatrix.Lanes);
        return PackedMatrix.Pays
            && !model.training
            && !is_grad_enabled()
            && options.Precision == Precision.Float32
            && options.Experts == 0
            && options.Width % lanes == 0
            && options.HeadWidth % lanes == 0
            && options.FeedForward % lanes == 0
            && model.TokenTable is { device_type: DeviceType.CPU, dtype: ScalarType.Float32 };
    }

    /// <summary>A number that changes when a weight that is arranged does; it reads them all, a fraction of a search's time.</summary>
    public static UInt128 Mark(T5 model)
    {
        var parameters = model.Parameters();
        var (sum, rotated) = (Vector<ulong>.Zero, Vector<ulong>.Zero);
        foreach (var weight in Arranged(parameters))
        {
            var numbers = MemoryMarshal.Cast<byte, Vector<ulong>>(weight.bytes);
            foreach (var number in numbers)
            {
                sum += number; // the second sum counts where a number stands
                rotated += sum;
            }
            foreach (var rest in weight.bytes[(numbers.Length * Vector<byte>.Count)..])
                rotated += new Vector<ulong>(rest) + sum;
        }
        parameters.Tokens.Dispose();
        var result = UInt128.Zero;
        for (var at = 0; at < Vector<ulong>.Count; at++)
            result = result * 0x9E3779B97F4A7C15 + new UInt128(sum[at], rotated[at]);
        return result;
    }

    /// <summary>Logits after one more token of each beam.</summary>
    /// <param name="last">Newest tokens, <c>[B, W]</c>, int64.</param>
    /// <param name="memory">Of B users.</param>
    /// <param name="cache">Takes the token in.</param>
    /// <returns><c>[B, W, V]</c>, owned by the caller.</returns>
    public Tensor Step(Tensor last, T5Memory memory, T5Cache cache)
    {
        using var scope = NewDisposeScope();
        var rows = (int)last.numel();
        var before = cache.Length;
        using var bias = parameters.Decoder.Positions.Between(1, before + 1, before); // [1, H, 1, t]
        for (var layer = 0; layer < layers.Length; layer++)
            cache.Append(layer, empty(rows, 3 * sizes.Inner, dtype: ScalarType.Float32));
        var logits = empty(last.shape[0], last.shape[1], sizes.Vocabulary, dtype: ScalarType.Float32);
        var step = new Beams(
            last.contiguous(),
            memory,
            cache,
            bias,
            logits,
            [.. Enumerable.Range(0, (int)before + 1).Select(position => cache.RowsOf(position).ToArray())]
        );
        for (var layer = 0; layer < layers.Length; layer++)
            memory.PaddedKeys(layer); // made here, so that the threads only read
        var middle = (rows / 2 + 3) / 4 * 4; // the kernels take four rows at once
        if (rows < 8)
            Run(step, 0, rows);
        else
            SideBySide.Run(() => Run(step, 0, middle), () => Run(step, middle, rows));
        return logits.MoveToOuterDisposeScope();
    }

    private static PackedMatrix Pack(Parameter weight) => new(Floats(weight), (int)weight.shape[0]);

    private static IEnumerable<Parameter> Arranged(T5Parameters parameters)
    {
        foreach (var layer in parameters.Decoder.Layers)
        {
            yield return layer.Self.QueryKeyValue;
            yield return layer.Self.Output;
            yield return layer.Cross!.Value.Query;
            yield return layer.Cross!.Value.Output;
            yield return layer.FeedForward.Wide;
            yield return layer.FeedForward.Narrow;
        }
        yield return parameters.Output ?? parameters.Tokens;
    }

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>The beams of some rows through all layers.</summary>
    private void Run(Beams step, int from, int to)
    {
        using var quiet = no_grad();
        var (count, width, inner) = (to - from, sizes.Width, sizes.Inner);
        var pool = ArrayPool<float>.Shared;
        var streams = pool.Rent(count * width);
        var rows = pool.Rent(count * width);
        var wide = pool.Rent(count * Math.Max(inner, sizes.FeedForward));
        var asked = pool.Rent(count * inner);
        var x = streams.AsSpan(0, count * width);
        var h = rows.AsSpan(0, count * width);
        var table = Floats(parameters.Tokens);
        var tokens = MemoryMarshal.Cast<byte, long>(step.Last.bytes)[from..to];
        for (var row = 0; row < count; row++)
            table.Slice((int)tokens[row] * width, width).CopyTo(x[(row * width)..]);
        for (var at = 0; at < layers.Length; at++)
        {
            var layer = layers[at];
            Norm(x, layer.Source.SelfNorm, 1, h);
            var own = Floats(step.Cache.Own(at)[^1]).Slice(from * 3 * inner, count * 3 * inner);
            layer.QueryKeyValue.Multiply(h, own);
            var mixed = wide.AsSpan(0, count * inner);
            CpuInference.OwnPositions(step.Cache.Own(at), step.Ancestors, step.Bias, sizes.Heads, from, mixed);
            layer.SelfOutput.Multiply(mixed, x, add: true);
            Norm(x, layer.Source.CrossNorm!, 1, h);
            var queries = asked.AsSpan(0, count * inner);
            layer.Query.Multiply(h, queries);
            ReadEncoder(step.Memory, at, queries, step.BeamsOfUser, from, mixed);
            layer.CrossOutput.Multiply(mixed, x, add: true);
            Norm(x, layer.Source.FeedForwardNorm, 1, h);
            var hidden = wide.AsSpan(0, count * sizes.FeedForward);
            layer.Wide.Multiply(h, hidden);
            Relu(hidden);
            layer.Narrow.Multiply(hidden, x, add: true);
        }
        Norm(x, parameters.Decoder.Last, parameters.Output is null ? MathF.Pow(width, -0.5f) : 1, h);
        output.Multiply(h, Floats(step.Logits).Slice(from * sizes.Vocabulary, count * sizes.Vocabulary));
        foreach (var rented in new[] { streams, rows, wide, asked })
            pool.Return(rented);
    }

    /// <summary>Attention to the encoder's positions, user by user and head by head.</summary>
    private void ReadEncoder(
        T5Memory memory,
        int layer,
        ReadOnlySpan<float> queries,
        int beams,
        int from,
        Span<float> mixed
    )
    {
        var (heads, width, inner) = (sizes.Heads, sizes.HeadWidth, sizes.Inner);
        var (keys, padded) = memory.PaddedKeys(layer); // [B, H, dk, padded]
        var allKeys = Floats(keys);
        var allValues = Floats(memory[layer].Values); // [B, H, L, dk]
        var length = (int)memory[layer].Values.shape[2];
        var hidden = memory.Mask is { } mask ? Floats(mask) : []; // [B, 1, 1, L]
        var count = queries.Length / inner;
        var rented = ArrayPool<float>.Shared.Rent(beams * padded);
        for (int row = 0, here; row < count; row += here)
        {
            var user = (from + row) / beams;
            here = Math.Min(count - row, (user + 1) * beams - from - row);
            for (var head = 0; head < heads; head++)
            {
                var matrix = user * heads + head;
                var shares = rented.AsSpan(0, here * padded);
                var place = row * inner + head * width;
                var ownKeys = allKeys.Slice(matrix * width * padded, width * padded);
                PackedMatrix.Multiply(
                    queries[place..],
                    inner,
                    ownKeys,
                    padded,
                    width,
                    shares,
                    padded,
                    here,
                    padded,
                    false
                );
                for (var beam = 0; beam < here; beam++)
                {
                    var logits = shares.Slice(beam * padded, padded);
                    if (!hidden.IsEmpty)
                        RowMath.AddScaled(hidden.Slice(user * length, length), 1, logits[..length]);
                    logits[length..].Fill(float.NegativeInfinity);
                    SoftMax(logits);
                }
                PackedMatrix.Multiply(
                    shares,
                    padded,
                    allValues.Slice(matrix * length * width, length * width),
                    width,
                    length,
                    mixed[place..],
                    inner,
                    here,
                    width,
                    false
                );
            }
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void SoftMax(Span<float> logits)
    {
        ref var start = ref MemoryMarshal.GetReference(logits);
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        var sums = Vector512<float>.Zero;
        for (nuint at = 0; at < (nuint)logits.Length; at += PackedMatrix.Lanes)
        {
            var value = Vector512.Exp(Vector512.LoadUnsafe(ref start, at) - Vector512.Create(largest));
            sums += value;
            value.StoreUnsafe(ref start, at);
        }
        var share = Vector512.Create(1 / Vector512.Sum(sums));
        for (nuint at = 0; at < (nuint)logits.Length; at += PackedMatrix.Lanes)
            (Vector512.LoadUnsafe(ref start, at) * share).StoreUnsafe(ref start, at);
    }

    private static void Relu(Span<float> values)
    {
        ref var start = ref MemoryMarshal.GetReference(values);
        for (nuint at = 0; at < (nuint)values.Length; at += PackedMatrix.Lanes)
            Vector512.Max(Vector512.LoadUnsafe(ref start, at), Vector512<float>.Zero).StoreUnsafe(ref start, at);
    }

    private static void Norm(ReadOnlySpan<float> x, RmsNorm norm, float factor, Span<float> to)
    {
        ReadOnlySpan<float> weights = Floats(norm.Weight);
        var width = weights.Length;
        for (var at = 0; at < x.Length; at += width)
        {
            var row = x.Slice(at, width);
            var scale = factor / MathF.Sqrt(RowMath.Dot(row, row) / width + Epsilon);
            RowMath.Scale(row, scale, weights, to.Slice(at, width));
        }
    }

    /// <summary>One step's beams.</summary>
    private sealed record Beams(
        Tensor Last,
        T5Memory Memory,
        T5Cache Cache,
        Tensor Bias,
        Tensor Logits,
        long[][] Ancestors
    )
    {
        public int BeamsOfUser => (int)Last.shape[1];
    }

    /// <summary>One layer's weights.</summary>
    private sealed class Layer(T5LayerParameters source)
    {
        public T5LayerParameters Source { get; } = source;
        public PackedMatrix QueryKeyValue { get; } = Pack(source.Self.QueryKeyValue);
        public PackedMatrix SelfOutput { get; } = Pack(source.Self.Output);
        public PackedMatrix Query { get; } = Pack(source.Cross!.Value.Query);
        public PackedMatrix CrossOutput { get; } = Pack(source.Cross!.Value.Output);
        public PackedMatrix Wide { get; } = Pack(source.FeedForward.Wide);
        public PackedMatrix Narrow { get; } = Pack(source.FeedForward.Narrow);
    }
}
