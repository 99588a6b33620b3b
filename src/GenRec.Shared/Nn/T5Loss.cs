using System.Runtime.InteropServices;
using GenRec.Shared.Nn.Kernels;
using GenRec.Shared.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

// The loss of a batch in length groups and its gradient in one go, on the CPU: T5Groups' mathematics with everything between
// the products written by hand (RowKernels), and the batch cut into two halves for two threads (SideBySide). By T5Groups'
// operators the products are not half of a step of TIGER's T5; the rest is fresh memory, casts and small operators.

/// <summary>What a batch in length groups asks of a <see cref="T5"/>.</summary>
/// <param name="Ids">Input tokens, group after group and sequence after sequence, <c>[S]</c>.</param>
/// <param name="Groups">Groups of B sequences and S tokens in all.</param>
/// <param name="Shifted">Start token, then all targets but the last, <c>[B R T]</c>.</param>
/// <param name="Targets">Wanted tokens, <see cref="T5.NoTarget"/> where none is, <c>[B R T]</c>.</param>
/// <param name="Length">T.</param>
/// <param name="PerSequence">R, rows of targets of each sequence.</param>
internal readonly record struct T5Batch(
    ReadOnlyMemory<long> Ids,
    IReadOnlyList<LengthGroup> Groups,
    ReadOnlyMemory<long> Shifted,
    ReadOnlyMemory<long> Targets,
    int Length,
    int PerSequence
)
{
    /// <summary>B, sequences.</summary>
    public int Count => Groups.Sum(group => group.Count);

    /// <summary>The first sequences and the others, about equally much work each; the second is null where there is one sequence.</summary>
    /// <param name="sizes">Of the model.</param>
    public (T5Batch First, T5Batch? Second) Halve(T5Options sizes)
    {
        var written = PerSequence * Length;
        // Multiplications of a layer for each token, in units of the attention's for each pair of tokens. An encoder's token is
        // also read by the decoder.
        double unit = 2 * sizes.Inner;
        var attention = 4.0 * sizes.Width * sizes.Inner / unit;
        var network = 2.0 * sizes.Width * sizes.FeedForward / unit;
        var read = (long)(attention + network + attention / 2);
        var write = (long)(1.5 * attention + network * (sizes.Experts == 0 ? 1 : sizes.ActiveExperts));
        var left = Groups.Sum(group => group.Count * Work(group.Length)) / 2;
        List<LengthGroup> first = [],
            second = [];
        foreach (var group in Groups)
        {
            var here = second.Count > 0 ? 0 : (int)Math.Clamp(left / Work(group.Length), 0, group.Count);
            if (first.Count == 0 && here == 0)
                here = 1;
            left -= here * Work(group.Length);
            if (here > 0)
                first.Add(group with { Count = here });
            if (here < group.Count)
                second.Add(group with { Count = group.Count - here });
        }
        var (tokens, rows) = (first.Sum(group => group.Tokens), first.Sum(group => group.Count) * written);
        return (
            this with
            {
                Ids = Ids[..tokens],
                Groups = first,
                Shifted = Shifted[..rows],
                Targets = Targets[..rows],
            },
            second.Count == 0
                ? null
                : this with
                {
                    Ids = Ids[tokens..],
                    Groups = second,
                    Shifted = Shifted[rows..],
                    Targets = Targets[rows..],
                }
        );

        long Work(int length) => length * (read + length) + write * written;
    }
}

public sealed partial class T5
{
    /// <summary>Among targets: nothing is wanted at this position, and it has no loss.</summary>
    public const long NoTarget = -1;

    private T5Trainer? trainer;

    /// <summary>Whether <see cref="LossOfGroups"/> computes its gradient along with the loss just now.</summary>
    internal bool TrainsByHand => training && is_grad_enabled() && T5Trainer.Fits(this);

