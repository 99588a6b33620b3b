using System.Numerics;
using System.Runtime.InteropServices;
using GenRec.Shared.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.SemanticIds;

/// <summary>Loss and gradients of RQ-VAE written out, for the processor: what <see cref="RqVaeObjective"/> leaves to autograd.</summary>
/// <remarks>
/// The products are the same, in bfloat16 with each weight cast once; what lies between them takes one pass: squared error,
/// its gradient and the last bias; a ReLU's gradient and the bias before it; distances, codes, both loss terms and the
/// codebooks' gradients. Straight-through gradients only, and no dropout.
/// </remarks>
internal sealed class RqVaeGradients(RqVae model) : IDisposable
{
    private readonly Dictionary<Parameter, Tensor> made = [];

    /// <summary>Whether a training runs by it.</summary>
    public static bool Cover(RqVaeOptions options, Precision precision, Device device) =>
        device.type == DeviceType.CPU
        && precision == Precision.BFloat16
        && options is { Path: GradientPath.StraightThrough, Dropout: 0 }
        && !LetterTerms.AreIn(options);

    /// <summary>The loss of one batch; its gradients wait for <see cref="Hand"/>.</summary>
    /// <param name="input">The batch, <c>[B, D]</c>, bfloat16.</param>
    /// <param name="items">All items, <c>[N, D]</c>, float32.</param>
    /// <param name="rows">Which of them the batch is, <c>[B]</c>.</param>
    /// <returns>Tensors of the caller's scope, without gradients.</returns>
    public RqVaeBatch Compute(Tensor input, Tensor items, ReadOnlySpan<long> rows)
    {
        using var none = no_grad();
        Clear(); // of a batch whose gradients nobody asked for
        var options = model.Options;
        var isMean = options.Scale == LossScale.Mean;
        var all = 1.0 / (rows.Length * (isMean ? (double)model.Width : 1));
        var parts = 1.0 / (rows.Length * (isMean ? (double)options.Latent * options.Levels : 1));

        var encoder = Forward(model.Encoder, input);
        var z = encoder.Output.to(ScalarType.Float32);
        var levels = Quantise(z, parts);
        var decoder = Forward(model.Decoder, levels.Sum.to(ScalarType.BFloat16));
        var (squares, gradient) = Error(decoder.Output, items, rows, all, out var lastBias);

        var latent = Backward(decoder, gradient, lastBias, passesOn: true)!.to(ScalarType.Float32); // [B, d]
        latent.add_(levels.Commitment);
        Backward(encoder, latent.to(ScalarType.BFloat16), latent.sum(dim: 0), passesOn: false);
        var (reconstruction, quantiser) = (squares * all, levels.Loss * parts);
        return new RqVaeBatch(
            tensor((float)(reconstruction + quantiser)),
            tensor((float)reconstruction),
            levels.Codes,
            levels.Residuals
        );
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

    public void Dispose() => Clear();

    private void Clear()
    {
        foreach (var gradient in made.Values)
            gradient.Dispose();
        made.Clear();
    }

    private void Keep(Parameter parameter, Tensor gradient)
    {
        if (made.TryGetValue(parameter, out var before))
            before.add_(gradient); // a codebook that levels share
        else
            made[parameter] = gradient.DetachFromDisposeScope();
    }

    private static Pass Forward(ModuleList<Linear> layers, Tensor input)
    {
        var (inputs, weights) = (new Tensor[layers.Count], new Tensor[layers.Count]);
        for (var at = 0; at < layers.Count; at++)
        {
            (inputs[at], weights[at]) = (input, layers[at].weight!.to(ScalarType.BFloat16));
            input = F.linear(input, weights[at], layers[at].bias!.to(ScalarType.BFloat16));
            if (at + 1 < layers.Count)
                BFloat16Rows.Relu(BFloat16Rows.Bits(input));
        }
        return new Pass(layers, inputs, weights, input);
    }

    /// <summary>Gradients of layers from that of their output.</summary>
    /// <param name="pass">What the layers did.</param>
    /// <param name="gradient"><c>[B, width of the output]</c>, bfloat16.</param>
    /// <param name="lastBias">Its column sums, float32.</param>
    /// <param name="passesOn">Whether the gradient of the input is wanted: the item vectors need none.</param>
    private Tensor? Backward(Pass pass, Tensor gradient, Tensor lastBias, bool passesOn)
    {
        var bias = lastBias;
        for (var at = pass.Layers.Count - 1; ; at--)
        {
            Keep(pass.Layers[at].weight!, gradient.t().mm(pass.Inputs[at]).to(ScalarType.Float32));
            Keep(pass.Layers[at].bias!, bias);
            if (at == 0 && !passesOn)
                return null;
            gradient = gradient.mm(pass.Weights[at]);
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

    private static (double Squares, Tensor Gradient) Error(
        Tensor output,
        Tensor items,
        ReadOnlySpan<long> rows,
        double scale,
        out Tensor bias
    )
    {
        var width = (int)items.shape[1];
        var gradient = empty_like(output);
        bias = zeros(width, dtype: ScalarType.Float32);
        var values = BFloat16Rows.Bits(output);
        var targets = NearestCodes.Floats(items);
        var slopes = BFloat16Rows.Bits(gradient);
        var sums = NearestCodes.Floats(bias);
        var squares = 0.0;
        for (var row = 0; row < rows.Length; row++)
            squares += BFloat16Rows.SquaredError(
                values.Slice(row * width, width),
                targets.Slice((int)rows[row] * width, width),
                (float)(2 * scale),
                slopes.Slice(row * width, width),
                sums
            );
        return (squares, gradient);
    }

    /// <summary>Codes, loss terms and their gradients, level after level.</summary>
    /// <param name="z">Latent vectors, <c>[B, d]</c>.</param>
    /// <param name="scale">What a squared difference weighs.</param>
    private Levels Quantise(Tensor z, double scale)
    {
        var options = model.Options;
        var (rows, width) = ((int)z.shape[0], options.Latent);
        var (codes, residuals) = (new Tensor[options.Levels], new Tensor[options.Levels]);
        var (sum, commitment) = (zeros_like(z), zeros_like(z));
        var (learned, committed) = ((float)(2 * scale), (float)(2 * scale * options.Commitment));
        var squares = 0.0;
        var residual = z;
        for (var level = 0; level < options.Levels; level++)
        {
            var codebook = model.Codebook(level);
            residuals[level] = residual;
            codes[level] = ChoiceOfCodes.Choose(options, level, residual, codebook);
            var chosen = MemoryMarshal.Cast<byte, long>(codes[level].bytes);
            var next = empty_like(z);
            var slopes = zeros_like(codebook, requires_grad: false);
            var from = NearestCodes.Floats(residual);
            var to = NearestCodes.Floats(next);
            var book = NearestCodes.Floats(codebook);
            var bookSlopes = NearestCodes.Floats(slopes);
            var sums = NearestCodes.Floats(sum);
            var pulls = NearestCodes.Floats(commitment);
            var reaches = level == 0 || options.Residual == ResidualGradient.EveryLevel;
            for (var row = 0; row < rows; row++)
            {
                var (own, code) = (row * width, (int)chosen[row] * width);
                squares += Leave(
                    from.Slice(own, width),
                    book.Slice(code, width),
                    to.Slice(own, width),
                    sums.Slice(own, width),
                    bookSlopes.Slice(code, width),
                    -learned,
                    pulls.Slice(own, width),
                    reaches ? committed : 0
                );
            }
            if (options.Update == CodebookUpdate.Gradient)
                Keep(codebook, slopes);
            residual = next;
        }
        var weight = options.Commitment + (options.Update == CodebookUpdate.Gradient ? 1 : 0);
        return new Levels(codes, residuals, sum, commitment, squares * weight);
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

    private sealed record Pass(ModuleList<Linear> Layers, Tensor[] Inputs, Tensor[] Weights, Tensor Output);

    private sealed record Levels(Tensor[] Codes, Tensor[] Residuals, Tensor Sum, Tensor Commitment, double Loss);
}
