using System.Numerics;
using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>Loss and gradients of RQ-VAE written out, for the processor: what <see cref="RqVaeObjective"/> leaves to autograd.</summary>
/// <remarks>
/// The products are the same, in bfloat16 with each weight cast once; what lies between them takes one pass: squared error,
/// its gradient and the last bias; a ReLU's gradient and the bias before it; distances, codes, both loss terms and the
/// codebooks' gradients. Each half of a batch goes its way on a thread of its own, because two threads of one product wait for
/// each other between products; Sinkhorn's choice, which looks at the whole batch, is where the halves meet. Straight-through
/// gradients only, and no dropout.
/// </remarks>
internal sealed class RqVaeGradients(RqVae model) : IDisposable
{
    private readonly RqVae model = model;
    private readonly Dictionary<Parameter, Tensor> made = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Parameter, Tensor> room = new(ReferenceEqualityComparer.Instance); // for them, step after step
    private readonly TrainingMemory[] rooms = [new(), new()]; // of the halves
    private readonly Dictionary<Parameter, Tensor> narrow = new(ReferenceEqualityComparer.Instance); // weights for the products

    /// <summary>Whether a training runs by it.</summary>
    public static bool Cover(RqVaeOptions options, Precision precision, Device device) =>
        device.type == DeviceType.CPU
        && precision == Precision.BFloat16
        && options is { Path: GradientPath.StraightThrough, Dropout: 0 }
        && !LetterTerms.AreIn(options);

    /// <summary>The loss of one batch; its gradients wait for <see cref="Hand"/>.</summary>
    /// <param name="inputs">All items, <c>[N, D]</c>, bfloat16.</param>
    /// <param name="items">The same in float32.</param>
    /// <param name="rows">Which of them the batch is, <c>[B]</c>.</param>
    /// <returns>Tensors of the caller's scope, without gradients.</returns>
    public RqVaeBatch Compute(Tensor inputs, Tensor items, long[] rows)
    {
        using var none = no_grad();
        Clear(); // of a batch whose gradients nobody asked for
        Cast();
        var options = model.Options;
        var isMean = options.Scale == LossScale.Mean;
        var all = 1.0 / (rows.Length * (isMean ? (double)model.Width : 1));
        var parts = 1.0 / (rows.Length * (isMean ? (double)options.Latent * options.Levels : 1));
        var batch = new Batch(
            inputs,
            items,
            rows,
            [.. Enumerable.Range(0, options.Levels).Select(_ => empty(rows.Length, dtype: ScalarType.Int64))],
            [.. Enumerable.Range(0, options.Levels + 1).Select(_ => empty(rows.Length, options.Latent))]
        );
        var meets = Enumerable.Range(0, options.Levels).Any(level => options.EpsilonOf(level) > 0);
        var middle = (rows.Length + 1) / 2;
        using var first = new Half(this, batch, 0, middle, rooms[0]);
        using var second = new Half(this, batch, middle, rows.Length, rooms[1]);
        using var whole = new Half(this, batch, 0, rows.Length, rooms[0]); // takes no room, and only chooses codes
        if (meets)
        {
            Both(half => half.Encode());
            var levels = whole.Quantise(parts);
            (first.Quantised, second.Quantised) = (levels.Slice(0, middle), levels.Slice(middle, rows.Length));
            Both(half => half.Decode(all));
        }
        else
        {
            Both(half =>
            {
                half.Encode();
                half.Quantised = half.Quantise(parts);
                half.Decode(all);
            });
        }
        foreach (var (parameter, gradient) in first.Gradients.Concat(whole.Gradients))
            made[parameter] = Room(parameter);
        SideBySide.Run(() => Sum(model.Encoder), () => Sum(model.Decoder));
        foreach (var (parameter, gradient) in first.Gradients.Concat(whole.Gradients))
            if (gradient.dtype == ScalarType.Float32)
            {
                made[parameter].copy_(gradient);
                if (second.Gradients.GetValueOrDefault(parameter) is { } other)
                    made[parameter].add_(other);
            }
        var reconstruction = (first.Squares + second.Squares) * all;
        var quantiser = (first.Quantised!.Loss + (second.Quantised?.Loss ?? 0)) * parts;
        return new RqVaeBatch(
            tensor((float)(reconstruction + quantiser)),
            tensor((float)reconstruction),
            batch.Codes,
            batch.Residuals[..^1]
        );

        void Sum(ModuleList<Linear> layers)
        {
            foreach (var layer in layers)
            {
                var own = first.Gradients[layer.weight!];
                var other = second.Gradients.GetValueOrDefault(layer.weight!);
                BFloat16Rows.Sum(
                    BFloat16Rows.Bits(own),
                    other is null ? [] : BFloat16Rows.Bits(other),
                    NearestCodes.Floats(made[layer.weight!])
                );
            }
        }

        void Both(Action<Half> work)
        {
            if (middle == rows.Length)
                work(first);
            else
                SideBySide.Run(() => work(first), () => work(second));
        }
    }

