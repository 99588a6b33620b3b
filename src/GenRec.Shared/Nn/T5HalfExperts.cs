using System.Runtime.InteropServices;
using GenRec.Shared.Nn.Kernels;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Rows that go through one expert, end to end; those behind the last token are 0.</summary>
/// <param name="Expert">Which.</param>
/// <param name="From">First row.</param>
/// <param name="Rows">How many.</param>
internal readonly record struct ExpertBlock(int Expert, int From, int Rows);

/// <summary>What the backward pass of a layer of experts needs.</summary>
/// <param name="X">The residual input, <c>[S, D]</c>.</param>
/// <param name="Scales">The norm's, <c>[S]</c>.</param>
/// <param name="Normed">The norm, float32, <c>[S, D]</c>.</param>
/// <param name="Shares">The router's softmax, <c>[S, E]</c>.</param>
/// <param name="Route">Which expert each token went to.</param>
/// <param name="Sorted">The norm once more, by expert, <c>[P, D]</c>.</param>
/// <param name="Inner">Behind ReLU and dropout, <c>[P, F]</c>.</param>
/// <param name="Made">What the experts made, <c>[P, D]</c>.</param>
internal sealed record ExpertTape(
    Tensor X,
    Tensor Scales,
    Tensor Normed,
    Tensor Shares,
    ExpertRoute Route,
    Tensor Sorted,
    Tensor Inner,
    Tensor Made
);

