using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using GenRec.Shared.Nn.Kernels;
using GenRec.Shared.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

// The road of searches on the CPU: nothing is called but the products, everything between them is written by hand, and each of
// two threads takes half of the users or beams through all layers. By operators a step of a few dozen beams is hundreds of calls,
// each of which costs more than its work, and a library arranges its weights anew for each product.

public sealed partial class T5
{
    private readonly Lock packing = new();
    private IT5Packed? packed;

    /// <summary>Reads histories: <see cref="Encode"/> and <see cref="Remember"/> in one, without padding where that pays.</summary>
    /// <param name="histories">B token sequences.</param>
    /// <returns>Keys and values of each decoder layer, owned by the caller; in no dispose scope.</returns>
    /// <exception cref="ArgumentException">A token is outside the vocabulary.</exception>
    internal T5Memory Read(TokenBatch histories)
    {
        using var scope = NewDisposeScope();
        if (!T5Packing.Fits(this))
            return Remember(Encode(histories.Ids, histories.Segments), histories.Cells, histories.IsReal).Detach();
        foreach (var token in histories.Tokens)
            if (token >= Options.Vocabulary)
                throw new ArgumentException($"The token {token} is outside the vocabulary of {Options.Vocabulary}.");
        return new T5Memory(Arranged().Read(new Sequences(histories.Lengths), histories.Tokens), Options.Heads);
    }

    /// <summary>The model for steps of a search; null where it does not pay.</summary>
    private IT5Packed? Packed(T5Memory memory, T5Cache cache)
    {
        if (!T5Packing.Fits(this) || cache.PromptLength > 0)
            return null;
        // Within one search weights stay as they are.
        return packed is null || (cache.Length == 0 && !memory.IsPacked) ? Arranged() : packed;
    }

    /// <summary>The packed weights, arranged anew where weights have changed.</summary>
    private IT5Packed Arranged()
    {
        lock (packing)
        {
            var mark = T5Packing.Mark(this);
            packed ??= T5Packing.For(Options);
            if (packed.Mark != mark)
                packed.Arrange(this, mark);
            return packed;
        }
    }
}

/// <summary>Whether and how a <see cref="T5"/> is packed.</summary>
internal static class T5Packing
{
    private const int WorthTwoThreads = 1 << 20; // numbers
    private const int Ahead = 1024; // bytes

    /// <summary>Whether a model's searches can be computed this way.</summary>
    public static bool Fits(T5 model)
    {
        var (options, lanes) = (model.Options, PackedMatrix.Lanes);
        return PackedMatrix.Pays
            && !model.training
            && !is_grad_enabled()
            && options.Width % lanes == 0
            && options.HeadWidth % lanes == 0
            && options.FeedForward % lanes == 0
            && model.TokenTable is { device_type: DeviceType.CPU, dtype: ScalarType.Float32 };
    }

    /// <summary>An empty model of the sizes.</summary>
    public static IT5Packed For(T5Options options) =>
        options.Precision == Precision.BFloat16
            ? new T5Packed<BFloat16Format, ushort>(options)
            : new T5Packed<Float32Format, float>(options);

    /// <summary>A number that changes when a weight that is arranged does; it reads them all, a fraction of a search's time.</summary>
    public static UInt128 Mark(T5 model)
    {
        var parameters = model.Parameters();
        var weights = Arranged(parameters).ToArray();
        var marks = new UInt128[weights.Length];
        var (half, middle) = (weights.Sum(weight => weight.numel()) / 2, 0);
        for (var before = 0L; before < half; middle++)
            before += weights[middle].numel();
        if (half < WorthTwoThreads)
            MarkEach(0, weights.Length);
        else
            SideBySide.Run(() => MarkEach(0, middle), () => MarkEach(middle, weights.Length));
        parameters.Tokens.Dispose();
        return marks.Aggregate(UInt128.Zero, (sum, mark) => sum * 0x9E3779B97F4A7C15 + mark);

        void MarkEach(int from, int to)
        {
            for (var at = from; at < to; at++)
                marks[at] = Mark(weights[at].bytes);
        }
    }