    /// <summary>Adds the gradients of the last batch, times a factor, to those of the parameters.</summary>
    public void Hand(double factor)
    {
        using var none = no_grad();
        using Scalar scale = factor;
        foreach (var (parameter, gradient) in made)
        {
            if (factor != 1)
                gradient.mul_(scale);
            if (parameter.grad is { } before)
                before.add_(gradient);
            else
                parameter.grad = gradient;
        }
        Clear();
    }

    public void Dispose()
    {
        Clear();
        foreach (var tensor in narrow.Values.Concat(room.Values))
            tensor.Dispose();
        foreach (var memory in rooms)
            memory.Dispose();
        narrow.Clear();
        room.Clear();
    }

    private void Clear()
    {
        foreach (var (parameter, gradient) in made)
            if (!ReferenceEquals(gradient, room.GetValueOrDefault(parameter)))
                gradient.Dispose();
        made.Clear();
    }

    /// <summary>Where a gradient is written: the same memory each time, unless the parameter still has what was written last.</summary>
    private Tensor Room(Parameter parameter)
    {
        if (parameter.grad is { } before)
        {
            before.Dispose(); // the wrapper
            return empty_like(parameter, requires_grad: false).DetachFromDisposeScope();
        }
        if (!room.TryGetValue(parameter, out var mine))
            room[parameter] = mine = empty_like(parameter, requires_grad: false).DetachFromDisposeScope();
        return mine;
    }

    private void Cast()
    {
        if (narrow.Count == 0)
            foreach (var layer in model.Encoder.Concat(model.Decoder))
                narrow[layer.weight!] = layer.weight!.detach().to(ScalarType.BFloat16).DetachFromDisposeScope();
        else
            SideBySide.Run(() => Copy(model.Encoder), () => Copy(model.Decoder));

        void Copy(ModuleList<Linear> layers)
        {
            using var none = no_grad();
            foreach (var layer in layers)
                narrow[layer.weight!].copy_(layer.weight!);
        }
    }

    /// <summary>A batch, and what all its rows come to.</summary>
    /// <param name="Inputs">All items, bfloat16.</param>
    /// <param name="Items">All items, float32.</param>
    /// <param name="Rows">Which of them these are, <c>[B]</c>.</param>
    /// <param name="Codes">Of each level, <c>[B]</c>.</param>
    /// <param name="Residuals">What each level is given, and behind the last what it leaves, <c>[B, d]</c>.</param>
    private sealed record Batch(Tensor Inputs, Tensor Items, long[] Rows, Tensor[] Codes, Tensor[] Residuals);

    /// <summary>What the layers of one side did; the output lacks the last bias.</summary>
    private sealed record Pass(ModuleList<Linear> Layers, Tensor[] Inputs, Tensor Output);

    /// <summary>Sum of the codes of each row, gradient of the commitment, and the terms' sum of squares.</summary>
    private sealed record Levels(Tensor Sum, Tensor Commitment, double Loss)
    {
        /// <summary>Some of the rows; the first ones take the loss along.</summary>
        public Levels Slice(int from, int end) =>
            new(Sum.narrow(0, from, end - from), Commitment.narrow(0, from, end - from), from == 0 ? Loss : 0);
    }

    /// <summary>Rows of a batch that one thread computes. Its tensors live as long as it does.</summary>
    private sealed class Half(RqVaeGradients owner, Batch batch, int from, int end, TrainingMemory memory) : IDisposable
    {
        private readonly RqVae model = owner.model;
        private readonly List<Tensor> kept = [];
        private Pass? encoder;

        /// <summary>Of weights in the products' format, of all else in float32.</summary>
        public Dictionary<Parameter, Tensor> Gradients { get; } = new(ReferenceEqualityComparer.Instance);