/// <summary>The mixtures of experts of one half of a batch: <see cref="MixtureOfExperts"/> forward and backward by hand.</summary>
/// <remarks>
/// Norm, router, gates and the sums over a token's experts are float32; rows are narrowed where they are sorted. Each expert's rows
/// are a whole number of steps, so that few shapes of products come.
/// </remarks>
internal sealed class T5HalfExperts<TFormat, T>(T5Options sizes)
    where TFormat : struct, IProductFormat<T>
    where T : unmanaged
{
    private const float Epsilon = 1e-6f; // RmsNorm's
    private readonly List<long[]> loads = [];

    /// <summary>Tokens that each expert of each layer got since the last <see cref="Reset"/>.</summary>
    public IReadOnlyList<long[]> Loads => loads;

    /// <summary>Starts a batch.</summary>
    public void Reset() => loads.Clear();

    /// <summary><c>x' = x + drop(sum_i g_i FFN_i(norm(x)))</c>.</summary>
    /// <param name="layer">Weights.</param>
    /// <param name="mixture">The layer's experts.</param>
    /// <param name="x"><c>[S, D]</c>.</param>
    /// <param name="places">Which rows of it are tokens.</param>
    /// <param name="masks">Of the inner activations and of the sum.</param>
    /// <param name="sum">Takes the result.</param>
    /// <param name="kept">Keeps what the backward pass needs.</param>
    public ExpertTape Forward(
        T5LayerWeights layer,
        MixtureOfExperts mixture,
        Tensor x,
        T5Places places,
        (DropMask Inner, DropMask Outer) masks,
        Tensor sum,
        TrainingMemory kept
    )
    {
        var (rows, experts, active) = (x.shape[0], sizes.Experts, sizes.ActiveExperts);
        var scales = kept.Take(ScalarType.Float32, 1, rows);
        var normed = kept.Take(ScalarType.Float32, rows, sizes.Width);
        RowKernels<Float32Format, float>.Norm(
            Floats(x),
            layer.FeedForwardNorm.Values,
            Epsilon,
            null,
            1,
            Floats(scales),
            Floats(normed)
        );
        var shares = kept.Take(ScalarType.Float32, rows, experts);
        shares.addmm_(normed, mixture.Router.t(), beta: 0, alpha: 1);
        var route = new ExpertRoute(Floats(shares), places.Tokens, experts, active, sizes.RenormaliseGates);
        loads.Add(route.Load);
        var sorted = kept.Take(TFormat.Type, route.Rows, sizes.Width);
        var inner = kept.Take(TFormat.Type, route.Rows, sizes.FeedForward);
        var made = kept.Take(TFormat.Type, route.Rows, sizes.Width);
        ExpertKernels<TFormat, T>.Sort(Floats(normed), route.Tokens, Numbers(sorted));
        foreach (var block in route.Blocks)
        {
            using var step = NewDisposeScope();
            var (here, wide) = (inner.narrow(0, block.From, block.Rows), layer.Wide.Parts[block.Expert]);
            here.addmm_(sorted.narrow(0, block.From, block.Rows), wide.t(), beta: 0, alpha: 1);
            RowKernels<TFormat, T>.ReluDropped(Numbers(here), masks.Inner, (long)block.From * sizes.FeedForward);
            var narrow = layer.Narrow.Parts[block.Expert];
            made.narrow(0, block.From, block.Rows).addmm_(here, narrow.t(), beta: 0, alpha: 1);
        }
        ExpertKernels<TFormat, T>.Mix(
            Floats(x),
            Numbers(made),
            route.Gates,
            route.Places,
            active,
            masks.Outer,
            Floats(sum),
            sizes.Width
        );
        return new ExpertTape(x, scales, normed, shares, route, sorted, inner, made);
    }

    /// <summary>All gradients of <see cref="Forward"/>.</summary>
    /// <param name="layer">Weights.</param>
    /// <param name="tape">From <see cref="Forward"/>.</param>
    /// <param name="places">The same.</param>
    /// <param name="masks">The same.</param>
    /// <param name="stream">Gradient of the result; becomes that of x.</param>
    /// <param name="gradient">Of all parameters, added to.</param>
    /// <param name="passing">Room.</param>
    public void Backward(
        T5LayerWeights layer,
        ExpertTape tape,
        T5Places places,
        (DropMask Inner, DropMask Outer) masks,
        Tensor stream,
        Span<float> gradient,
        TrainingMemory passing
    )
    {
        var (route, rows, width, inside) = (tape.Route, stream.shape[0], sizes.Width, sizes.FeedForward);
        var outcome = passing.Take(ScalarType.Float32, rows, width);
        RowKernels<Float32Format, float>.DropGradient(Floats(stream), masks.Outer, Floats(outcome));
        var made = passing.Take(TFormat.Type, route.Rows, width);
        var shares = passing.Take(ScalarType.Float32, rows, sizes.Experts);
        var gates = new float[route.Gates.Length];
        ExpertKernels<TFormat, T>.MixGradient(
            Floats(outcome),
            Numbers(tape.Made),
            route.Gates,
            route.Places,
            sizes.ActiveExperts,
            Numbers(made),
            gates,
            width
        );
        route.Gradient(Floats(tape.Shares), gates, Floats(shares));
        var inner = passing.Take(TFormat.Type, route.Rows, inside);
        var sorted = passing.Take(TFormat.Type, route.Rows, width);
        var (wideGradient, narrowGradient) = (
            passing.Take(TFormat.Type, inside, width),
            passing.Take(TFormat.Type, width, inside)
        );
        foreach (var block in route.Blocks)
        {
            using var step = NewDisposeScope();
            var (given, before) = (Rows(made), Rows(tape.Inner));
            var size = inside * width;
            narrowGradient.addmm_(given.t(), before, beta: 0, alpha: 1);
            RowKernels<TFormat, T>.Add(
                Numbers(narrowGradient),
                layer.Narrow.PartOf(gradient).Slice(block.Expert * size, size)
            );
            var passed = Rows(inner).addmm_(given, layer.Narrow.Parts[block.Expert], beta: 0, alpha: 1);
            RowKernels<TFormat, T>.ReluGradient(Numbers(before), masks.Inner.Keep, Numbers(passed));
            wideGradient.addmm_(passed.t(), Rows(tape.Sorted), beta: 0, alpha: 1);
            RowKernels<TFormat, T>.Add(
                Numbers(wideGradient),
                layer.Wide.PartOf(gradient).Slice(block.Expert * size, size)
            );
            Rows(sorted).addmm_(passed, layer.Wide.Parts[block.Expert], beta: 0, alpha: 1);

            Tensor Rows(Tensor all) => all.narrow(0, block.From, block.Rows);
        }
        using var scope = NewDisposeScope();
        var router = layer.Router!;
        var normed = passing.Take(ScalarType.Float32, rows, width);
        normed.addmm_(shares, router.Master, beta: 0, alpha: 1);
        var weightGradient = passing.Take(ScalarType.Float32, sizes.Experts, width);
        weightGradient.addmm_(shares.t(), tape.Normed, beta: 0, alpha: 1);
        RowKernels<Float32Format, float>.Add(Floats(weightGradient), router.PartOf(gradient));
        ExpertKernels<TFormat, T>.AddSorted(Numbers(sorted), route.Places, sizes.ActiveExperts, Floats(normed), width);
        RowKernels<Float32Format, float>.NormGradient(
            Floats(normed),
            Floats(tape.X),
            layer.FeedForwardNorm.Values,
            null,
            1,
            Floats(tape.Scales),
            Floats(stream),
            layer.FeedForwardNorm.PartOf(gradient)
        );
    }

    private static Span<T> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
