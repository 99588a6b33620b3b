using System.Runtime.InteropServices;
using GenRec.Shared.Nn.Kernels;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Loss and gradient of one half of a batch.</summary>
internal interface IT5Half : IDisposable
{
    /// <summary>Gradient of all parameters, end to end, of the half last run.</summary>
    Tensor Gradient { get; }

    /// <summary>Tokens that each expert of a decoder layer got of the half last run, <c>[E]</c>.</summary>
    long[] Load(int layer);

    /// <summary>Forward and backward.</summary>
    /// <param name="batch">The half.</param>
    /// <param name="factor">Of the gradient.</param>
    /// <param name="key">Key of the first of <see cref="T5Weights.DropoutCalls"/> dropouts.</param>
    /// <returns>Cross-entropy summed over targets.</returns>
    double Run(T5Batch batch, float factor, MaskKey key);
}

/// <inheritdoc cref="IT5Half"/>
/// <remarks>
/// Everything that the backward pass needs is kept in the product's format, but for the residual stream, which is float32. Masks
/// are drawn again.
/// </remarks>
internal sealed class T5Half<TFormat, T>(T5Weights weights) : IT5Half
    where TFormat : struct, IProductFormat<T>
    where T : unmanaged
{
    // libtorch compiles a product for each shape it meets and keeps the latest thousand: rows are taken in whole blocks, so that
    // shapes come again. What a block has too much is computed and not read.
    private const int Block = 64;
    private const float Epsilon = 1e-6f; // RmsNorm's
    private readonly T5Weights weights = weights;
    private readonly TrainingMemory kept = new(); // from the forward to the backward pass
    private readonly TrainingMemory passing = new(); // within a layer
    private readonly Tensor gradient = zeros(weights.Size).DetachFromDisposeScope();
    private readonly T5Options sizes = weights.Sizes;
    private readonly T5HalfExperts<TFormat, T>? experts = weights.Sizes.Experts == 0 ? null : new(weights.Sizes);
    private MaskKey firstKey;

    public Tensor Gradient => gradient;

    public long[] Load(int layer) => experts!.Loads[layer];

    public double Run(T5Batch batch, float factor, MaskKey key)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        firstKey = key;
        kept.Reset();
        experts?.Reset();
        gradient.zero_();
        var reading = new T5Places(batch.Groups.Select(group => new T5Place(group.Count, group.Length)), Block);
        var writing = new T5Places([new T5Place(batch.Count * batch.PerSequence, batch.Length)], Block);
        // To the encoder's states all positions of all a sequence's targets are just so many queries.
        var asking = batch.Groups.Select(group => new T5Place(group.Count, batch.PerSequence * batch.Length));
        var crossing = new T5Pieces([.. asking], reading.Groups);
        var encoder = new Stack(this, weights.Encoder, reading, null, null, firstCall: 0);
        var decoder = new Stack(
            this,
            weights.Decoder,
            writing,
            crossing,
            reading,
            firstCall: 2 + 4 * sizes.EncoderLayers
        );
        var states = encoder.Forward(batch.Ids.Span, null, 1);
        var scale = weights.Output == weights.Tokens ? MathF.Pow(sizes.Width, -0.5f) : 1;
        var hidden = decoder.Forward(batch.Shifted.Span, states, scale);
        passing.Reset();
        var logits = Product(passing, hidden, weights.Output.Product.t());
        var real = Numbers(logits)[..(batch.Targets.Length * sizes.Vocabulary)];
        var loss = RowKernels<TFormat, T>.CrossEntropy(real, batch.Targets.Span, factor);
        var hiddenGradient = Product(passing, logits, weights.Output.Product);
        WeightGradient(weights.Output, logits, hidden);
        var statesGradient = kept.Take(ScalarType.Float32, states.shape[0], states.shape[1]).zero_();
        decoder.Backward(batch.Shifted.Span, hiddenGradient, states, statesGradient, scale);
        passing.Reset();
        var narrow = passing.Take(TFormat.Type, states.shape[0], states.shape[1]).copy_(statesGradient);
        encoder.Backward(batch.Ids.Span, narrow, null, null, 1);
        return loss;
    }

    public void Dispose()
    {
        kept.Dispose();
        passing.Dispose();
        gradient.Dispose();
    }

    private static Span<T> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private static Tensor Product(TrainingMemory memory, Tensor left, Tensor right) =>
        memory.Take(TFormat.Type, left.shape[0], right.shape[1]).addmm_(left, right, beta: 0, alpha: 1);

    /// <summary>Rows for all tokens; those behind the last are 0, and stay so through norms and products.</summary>
    private static Tensor Take(TrainingMemory memory, ScalarType type, T5Places places, int columns)
    {
        var taken = memory.Take(type, places.Rows, columns);
        if (places.Rows > places.Tokens)
            taken.narrow(0, places.Tokens, places.Rows - places.Tokens).zero_();
        return taken;
    }

    /// <summary>Adds <c>dy^T x</c> to a weight's gradient.</summary>
    private void WeightGradient(T5Weight weight, Tensor outputGradient, Tensor input)
    {
        var product = Product(passing, outputGradient.t(), input);
        RowKernels<TFormat, T>.Add(Numbers(product), weight.PartOf(Floats(gradient)));
    }

    private DropMask Mask(int call) => new(firstKey with { Call = firstKey.Call + (uint)call }, sizes.Dropout);

    /// <summary>An attention's keep: heads of queries, keys and values, weights, and what went into the output product.</summary>
    private sealed record Attention(Tensor Queries, Tensor Keys, Tensor Values, Tensor Weights, Tensor Mixed);

    /// <summary>What a sublayer's backward pass needs: its residual input, the norm's scales and the norm.</summary>
    private sealed record Normed(Tensor X, Tensor Scales, Tensor Rows);

    /// <summary>A layer's keep.</summary>
    private sealed class Tape
    {
        public required Normed Self { get; init; }
        public required Attention SelfAttention { get; init; }
        public Normed? Cross { get; set; }
        public Attention? CrossAttention { get; set; }
        public Normed? FeedForward { get; set; }
        public Tensor? Inner { get; set; }
        public ExpertTape? Experts { get; set; }
    }

    /// <summary>An encoder or a decoder within one batch.</summary>
    private sealed class Stack
    {
        private readonly T5Half<TFormat, T> half;
        private readonly T5StackWeights weights;
        private readonly T5Places own;
        private readonly T5Places? read; // by a decoder, of the encoder's states
        private readonly T5Pieces within;
        private readonly T5Pieces? crossing;
        private readonly int firstCall;
        private readonly float[] bias; // [H, 2 longest - 1], by distance
        private readonly float[] biasGradient;
        private readonly List<Tape> tapes = [];
        private readonly bool causal;
        private Normed? last;

        public Stack(
            T5Half<TFormat, T> half,
            T5StackWeights weights,
            T5Places own,
            T5Pieces? crossing,
            T5Places? read,
            int firstCall
        )
        {
            (this.half, this.weights, this.own, this.firstCall) = (half, weights, own, firstCall);
            (this.crossing, this.read, causal) = (crossing, read, read is not null);
            within = new T5Pieces(own.Groups, own.Groups);
            bias = Floats(weights.Positions.ByDistance(own.Longest)).ToArray();
            biasGradient = new float[bias.Length];
            if (causal)
                for (var head = 0; head < half.sizes.Heads; head++)
                    bias.AsSpan(head * (2 * own.Longest - 1) + own.Longest, own.Longest - 1)
                        .Fill(float.NegativeInfinity);
        }

        private int CallsPerLayer => causal ? 6 : 4;

        private int LastCall => firstCall + 1 + CallsPerLayer * weights.Layers.Length;

        /// <summary>States of all positions in the product's format.</summary>
        public Tensor Forward(ReadOnlySpan<long> ids, Tensor? states, float factor)
        {
            var x = Take(half.kept, ScalarType.Float32, own, half.sizes.Width);
            RowKernels<TFormat, T>.Embed(ids, half.weights.Tokens.Values, half.Mask(firstCall), Own(x));
            for (var at = 0; at < weights.Layers.Length; at++)
            {
                var (layer, call) = (weights.Layers[at], firstCall + 1 + at * CallsPerLayer);
                half.passing.Reset();
                var self = Norm(x, layer.SelfNorm, null, 1);
                var all = Product(half.passing, self.Rows, layer.QueryKeyValue.Product.t());
                var attention = Attend(within, (all, 0, own), (all, half.sizes.Inner), bias, call);
                x = AddDropped(x, Product(half.passing, attention.Mixed, layer.SelfOutput.Product.t()), call + 1);
                var tape = new Tape { Self = self, SelfAttention = attention };
                if (states is not null)
                {
                    call += 2;
                    half.passing.Reset();
                    tape.Cross = Norm(x, layer.CrossNorm!, null, 1);
                    var asked = Product(half.passing, tape.Cross.Rows, layer.Query!.Product.t());
                    var both = Product(half.passing, states, layer.KeyValue!.Product.t());
                    tape.CrossAttention = Attend(crossing!, (asked, 0, own), (both, 0), [], call);
                    x = AddDropped(
                        x,
                        Product(half.passing, tape.CrossAttention.Mixed, layer.CrossOutput!.Product.t()),
                        call + 1
                    );
                }
                call += 2;
                half.passing.Reset();
                tapes.Add(tape);
                if (layer.Experts is { } mixture)
                {
                    var sum = NewStream();
                    tape.Experts = half.experts!.Forward(
                        layer,
                        mixture,
                        x,
                        own,
                        (half.Mask(call), half.Mask(call + 1)),
                        sum,
                        half.kept
                    );
                    x = sum;
                    continue;
                }
                tape.FeedForward = Norm(x, layer.FeedForwardNorm, null, 1);
                tape.Inner = Product(half.kept, tape.FeedForward.Rows, layer.Wide.Product.t());
                RowKernels<TFormat, T>.ReluDropped(Numbers(tape.Inner), half.Mask(call));
                x = AddDropped(x, Product(half.passing, tape.Inner, layer.Narrow.Product.t()), call + 1);
            }
            last = Norm(x, weights.Last, half.Mask(LastCall), factor);
            return last.Rows;
        }

        /// <summary>All gradients, from that of what <see cref="Forward"/> gave.</summary>
        public void Backward(
            ReadOnlySpan<long> ids,
            Tensor outcome,
            Tensor? states,
            Tensor? statesGradient,
            float factor
        )
        {
            var stream = NewStream().zero_();
            NormGradient(outcome, last!, weights.Last, half.Mask(LastCall), factor, stream);
            for (var at = weights.Layers.Length - 1; at >= 0; at--)
            {
                using var scope = NewDisposeScope();
                var (layer, tape, call) = (weights.Layers[at], tapes[at], firstCall + 1 + at * CallsPerLayer);
                if (tape.Experts is { } mixture)
                {
                    half.passing.Reset();
                    var masks = (half.Mask(call + 4), half.Mask(call + 5));
                    half.experts!.Backward(layer, mixture, own, masks, stream, Floats(half.gradient), half.passing);
                }
                else
                    FeedForwardGradient(layer, tape, call + CallsPerLayer - 2, stream);
                if (states is not null)
                {
                    var mixed = OutputGradient(layer.CrossOutput!, tape.CrossAttention!, call + 3, stream);
                    var asked = Take(half.passing, TFormat.Type, own, half.sizes.Inner);
                    var both = Take(half.passing, TFormat.Type, read!, 2 * half.sizes.Inner);
                    AttendGradient(crossing!, tape.CrossAttention!, mixed, (asked, 0), (both, 0), []);
                    half.WeightGradient(layer.Query!, asked, tape.Cross!.Rows);
                    half.WeightGradient(layer.KeyValue!, both, states);
                    var toStates = Product(half.passing, both, layer.KeyValue!.Product);
                    RowKernels<TFormat, T>.Add(Numbers(toStates), Floats(statesGradient!));
                    var toRows = Product(half.passing, asked, layer.Query!.Product);
                    NormGradient(toRows, tape.Cross!, layer.CrossNorm!, null, 1, stream);
                }
                var selfMixed = OutputGradient(layer.SelfOutput, tape.SelfAttention, call + 1, stream);
                var all = Take(half.passing, TFormat.Type, own, 3 * half.sizes.Inner);
                AttendGradient(within, tape.SelfAttention, selfMixed, (all, 0), (all, half.sizes.Inner), biasGradient);
                half.WeightGradient(layer.QueryKeyValue, all, tape.Self.Rows);
                NormGradient(
                    Product(half.passing, all, layer.QueryKeyValue.Product),
                    tape.Self,
                    layer.SelfNorm,
                    null,
                    1,
                    stream
                );
            }
            weights.Positions.AddGradient(biasGradient, weights.Bias.PartOf(Floats(half.gradient)));
            RowKernels<TFormat, T>.EmbedGradient(
                ids,
                Own(stream),
                half.Mask(firstCall),
                half.weights.Tokens.PartOf(Floats(half.gradient))
            );
        }

        private void FeedForwardGradient(T5LayerWeights layer, Tape tape, int call, Tensor stream)
        {
            half.passing.Reset();
            var outcome = Dropped(stream, call + 1);
            half.WeightGradient(layer.Narrow, outcome, tape.Inner!);
            var inner = Product(half.passing, outcome, layer.Narrow.Product);
            RowKernels<TFormat, T>.ReluGradient(Numbers(tape.Inner!), half.Mask(call).Keep, Numbers(inner));
            half.WeightGradient(layer.Wide, inner, tape.FeedForward!.Rows);
            var rows = Product(half.passing, inner, layer.Wide.Product);
            NormGradient(rows, tape.FeedForward, layer.FeedForwardNorm, null, 1, stream);
        }

        /// <summary>Through an attention's dropout and output product; gives the gradient of what was mixed.</summary>
        private Tensor OutputGradient(T5Weight output, Attention attention, int call, Tensor stream)
        {
            half.passing.Reset();
            var outcome = Dropped(stream, call);
            half.WeightGradient(output, outcome, attention.Mixed);
            return Product(half.passing, outcome, output.Product);
        }

        private Attention Attend(
            T5Pieces pieces,
            (Tensor Rows, int Column, T5Places Places) queries,
            (Tensor Rows, int Column) both,
            ReadOnlySpan<float> bias,
            int call
        )
        {
            var (inner, heads, width) = (half.sizes.Inner, half.sizes.Heads, half.sizes.HeadWidth);
            var mask = half.Mask(call);
            var q = half.kept.Take(TFormat.Type, pieces.QueryRows, inner);
            var k = half.kept.Take(TFormat.Type, pieces.KeyRows, inner);
            var v = half.kept.Take(TFormat.Type, pieces.KeyRows, inner);
            var kept = half.kept.Take(TFormat.Type, 1, pieces.Weights * heads).view(-1);
            var mixed = Take(half.kept, TFormat.Type, queries.Places, inner);
            var maskAt = 0L;
            foreach (var piece in pieces.All)
            {
                using var scope = NewDisposeScope();
                var (query, key, value) = (piece.Queries(q, heads), piece.Keys(k, heads), piece.Keys(v, heads));
                foreach (var run in piece.Runs)
                {
                    var (ask, read, _) = piece.Shapes(run, heads, width);
                    Split(queries.Rows, run.QueryAt, queries.Column, ask, query, run.At);
                    Split(both.Rows, run.KeyAt, both.Column, read, key, run.At);
                    Split(both.Rows, run.KeyAt, both.Column + inner, read, value, run.At);
                }
                var logits = query.bmm(key.transpose(1, 2)); // [n H, Q, K]
                var shares = piece.Weights(kept, heads);
                foreach (var run in piece.Runs)
                {
                    var shape = piece.Shapes(run, heads, width).Weights;
                    RowKernels<TFormat, T>.SoftmaxDropped(
                        OfRun(logits, run, shape),
                        shape,
                        bias,
                        own.Longest,
                        mask,
                        maskAt,
                        OfRun(shares, run, shape)
                    );
                    maskAt += (long)shape.Matrices * shape.MaskSize;
                }
                var made = logits.bmm(value);
                foreach (var run in piece.Runs)
                    Join(made, run.At, mixed, run.QueryAt, 0, piece.Shapes(run, heads, width).Ask);
            }
            return new Attention(q, k, v, kept, mixed);
        }

        private void AttendGradient(
            T5Pieces pieces,
            Attention attention,
            Tensor mixedGradient,
            (Tensor Rows, int Column) queries,
            (Tensor Rows, int Column) both,
            Span<float> biasGradient
        )
        {
            var (inner, heads, width) = (half.sizes.Inner, half.sizes.Heads, half.sizes.HeadWidth);
            var keep = half.Mask(0).Keep;
            var split = half.passing.Take(TFormat.Type, pieces.QueryRows, inner);
            foreach (var piece in pieces.All)
            {
                using var scope = NewDisposeScope();
                var query = piece.Queries(attention.Queries, heads);
                var key = piece.Keys(attention.Keys, heads);
                var value = piece.Keys(attention.Values, heads);
                var given = piece.Queries(split, heads);
                foreach (var run in piece.Runs)
                    Split(mixedGradient, run.QueryAt, 0, piece.Shapes(run, heads, width).Ask, given, run.At);
                var shares = piece.Weights(attention.Weights, heads);
                var logits = given.bmm(value.transpose(1, 2)); // of the dropped weights, soon of the logits
                foreach (var run in piece.Runs)
                {
                    var shape = piece.Shapes(run, heads, width).Weights;
                    RowKernels<TFormat, T>.SoftmaxGradient(
                        OfRun(shares, run, shape),
                        shape,
                        keep,
                        OfRun(logits, run, shape),
                        biasGradient,
                        own.Longest
                    );
                }
                var (toQueries, turned) = (logits.bmm(key), logits.transpose(1, 2));
                var (toKeys, toValues) = (turned.bmm(query), shares.transpose(1, 2).bmm(given));
                foreach (var run in piece.Runs)
                {
                    var (ask, read, _) = piece.Shapes(run, heads, width);
                    Join(toQueries, run.At, queries.Rows, run.QueryAt, queries.Column, ask);
                    Join(toKeys, run.At, both.Rows, run.KeyAt, both.Column, read);
                    Join(toValues, run.At, both.Rows, run.KeyAt, both.Column + inner, read);
                }
            }
        }

        private static Span<T> OfRun(Tensor weights, T5Run run, WeightShape shape) =>
            Numbers(weights).Slice(run.At * shape.Heads * shape.Rows * shape.Stride, shape.Size);

        private static void Split(Tensor rows, int token, int column, HeadShape shape, Tensor heads, int sequence)
        {
            var stride = (int)rows.shape[1];
            RowKernels<TFormat, T>.SplitHeads(
                Numbers(rows)[(token * stride)..],
                stride,
                column,
                shape,
                Numbers(heads)[(sequence * shape.Size)..]
            );
        }

        private static void Join(Tensor heads, int sequence, Tensor rows, int token, int column, HeadShape shape)
        {
            var stride = (int)rows.shape[1];
            RowKernels<TFormat, T>.JoinHeads(
                Numbers(heads)[(sequence * shape.Size)..],
                shape,
                Numbers(rows)[(token * stride)..],
                stride,
                column
            );
        }

        /// <summary>The real rows of a residual stream.</summary>
        private Span<float> Own(Tensor stream) => Floats(stream)[..(own.Tokens * half.sizes.Width)];

        private Tensor NewStream() => half.kept.Take(ScalarType.Float32, own.Rows, half.sizes.Width);

        private Normed Norm(Tensor x, T5Weight weight, DropMask? mask, float factor)
        {
            var scales = half.kept.Take(ScalarType.Float32, 1, own.Rows);
            var rows = half.kept.Take(TFormat.Type, own.Rows, half.sizes.Width);
            RowKernels<TFormat, T>.Norm(Floats(x), weight.Values, Epsilon, mask, factor, Floats(scales), Numbers(rows));
            return new Normed(x, scales, rows);
        }

        private void NormGradient(
            Tensor rows,
            Normed made,
            T5Weight weight,
            DropMask? mask,
            float factor,
            Tensor stream
        ) =>
            RowKernels<TFormat, T>.NormGradient(
                Numbers(rows),
                Floats(made.X),
                weight.Values,
                mask,
                factor,
                Floats(made.Scales),
                Floats(stream),
                weight.PartOf(Floats(half.gradient))
            );

        private Tensor AddDropped(Tensor x, Tensor y, int call)
        {
            var sum = NewStream();
            RowKernels<TFormat, T>.AddDropped(Floats(x), Numbers(y), half.Mask(call), Floats(sum));
            return sum;
        }

        private Tensor Dropped(Tensor stream, int call)
        {
            var dropped = half.passing.Take(TFormat.Type, own.Rows, half.sizes.Width);
            RowKernels<TFormat, T>.DropGradient(Floats(stream), half.Mask(call), Numbers(dropped));
            return dropped;
        }
    }
}