    /// <summary>Mean cross-entropy of the targets under teacher forcing, from a batch in length groups.</summary>
    /// <param name="ids">Input tokens, group after group and sequence after sequence, <c>[S]</c>.</param>
    /// <param name="groups">Groups of B sequences and S tokens in all.</param>
    /// <param name="shifted">Start token, then all targets but the last, rows in the order of the groups, <c>[B R T]</c>.</param>
    /// <param name="targets">Wanted tokens, <see cref="NoTarget"/> where none is, <c>[B R T]</c>.</param>
    /// <param name="perSequence">R, rows of targets that share a sequence and stand side by side.</param>
    /// <returns>Scalar, owned by the caller.</returns>
    /// <remarks>
    /// In training on the CPU the gradient is computed along with the loss and waits for <c>backward</c>, which must come before
    /// the next call. It is that of <see cref="ForwardGroups"/> up to rounding; dropout draws other masks, a function of the stream
    /// and the batch alone, whatever the number of threads.
    /// </remarks>
    /// <exception cref="ArgumentException">Sizes do not fit the groups, a token is outside the vocabulary, or nothing is wanted.</exception>
    public Tensor LossOfGroups(
        long[] ids,
        IReadOnlyList<LengthGroup> groups,
        long[] shifted,
        long[] targets,
        int perSequence = 1
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(shifted);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentOutOfRangeException.ThrowIfLessThan(perSequence, 1);
        var rows = groups.Sum(group => group.Count) * perSequence;
        if (rows == 0 || shifted.Length != targets.Length || shifted.Length % rows != 0)
            throw new ArgumentException(
                $"There are {shifted.Length} shifted tokens and {targets.Length} targets for {rows / perSequence} sequences"
                    + (perSequence == 1 ? "." : $" with {perSequence} rows each.")
            );
        if (targets.All(target => target == NoTarget))
            throw new ArgumentException("No position has a target.", nameof(targets));
        var length = shifted.Length / rows;
        if (TrainsByHand)
        {
            foreach (var token in ids.Concat(shifted).Concat(targets.Where(target => target != NoTarget)))
                if (token < 0 || token >= Options.Vocabulary)
                    throw new ArgumentException(
                        $"The token {token} is outside the vocabulary of {Options.Vocabulary}."
                    );
            if (ids.Length != groups.Sum(group => group.Tokens))
                throw new ArgumentException(
                    $"ids has {ids.Length} tokens; the groups have {groups.Sum(group => group.Tokens)}."
                );
            trainer ??= new T5Trainer(this);
            return trainer.Mean(new T5Batch(ids, groups, shifted, targets, length, perSequence));
        }
        using var scope = NewDisposeScope();
        var device = TokenTable.device;
        var before = tensor(shifted, device: device).view(rows, length);
        var logits = Logits(ForwardGroups(tensor(ids, device: device), groups, before));
        return nn
            .functional.cross_entropy(
                logits.view(-1, Options.Vocabulary),
                tensor(targets, device: device),
                ignore_index: NoTarget
            )
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            trainer?.Dispose();
            packed?.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>All parameters; the table's wrapper is made anew by each question for it, and is the caller's.</summary>
    internal T5Parameters Parameters() =>
        new(
            (Parameter)tokens.weight!.DetachFromDisposeScope(),
            encoder.Parameters(),
            decoder.Parameters(),
            output?.weight
        );
}

internal sealed partial class T5Encoder
{
    public T5StackParameters Parameters() => new(positions, [.. layers.Select(layer => layer.Parameters())], last);
}

internal sealed partial class T5Decoder
{
    public T5StackParameters Parameters() => new(positions, [.. layers.Select(layer => layer.Parameters())], last);
}

internal sealed partial class T5EncoderLayer
{
    public T5LayerParameters Parameters() =>
        new(attentionNorm, attention.Parameters(), null, null, feedForwardNorm, feedForward.Parameters(), null);
}

internal sealed partial class T5DecoderLayer
{
    public T5LayerParameters Parameters() =>
        new(
            selfNorm,
            self.Parameters(),
            crossNorm,
            cross?.Parameters(),
            feedForwardNorm,
            Experts?.Parameters() ?? ((T5FeedForward)feedForward).Parameters(),
            Experts
        );
}

internal sealed partial class T5SelfAttention
{
    public (Parameter QueryKeyValue, Parameter Output) Parameters() => (queryKeyValue.weight!, output.weight!);
}

internal sealed partial class T5CrossAttention
{
    public (Parameter Query, Parameter KeyValue, Parameter Output) Parameters() =>
        (query.weight!, keyValue.weight!, output.weight!);
}

internal sealed partial class T5FeedForward
{
    public (Parameter Wide, Parameter Narrow) Parameters() => (wide.weight!, narrow.weight!);
}

/// <summary>A model's parameters.</summary>
internal sealed record T5Parameters(
    Parameter Tokens,
    T5StackParameters Encoder,
    T5StackParameters Decoder,
    Parameter? Output
);

/// <summary>Those of an encoder or a decoder.</summary>
internal sealed record T5StackParameters(RelativePositionBias Positions, T5LayerParameters[] Layers, RmsNorm Last);

/// <summary>Those of a layer; an encoder's has no cross-attention. Of experts the networks lie one behind the other.</summary>
internal sealed record T5LayerParameters(
    RmsNorm SelfNorm,
    (Parameter QueryKeyValue, Parameter Output) Self,
    RmsNorm? CrossNorm,
    (Parameter Query, Parameter KeyValue, Parameter Output)? Cross,
    RmsNorm FeedForwardNorm,
    (Parameter Wide, Parameter Narrow) FeedForward,
    MixtureOfExperts? Experts
);

/// <summary>Loss and gradient of a model, batch after batch, in memory that stays.</summary>
internal sealed class T5Trainer : IDisposable
{
    private readonly T5 model;
    private readonly T5Weights weights;
    private readonly IT5Half[] halves;