        public Levels? Quantised { get; set; }

        /// <summary>Sum of the squared errors.</summary>
        public double Squares { get; private set; }

        private int Count => end - from;

        public void Dispose()
        {
            foreach (var tensor in kept)
                tensor.Dispose();
        }

        public void Encode()
        {
            using var none = no_grad();
            using var scope = NewDisposeScope();
            memory.Reset();
            var input = Take(model.Width);
            var all = BFloat16Rows.Bits(batch.Inputs);
            var own = BFloat16Rows.Bits(input);
            for (var row = 0; row < Count; row++)
                all.Slice((int)batch.Rows[from + row] * model.Width, model.Width).CopyTo(own[(row * model.Width)..]);
            encoder = Forward(model.Encoder, input);
            BFloat16Rows.BiasWide(
                BFloat16Rows.Bits(encoder.Output),
                NearestCodes.Floats(model.Encoder[^1].bias!),
                NearestCodes.Floats(batch.Residuals[0].narrow(0, from, Count))
            );
            Keep([.. encoder.Inputs]);
        }

        /// <summary>Decoder, error, and all gradients.</summary>
        /// <param name="scale">What a squared error weighs.</param>
        public void Decode(double scale)
        {
            using var none = no_grad();
            using var scope = NewDisposeScope();
            var decoder = Forward(model.Decoder, Quantised!.Sum.to(ScalarType.BFloat16));
            var gradient = Error(decoder.Output, scale, out var lastBias);
            var latent = Backward(decoder, gradient, lastBias, passesOn: true)!.to(ScalarType.Float32); // [n, d]
            latent.add_(Quantised.Commitment);
            Backward(encoder!, latent.to(ScalarType.BFloat16), latent.sum(dim: 0), passesOn: false);
        }

        /// <summary>Codes, loss terms and their gradients, level after level.</summary>
        /// <param name="scale">What a squared difference weighs.</param>
        public Levels Quantise(double scale)
        {
            using var none = no_grad();
            using var scope = NewDisposeScope();
            var options = model.Options;
            var width = options.Latent;
            var (sum, commitment) = (zeros(Count, width), zeros(Count, width));
            var (learned, committed) = ((float)(2 * scale), (float)(2 * scale * options.Commitment));
            var squares = 0.0;
            for (var level = 0; level < options.Levels; level++)
            {
                var codebook = model.Codebook(level);
                var residual = batch.Residuals[level].narrow(0, from, Count);
                var codes = batch.Codes[level].narrow(0, from, Count);
                codes.copy_(ChoiceOfCodes.Choose(options, level, residual, codebook));
                var chosen = MemoryMarshal.Cast<byte, long>(codes.bytes);
                if (!Gradients.TryGetValue(codebook, out var slopes)) // there already where levels share a codebook
                {
                    slopes = zeros_like(codebook, requires_grad: false);
                    if (options.Update == CodebookUpdate.Gradient)
                        Gradients[codebook] = slopes;
                }
                var given = NearestCodes.Floats(residual);
                var to = NearestCodes.Floats(batch.Residuals[level + 1].narrow(0, from, Count));
                var book = NearestCodes.Floats(codebook);
                var bookSlopes = NearestCodes.Floats(slopes);
                var sums = NearestCodes.Floats(sum);
                var pulls = NearestCodes.Floats(commitment);
                var reaches = level == 0 || options.Residual == ResidualGradient.EveryLevel;
                for (var row = 0; row < Count; row++)
                {
                    var (own, code) = (row * width, (int)chosen[row] * width);
                    squares += Leave(
                        given.Slice(own, width),
                        book.Slice(code, width),
                        to.Slice(own, width),
                        sums.Slice(own, width),
                        bookSlopes.Slice(code, width),
                        -learned,
                        pulls.Slice(own, width),
                        reaches ? committed : 0
                    );
                }
            }
            Keep([sum, commitment, .. Gradients.Values]);
            var weight = options.Commitment + (options.Update == CodebookUpdate.Gradient ? 1 : 0);
            return new Levels(sum, commitment, squares * weight);
        }

        private Tensor Take(long columns) => memory.Take(ScalarType.BFloat16, Count, columns);

        private void Keep(Tensor[] tensors) => kept.AddRange(tensors.Select(one => one.DetachFromDisposeScope()));

        private void Keep(Parameter parameter, Tensor gradient)
        {
            Gradients[parameter] = gradient;
            Keep([gradient]);
        }