    /// <remarks>
    /// Weights and arranged weights together are larger than many a processor's last cache. What is read here is asked for without
    /// taking a place in it: otherwise each search would fetch its arranged weights from memory, which takes longer than this.
    /// </remarks>
    private static unsafe UInt128 Mark(Span<byte> weight)
    {
        var (sum, rotated) = (Vector<ulong>.Zero, Vector<ulong>.Zero);
        var numbers = MemoryMarshal.Cast<byte, Vector<ulong>>(weight);
        fixed (byte* start = weight)
            for (var at = 0; at < numbers.Length; at++)
            {
                if (Sse.IsSupported)
                    Sse.PrefetchNonTemporal(start + at * Vector<byte>.Count + Ahead);
                sum += numbers[at]; // the second sum counts where a number stands
                rotated += sum;
            }
        foreach (var rest in weight[(numbers.Length * Vector<byte>.Count)..])
            rotated += new Vector<ulong>(rest) + sum;
        var result = UInt128.Zero;
        for (var at = 0; at < Vector<ulong>.Count; at++)
            result = result * 0x9E3779B97F4A7C15 + new UInt128(sum[at], rotated[at]);
        return result;
    }

    private static IEnumerable<Parameter> Arranged(T5Parameters parameters)
    {
        foreach (var layer in parameters.Encoder.Layers.Concat(parameters.Decoder.Layers))
        {
            yield return layer.Self.QueryKeyValue;
            yield return layer.Self.Output;
            if (layer.Cross is { } cross)
            {
                yield return cross.Query;
                yield return cross.KeyValue;
                yield return cross.Output;
            }
            if (layer.Experts is { } experts)
                yield return experts.Router;
            yield return layer.FeedForward.Wide;
            yield return layer.FeedForward.Narrow;
        }
        yield return parameters.Encoder.Positions.Weight;
        yield return parameters.Output ?? parameters.Tokens;
    }
}

/// <summary>A <see cref="T5"/> arranged for searches on the CPU. Results are those of its layers up to rounding; tests compare.</summary>
internal interface IT5Packed : IDisposable
{
    /// <summary>Of the weights that were arranged, see <see cref="T5Packing.Mark(T5)"/>.</summary>
    UInt128 Mark { get; }

    /// <summary>Takes a model's weights.</summary>
    void Arrange(T5 model, UInt128 mark);

    /// <summary>Encodes sequences, and makes the keys and values that the decoder reads.</summary>
    /// <param name="places">B sequences.</param>
    /// <param name="tokens">Theirs, end to end.</param>
    /// <returns>Owned by the caller; in no dispose scope.</returns>
    T5Reading Read(Sequences places, int[] tokens);

    /// <summary>Takes one more token of each beam in.</summary>
    /// <param name="last">Newest tokens, <c>[B, W]</c>, int64.</param>
    /// <param name="memory">Of B users.</param>
    /// <param name="cache">Takes the token in.</param>
    /// <param name="logits">Takes those after it, <c>[B, W, V]</c>; null: what comes after it is not computed.</param>
    void Step(Tensor last, T5Reading memory, T5Cache cache, Tensor? logits);
}