    public T5Trainer(T5 model)
    {
        this.model = model;
        weights = new T5Weights(model);
        halves =
            model.Options.Precision == Precision.BFloat16
                ? [new T5Half<BFloat16Format, ushort>(weights), new T5Half<BFloat16Format, ushort>(weights)]
                : [new T5Half<Float32Format, float>(weights), new T5Half<Float32Format, float>(weights)];
    }

    /// <summary>Whether a model can be trained this way: on the CPU, all widths whole vectors.</summary>
    public static bool Fits(T5 model)
    {
        var (sizes, lanes) = (model.Options, RowKernels<Float32Format, float>.Lanes);
        return model.TokenTable.device_type == DeviceType.CPU
            && model.TokenTable.dtype == ScalarType.Float32
            && sizes.Dropout < 1
            && sizes.Width % lanes == 0
            && sizes.HeadWidth % lanes == 0
            && sizes.FeedForward % lanes == 0;
    }

    /// <summary>The mean loss, with its gradient in store.</summary>
    public Tensor Mean(T5Batch batch)
    {
        using var scope = NewDisposeScope();
        var (first, second) = batch.Halve(model.Options);
        var factor = 1f / Wanted(batch.Targets.Span);
        var key = Key(2 * weights.DropoutCalls);
        var other = key with { Call = key.Call + (uint)weights.DropoutCalls };
        var (loss, otherLoss) = (0.0, 0.0);
        using (no_grad())
            weights.Cast();
        if (second is { } rest)
            SideBySide.Run(
                () => loss = halves[0].Run(first, factor, key),
                () => otherLoss = halves[1].Run(rest, factor, other)
            );
        else
            loss = halves[0].Run(first, factor, key);
        foreach (var (experts, at) in model.Experts.Select((experts, at) => (experts, at)))
            experts.Count(halves[0].Load(at), second is null ? [] : halves[1].Load(at));
        var gradient = halves[0].Gradient;
        if (second is not null)
            using (no_grad())
                gradient.add_(halves[1].Gradient);
        // A sum whose gradient is the one computed; its own value is taken off again.
        var parts = weights.All.Select(weight => weight.Master.view(-1).dot(weight.PartOf(gradient))).ToArray();
        var surrogate = stack(parts).sum();
        var mean = tensor((float)((loss + otherLoss) * factor));
        return (surrogate + (mean - surrogate.detach())).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var half in halves)
            half.Dispose();
        weights.Dispose();
    }

    private static int Wanted(ReadOnlySpan<long> targets) => targets.Length - targets.Count(T5.NoTarget);

    private MaskKey Key(int calls)
    {
        if (DropoutStream.Current is { } stream)
            return stream.Reserve(calls);
        if (model.Options.Dropout == 0)
            return default;
        using var drawn = rand(1, dtype: ScalarType.Float64); // a training loop of one's own: torch's generator
        return new MaskKey(BitConverter.DoubleToUInt64Bits(drawn.item<double>()), 0, 0);
    }
}

/// <summary>A parameter, its copy in the format of the products, and the place of its gradient among all.</summary>
internal sealed class T5Weight(Parameter master, long start) : IDisposable
{
    /// <summary>The parameter.</summary>
    public Parameter Master => master;

    /// <summary>Its copy in the products' format, for this step.</summary>
    public Tensor Product { get; private set; } = master;

    /// <summary>That copy's matrices, where there are several: one for each expert.</summary>
    public Tensor[] Parts { get; private set; } = [];

    /// <summary>Numbers of the parameter.</summary>
    public long Size { get; } = master.numel();

    /// <summary>The parameter's own values.</summary>
    public ReadOnlySpan<float> Values => MemoryMarshal.Cast<byte, float>(master.bytes);