        private Pass Forward(ModuleList<Linear> layers, Tensor input)
        {
            var inputs = new Tensor[layers.Count];
            for (var at = 0; at < layers.Count; at++)
            {
                inputs[at] = input;
                var weight = owner.narrow[layers[at].weight!];
                input = Take(weight.shape[0]).addmm_(input, weight.t(), beta: 0, alpha: 1);
                if (at + 1 < layers.Count)
                    BFloat16Rows.BiasRelu(BFloat16Rows.Bits(input), NearestCodes.Floats(layers[at].bias!));
            }
            return new Pass(layers, inputs, input);
        }

        /// <summary>Gradients of layers from that of their output.</summary>
        /// <param name="pass">What the layers did.</param>
        /// <param name="gradient"><c>[n, width of the output]</c>, bfloat16.</param>
        /// <param name="lastBias">Its column sums, float32.</param>
        /// <param name="passesOn">Whether the gradient of the input is wanted: the item vectors need none.</param>
        private Tensor? Backward(Pass pass, Tensor gradient, Tensor lastBias, bool passesOn)
        {
            var bias = lastBias;
            for (var at = pass.Layers.Count - 1; ; at--)
            {
                var weight = owner.narrow[pass.Layers[at].weight!];
                var slope = memory.Take(ScalarType.BFloat16, weight.shape[0], weight.shape[1]);
                Keep(pass.Layers[at].weight!, slope.addmm_(gradient.t(), pass.Inputs[at], beta: 0, alpha: 1));
                Keep(pass.Layers[at].bias!, bias);
                if (at == 0 && !passesOn)
                    return null;
                gradient = Take(weight.shape[1]).addmm_(gradient, weight, beta: 0, alpha: 1);
                if (at == 0)
                    return gradient;
                bias = zeros(gradient.shape[1], dtype: ScalarType.Float32);
                BFloat16Rows.ReluBackward(
                    BFloat16Rows.Bits(gradient),
                    BFloat16Rows.Bits(pass.Inputs[at]),
                    NearestCodes.Floats(bias)
                );
            }
        }

        private Tensor Error(Tensor output, double scale, out Tensor bias)
        {
            var width = model.Width;
            var gradient = Take(width);
            var lastBias = NearestCodes.Floats(model.Decoder[^1].bias!);
            bias = zeros(width, dtype: ScalarType.Float32);
            var values = BFloat16Rows.Bits(output);
            var targets = NearestCodes.Floats(batch.Items);
            var slopes = BFloat16Rows.Bits(gradient);
            var sums = NearestCodes.Floats(bias);
            for (var row = 0; row < Count; row++)
                Squares += BFloat16Rows.SquaredError(
                    values.Slice(row * width, width),
                    lastBias,
                    targets.Slice((int)batch.Rows[from + row] * width, width),
                    (float)(2 * scale),
                    slopes.Slice(row * width, width),
                    sums
                );
            return gradient;
        }
    }

    /// <summary>What a code leaves of a residual, and what it adds to the sums that hang on it.</summary>
    /// <returns>Sum of the squares of what is left.</returns>
    private static float Leave(
        ReadOnlySpan<float> residual,
        ReadOnlySpan<float> code,
        Span<float> left,
        Span<float> sum,
        Span<float> slope,
        float slopeFactor,
        Span<float> pull,
        float pullFactor
    )
    {
        var width = residual.Length;
        var (squares, at) = (Vector<float>.Zero, 0);
        for (; at <= width - Vector<float>.Count; at += Vector<float>.Count)
        {
            var chosen = new Vector<float>(code[at..]);
            var rest = new Vector<float>(residual[at..]) - chosen;
            squares += rest * rest;
            rest.CopyTo(left[at..]);
            (new Vector<float>(sum[at..]) + chosen).CopyTo(sum[at..]);
            (new Vector<float>(slope[at..]) + rest * slopeFactor).CopyTo(slope[at..]);
            (new Vector<float>(pull[at..]) + rest * pullFactor).CopyTo(pull[at..]);
        }
        var total = Vector.Sum(squares);
        for (; at < width; at++)
        {
            left[at] = residual[at] - code[at];
            total += left[at] * left[at];
            sum[at] += code[at];
            slope[at] += left[at] * slopeFactor;
            pull[at] += left[at] * pullFactor;
        }
        return total;
    }
}