/// <inheritdoc cref="IT5Packed"/>
internal sealed partial class T5Packed<TFormat, T>(T5Options options) : IT5Packed
    where TFormat : struct, IProductFormat<T>
    where T : unmanaged
{
    private const float Epsilon = 1e-6f; // RmsNorm's

    private const int FewRows = 16; // both threads read all weights, so for so few rows a second one gains little

    // libtorch compiles a bfloat16 product for each shape it meets and keeps the latest thousand, so rows come in whole blocks.
    private static readonly int block = TFormat.Type == ScalarType.Float32 ? 4 : 64;

    private readonly T5Options sizes = options;
    private readonly ConcurrentBag<Workspace> workspaces = [];
    private T5Parameters? parameters;
    private Layer[] encoder = [];
    private Layer[] decoder = [];
    private PackedLinear? output;
    private float[] bias = []; // the encoder's, of the longest sequence so far

    public UInt128 Mark { get; private set; }

    public void Arrange(T5 model, UInt128 mark)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        parameters?.Tokens.Dispose();
        parameters = model.Parameters();
        if (output is null)
        {
            encoder = [.. parameters.Encoder.Layers.Select(_ => new Layer(sizes, isDecoder: false))];
            decoder = [.. parameters.Decoder.Layers.Select(_ => new Layer(sizes, isDecoder: true))];
            output = new PackedLinear(sizes.Vocabulary, sizes.Width, sizes.Precision);
        }
        foreach (
            var (layer, source) in encoder
                .Concat(decoder)
                .Zip(parameters.Encoder.Layers.Concat(parameters.Decoder.Layers))
        )
            layer.Arrange(source);
        output.Arrange(parameters.Output ?? parameters.Tokens);
        bias = [];
        Mark = mark;
    }

    public T5Reading Read(Sequences places, int[] tokens)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var reading = new T5Reading(places, [.. decoder.Select(_ => T5KeyValues.For(places, sizes.Inner))]);
        var longest = Enumerable.Range(0, places.Count).Max(places.Length);
        var bias = Bias(longest);
        var (first, second) = (Rent(), Rent());
        first.Reading.Reset();
        // A layer's keys and values are written while the other thread may still read those of the layer before.
        var passing = new[] { first.TakeKeyValues(places, sizes.Inner), first.TakeKeyValues(places, sizes.Inner) };
        var encoding = new Encoding(places, tokens, reading, passing, bias.Numbers, bias.Length);
        var middle = places.Count == 1 ? Middle(tokens.Length) : Middle(places);
        if (tokens.Length <= FewRows)
        {
            var all = new Share(this, encoding, first, 0, tokens.Length);
            for (var phase = 0; phase <= encoder.Length; phase++)
                all.Run(phase);
        }
        else if (places.Count > 1)
            SideBySide.Run(
                () => RunAll(encoding, first, 0, middle),
                () => RunAll(encoding, second, middle, tokens.Length)
            );
        else
        {
            // Both threads read all positions of the one sequence, so they wait for each other at each layer.
            var (one, other) = (
                new Share(this, encoding, first, 0, middle),
                new Share(this, encoding, second, middle, tokens.Length)
            );
            for (var phase = 0; phase <= encoder.Length; phase++)
            {
                var now = phase;
                SideBySide.Run(() => one.Run(now), () => other.Run(now));
            }
        }
        workspaces.Add(first);
        workspaces.Add(second);
        return reading;

        void RunAll(Encoding what, Workspace work, int from, int to)
        {
            using var here = NewDisposeScope();
            using var noGradient = no_grad();
            var share = new Share(this, what, work, from, to);
            for (var phase = 0; phase <= encoder.Length; phase++)
                share.Run(phase);
        }
    }

    public void Step(Tensor last, T5Reading memory, T5Cache cache, Tensor? logits)
    {
        using var scope = NewDisposeScope();
        var rows = (int)last.numel();
        var before = cache.Length;
        var bias = parameters!.Decoder.Positions.Numbers(1, (int)before + 1, (int)before); // [H, t]
        cache.Append(rows, 3 * sizes.Inner, TFormat.Type);
        var step = new Beams(
            Array.ConvertAll(MemoryMarshal.Cast<byte, long>(last.contiguous().bytes).ToArray(), token => (int)token),
            (int)last.shape[1],
            memory,
            cache,
            bias,
            logits,
            [.. Enumerable.Range(0, (int)before + 1).Select(position => cache.RowsOf(position).ToArray())]
        );
        var middle = Middle(rows);
        if (rows <= FewRows)
            Run(step, 0, rows);
        else
            SideBySide.Run(() => Run(step, 0, middle), () => Run(step, middle, rows));
    }

    public void Dispose()
    {
        foreach (var layer in encoder.Concat(decoder))
            layer.Dispose();
        output?.Dispose();
        parameters?.Tokens.Dispose();
        while (workspaces.TryTake(out var work))
            work.Dispose();
    }

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private static Span<T> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    private static int Whole(int rows, int block) => (rows + block - 1) / block * block;

    /// <summary>The encoder's bias between at least so many positions, <c>[H, B, B]</c>, and B.</summary>
    private (float[] Numbers, int Length) Bias(int length)
    {
        var known = bias;
        if (known.Length < sizes.Heads * length * length)
            bias = known = parameters!.Encoder.Positions.Numbers(length, length);
        return (known, (int)Math.Sqrt(known.Length / sizes.Heads));
    }

    private Workspace Rent() => workspaces.TryTake(out var work) ? work : new Workspace();

    /// <summary>Half of some rows; the kernels take a single one for as much as two.</summary>
    private static int Middle(int rows) => (rows / 2 + 1) / 2 * 2;

    /// <summary>The border between two users that halves the work.</summary>
    private static int Middle(Sequences places)
    {
        var user = 1;
        while (user < places.Count - 1 && places.Start(user + 1) <= places.Tokens / 2)
            user++;
        return places.Start(user);
    }

    private static void Norm(Tensor x, RmsNorm norm, float factor, Tensor rows)
    {
        var count = (int)x.shape[0];
        var scales = ArrayPool<float>.Shared.Rent(count);
        RowKernels<TFormat, T>.Norm(
            Floats(x),
            Floats(norm.Weight),
            Epsilon,
            null,
            factor,
            scales.AsSpan(0, count),
            Numbers(rows)
        );
        ArrayPool<float>.Shared.Return(scales);
    }

    private static void FeedForward(Layer layer, Tensor h, Tensor wide, Tensor room, Tensor x)
    {
        layer.Wide!.Multiply(h, wide);
        PackedRows<TFormat, T>.Relu(Numbers(wide));
        layer.Narrow!.AddTo(wide, x, room);
    }

    /// <summary>The beams of some rows through all layers.</summary>
    private void Run(Beams step, int from, int to)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var work = Rent();
        var memory = work.Stepping;
        memory.Reset();
        var (count, width, inner) = (to - from, sizes.Width, sizes.Inner);
        var x = memory.Lend(ScalarType.Float32, count, width);
        var h = memory.Lend(TFormat.Type, count, width);
        var asked = memory.Lend(TFormat.Type, count, inner);
        var queries = memory.Lend(ScalarType.Float32, step.BeamsOfUser, inner); // one user's
        var read = memory.Lend(ScalarType.Float32, step.BeamsOfUser, inner);
        var mixed = memory.Lend(TFormat.Type, count, inner);
        var room = memory.Lend(TFormat.Type, count, Math.Max(width, sizes.Vocabulary)); // of products that are added or widened
        var toAdd = room.view(-1).narrow(0, 0, (long)count * width).view(count, width);
        var slots = sizes.Experts == 0 ? count : count * sizes.ActiveExperts + sizes.Experts * (ExpertRoute.Step - 1);
        var wide = memory.Lend(TFormat.Type, slots, sizes.FeedForward);
        var (sorted, made) = (memory.Lend(TFormat.Type, slots, width), memory.Lend(TFormat.Type, slots, width));
        PackedRows<TFormat, T>.Embed(step.Last.AsSpan(from, count), Floats(parameters!.Tokens), width, Floats(x));
        for (var at = 0; at < decoder.Length; at++)
        {
            var layer = decoder[at];
            Norm(x, layer.Source.SelfNorm, 1, h);
            var own = step.Cache.Own(at);
            layer.QueryKeyValue.Multiply(h, own[^1].narrow(0, from, count));
            if (step.Logits is null && at == decoder.Length - 1)
                break; // of the last layer later steps read keys and values
            PackedRows<TFormat, T>.ReadOwn(own, step.Ancestors, step.Bias, sizes.Heads, from, Numbers(mixed));
            layer.SelfOutput.AddTo(mixed, x, toAdd);
            Norm(x, layer.Source.CrossNorm!, 1, h);
            layer.Query!.Multiply(h, asked);
            var places = step.Memory.Places;
            for (int row = 0, here; row < count; row += here)
            {
                var user = (from + row) / step.BeamsOfUser;
                here = Math.Min(count - row, (user + 1) * step.BeamsOfUser - from - row);
                PackedRows<TFormat, T>.Widen(Numbers(asked).Slice(row * inner, here * inner), Floats(queries));
                var (keys, values) = step.Memory.Layers[at].Of(places, user, inner);
                var mine = Floats(read)[..(here * inner)];
                PackedRows<TFormat, T>.Attend(
                    Floats(queries)[..(here * inner)],
                    keys,
                    values,
                    inner,
                    sizes.Heads,
                    [],
                    0,
                    mine
                );
                PackedRows<TFormat, T>.Narrow(mine, Numbers(mixed)[(row * inner)..]);
            }
            layer.CrossOutput!.AddTo(mixed, x, toAdd);
            if (layer.Experts is { } experts)
                experts.AddTo(x, layer.Source, sorted, wide, made);
            else
            {
                Norm(x, layer.Source.FeedForwardNorm, 1, h);
                FeedForward(layer, h, wide, toAdd, x);
            }
        }
        if (step.Logits is { } logits)
        {
            Norm(x, parameters.Decoder.Last, parameters.Output is null ? MathF.Pow(width, -0.5f) : 1, h);
            var vocabulary = sizes.Vocabulary;
            var every = room.view(-1).narrow(0, 0, (long)count * vocabulary).view(count, vocabulary);
            output!.Multiply(h, every);
            PackedRows<TFormat, T>.Widen(Numbers(every), Floats(logits).Slice(from * vocabulary, count * vocabulary));
        }
        workspaces.Add(work);
    }

    /// <summary>What both threads share of an encoder's work.</summary>
    private sealed record Encoding(
        Sequences Places,
        int[] Tokens,
        T5Reading Reading,
        T5KeyValues[] Passing,
        float[] Bias,
        int BiasLength
    );

    /// <summary>Some positions on their way through the encoder, layer by layer.</summary>
    private sealed class Share
    {
        private readonly T5Packed<TFormat, T> packed;
        private readonly Encoding encoding;
        private readonly int from;
        private readonly int count;
        private readonly Tensor x;
        private readonly Tensor h;
        private readonly Tensor all;
        private readonly Tensor queries;
        private readonly Tensor read;
        private readonly Tensor mixed;
        private readonly Tensor wide;
        private readonly Tensor room;

        public Share(T5Packed<TFormat, T> packed, Encoding encoding, Workspace work, int from, int to)
        {
            (this.packed, this.encoding, this.from, count) = (packed, encoding, from, to - from);
            var (rows, sizes, memory) = (Whole(count, block), packed.sizes, work.Encoding);
            memory.Reset();
            x = memory.Lend(ScalarType.Float32, rows, sizes.Width);
            h = memory.Lend(TFormat.Type, rows, sizes.Width);
            all = memory.Lend(TFormat.Type, rows, 3 * sizes.Inner);
            queries = memory.Lend(ScalarType.Float32, encoding.BiasLength, sizes.Inner); // one sequence's
            read = memory.Lend(ScalarType.Float32, encoding.BiasLength, sizes.Inner);
            mixed = memory.Lend(TFormat.Type, rows, sizes.Inner);
            wide = memory.Lend(TFormat.Type, rows, sizes.FeedForward);
            room = memory.Lend(TFormat.Type, rows, sizes.Width);
        }

        /// <summary>Phase 0 is what comes before the first layer's attention, phase l from the attention of layer l - 1 to the next.</summary>
        public void Run(int phase)
        {
            using var quiet = no_grad();
            using var scope = NewDisposeScope();
            var (sizes, layers) = (packed.sizes, packed.encoder);
            if (phase == 0)
            {
                Floats(x)[(count * sizes.Width)..].Clear();
                Numbers(mixed)[(count * sizes.Inner)..].Clear();
                var table = Floats(packed.parameters!.Tokens);
                PackedRows<TFormat, T>.Embed(encoding.Tokens.AsSpan(from, count), table, sizes.Width, Floats(x));
            }
            else
            {
                var layer = layers[phase - 1];
                Attend(encoding.Passing[(phase - 1) % 2]);
                layer.SelfOutput.AddTo(mixed, x, room);
                Norm(x, layer.Source.FeedForwardNorm, 1, h);
                FeedForward(layer, h, wide, room, x);
            }
            if (phase < layers.Length)
            {
                Norm(x, layers[phase].Source.SelfNorm, 1, h);
                layers[phase].QueryKeyValue.Multiply(h, all);
                var rows = Numbers(all)[..(count * 3 * sizes.Inner)];
                Keep(rows, 3 * sizes.Inner, sizes.Inner, encoding.Passing[phase % 2]);
                return;
            }
            Norm(x, packed.parameters!.Encoder.Last, 1, h);
            var both = all.view(-1).narrow(0, 0, x.shape[0] * 2 * sizes.Inner).view(-1, 2 * sizes.Inner);
            for (var at = 0; at < packed.decoder.Length; at++)
            {
                packed.decoder[at].KeyValue!.Multiply(h, both);
                Keep(Numbers(both)[..(count * 2 * sizes.Inner)], 2 * sizes.Inner, 0, encoding.Reading.Layers[at]);
            }
        }

        private void Keep(Span<T> rows, int stride, int column, T5KeyValues to) =>
            PackedRows<TFormat, T>.Keep(
                rows,
                stride,
                column,
                packed.sizes.Inner,
                encoding.Places,
                from,
                Floats(to.Keys),
                Floats(to.Values)
            );

        private void Attend(T5KeyValues keyValues)
        {
            var (places, inner) = (encoding.Places, packed.sizes.Inner);
            for (int row = 0, here; row < count; row += here)
            {
                var sequence = places.Of(from + row);
                var first = from + row - places.Start(sequence);
                here = Math.Min(count - row, places.Length(sequence) - first);
                PackedRows<TFormat, T>.Split(
                    Numbers(all).Slice(row * 3 * inner, here * 3 * inner),
                    3 * inner,
                    0,
                    inner,
                    Floats(queries)
                );
                var (keys, values) = keyValues.Of(places, sequence, inner);
                var mine = Floats(read)[..(here * inner)];
                PackedRows<TFormat, T>.Attend(
                    Floats(queries)[..(here * inner)],
                    keys,
                    values,
                    inner,
                    packed.sizes.Heads,
                    encoding.Bias.AsSpan(first * encoding.BiasLength),
                    encoding.BiasLength,
                    mine
                );
                PackedRows<TFormat, T>.Narrow(mine, Numbers(mixed)[(row * inner)..]);
            }
        }
    }

    /// <summary>One step's beams.</summary>
    private sealed record Beams(
        int[] Last,
        int BeamsOfUser,
        T5Reading Memory,
        T5Cache Cache,
        float[] Bias,
        Tensor? Logits,
        long[][] Ancestors
    );
}