    /// <summary>Its part of a gradient of all parameters.</summary>
    public Tensor PartOf(Tensor gradient) => gradient.narrow(0, start, Size);

    /// <inheritdoc cref="PartOf(Tensor)"/>
    public Span<float> PartOf(Span<float> gradient) => gradient.Slice((int)start, (int)Size);

    /// <summary>Copies the parameter into the format of the products.</summary>
    public void Cast(ScalarType type)
    {
        if (!ReferenceEquals(Product, master))
        {
            if (type != ScalarType.Float32) // there it is the parameter itself
                Product.copy_(master);
            return;
        }
        Product = master.detach().to(type).DetachFromDisposeScope();
        if (master.dim() == 3)
            Parts = [.. Product.unbind(0).Select(part => part.DetachFromDisposeScope())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in Parts)
            part.Dispose();
        if (!ReferenceEquals(Product, master))
            Product.Dispose();
    }
}

/// <summary>All weights of a model, cast once a step.</summary>
internal sealed class T5Weights : IDisposable
{
    private readonly ScalarType type;

    public T5Weights(T5 model)
    {
        Sizes = model.Options;
        type = Sizes.Precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var parameters = model.Parameters();
        var all = new List<T5Weight>();
        var size = 0L;
        Tokens = Add(parameters.Tokens);
        Encoder = new T5StackWeights(parameters.Encoder, Add);
        Decoder = new T5StackWeights(parameters.Decoder, Add);
        Output = parameters.Output is null ? Tokens : Add(parameters.Output);
        (All, Size) = (all, size);

        T5Weight Add(Parameter parameter)
        {
            var weight = new T5Weight(parameter, size);
            all.Add(weight);
            size += weight.Size;
            return weight;
        }
    }

    public T5Options Sizes { get; }

    public T5Weight Tokens { get; }

    public T5StackWeights Encoder { get; }

    public T5StackWeights Decoder { get; }

    public T5Weight Output { get; }

    public IReadOnlyList<T5Weight> All { get; }

    /// <summary>Numbers of all parameters.</summary>
    public long Size { get; }

    /// <summary>Dropouts of a pass: two around each side, four in an encoder's layer, six in a decoder's.</summary>
    public int DropoutCalls => 4 + 4 * Sizes.EncoderLayers + 6 * Sizes.DecoderLayers;

    /// <summary>Copies the weights into the format of the products.</summary>
    public void Cast()
    {
        using var scope = NewDisposeScope();
        foreach (var weight in All)
            weight.Cast(type);
    }

    public void Dispose()
    {
        foreach (var weight in All)
            weight.Dispose();
        Tokens.Master.Dispose();
    }
}

/// <summary>Weights of an encoder or a decoder.</summary>
internal sealed class T5StackWeights(T5StackParameters parameters, Func<Parameter, T5Weight> add)
{
    public RelativePositionBias Positions { get; } = parameters.Positions;

    public T5Weight Bias { get; } = add(parameters.Positions.Weight);

    public T5LayerWeights[] Layers { get; } = [.. parameters.Layers.Select(layer => new T5LayerWeights(layer, add))];

    public T5Weight Last { get; } = add(parameters.Last.Weight);
}

/// <summary>Weights of a layer.</summary>
internal sealed class T5LayerWeights(T5LayerParameters parameters, Func<Parameter, T5Weight> add)
{
    public T5Weight SelfNorm { get; } = add(parameters.SelfNorm.Weight);

    public T5Weight QueryKeyValue { get; } = add(parameters.Self.QueryKeyValue);

    public T5Weight SelfOutput { get; } = add(parameters.Self.Output);

    public T5Weight? CrossNorm { get; } = parameters.CrossNorm is { } norm ? add(norm.Weight) : null;

    public T5Weight? Query { get; } = parameters.Cross is { } cross ? add(cross.Query) : null;

    public T5Weight? KeyValue { get; } = parameters.Cross is { } cross ? add(cross.KeyValue) : null;

    public T5Weight? CrossOutput { get; } = parameters.Cross is { } cross ? add(cross.Output) : null;

    public T5Weight FeedForwardNorm { get; } = add(parameters.FeedForwardNorm.Weight);

    public MixtureOfExperts? Experts { get; } = parameters.Experts;

    public T5Weight? Router { get; } = parameters.Experts is { } experts ? add(experts.Router) : null;

    public T5Weight Wide { get; } = add(parameters.FeedForward.Wide);

    public T5Weight Narrow { get; } = add(parameters.FeedForward.Narrow);
}
