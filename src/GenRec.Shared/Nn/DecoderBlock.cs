using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>What a block reads besides its own positions.</summary>
public enum CrossReading
{
    /// <summary>Nothing: a decoder-only block.</summary>
    None,

    /// <summary>States of another stack, by keys and values of its own.</summary>
    Projected,

    /// <summary>Ready-made keys and values that all layers may share: OneRec-V2's lazy decoder (arXiv:2508.20900, section 2).</summary>
    Lazy,
}

/// <summary>Sizes of a <see cref="DecoderBlock"/>.</summary>
public sealed record DecoderBlockOptions : RichRecord
{
    /// <summary>D, width of a hidden state.</summary>
    [Range(1, 65_536)]
    public int Width { get; init; } = 128;

    /// <summary>H, query heads.</summary>
    [Range(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>G, heads of keys and values; divides H.</summary>
    [Range(1, 1024)]
    public int KeyValueHeads { get; init; } = 4;

    /// <summary>dk, width of one head, even.</summary>
    [Range(2, 1024)]
    public int HeadWidth { get; init; } = 32;

    /// <summary>Inner width of the gated feed-forward network.</summary>
    [Range(1, 1_000_000)]
    public int FeedForward { get; init; } = 256;

    /// <summary>Share dropped of attention weights and of each part's output, 0 to below 1.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; }

    /// <summary>Base of the rotary angles, see <see cref="Rotary"/>.</summary>
    [Range(1.0, 1e9)]
    public double RotaryBase { get; init; } = 10_000;

    /// <summary>What the block reads besides its own positions.</summary>
    public CrossReading Cross { get; init; }

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (Heads % KeyValueHeads != 0)
            throw new ArgumentException($"Heads ({Heads}) must be a multiple of KeyValueHeads ({KeyValueHeads}).");
        if (HeadWidth % 2 != 0)
            throw new ArgumentException($"HeadWidth is {HeadWidth}; rotary positions turn pairs, so it must be even.");
    }
}

/// <summary>
/// The block of today's decoder-only models: pre-norm with <see cref="RmsNorm"/>, rotary positions, grouped-query attention
/// and a SwiGLU network (Shazeer, arXiv:2002.05202), no bias anywhere; cross-attention is a switch.
/// </summary>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class DecoderBlock : Module<Tensor, Tensor, Tensor, Tensor>, IRichValue
{
    private readonly DecoderBlockOptions options;
    private readonly RmsNorm selfNorm;
    private readonly GroupedAttention self;
    private readonly RmsNorm? crossNorm;
    private readonly GroupedAttention? cross;
    private readonly RmsNorm feedForwardNorm;
    private readonly Linear gateUp; // gate and input, one above the other
    private readonly Linear down;
    private readonly SeededDropout selfDropout;
    private readonly SeededDropout? crossDropout;
    private readonly SeededDropout feedForwardDropout;

    /// <summary>Creates a block with torch's default weights.</summary>
    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">An option is out of range, or two do not agree.</exception>
    public DecoderBlock(DecoderBlockOptions options)
        : base(nameof(DecoderBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.options = options;
        (selfNorm, self) = (new RmsNorm(options.Width), new GroupedAttention(options));
        selfDropout = new SeededDropout(options.Dropout);
        if (options.Cross != CrossReading.None)
            (crossNorm, cross, crossDropout) = (
                new RmsNorm(options.Width),
                new GroupedAttention(options, makesKeys: options.Cross == CrossReading.Projected),
                new SeededDropout(options.Dropout)
            );
        feedForwardNorm = new RmsNorm(options.Width);
        gateUp = Linear(options.Width, 2 * options.FeedForward, hasBias: false);
        down = Linear(options.FeedForward, options.Width, hasBias: false);
        feedForwardDropout = new SeededDropout(options.Dropout);
        RegisterComponents();
    }

    /// <summary>A block that reads nothing but its own positions.</summary>
    /// <param name="x"><c>[R, W, D]</c>.</param>
    /// <param name="position">Position of each cell, <c>[R, W]</c>, int64.</param>
    /// <param name="mask">0 where a cell may look, very negative elsewhere, <c>[R, 1, W, W]</c>.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public override Tensor forward(Tensor x, Tensor position, Tensor mask) => Run(x, position, mask, null);

    /// <summary>A block that also reads states of another stack.</summary>
    /// <param name="x"><c>[R, W, D]</c>.</param>
    /// <param name="position">Position of each cell, <c>[R, W]</c>, int64.</param>
    /// <param name="mask">Of self-attention, <c>[R, 1, W, W]</c>.</param>
    /// <param name="states">The other stack's states, <c>[R, K, D]</c>.</param>
    /// <param name="crossMask"><c>[R, 1, W, K]</c>.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    /// <exception cref="InvalidOperationException">The block has no projected cross-attention.</exception>
    public Tensor Read(Tensor x, Tensor position, Tensor mask, Tensor states, Tensor crossMask)
    {
        using var scope = NewDisposeScope();
        var (keys, values) = CrossKeys(states);
        return Run(x, position, mask, new CrossMemory(keys, values, crossMask, null)).MoveToOuterDisposeScope();
    }

    /// <summary>Keys and values of another stack's states for this block, <c>[R, G, K, dk]</c> each.</summary>
    internal (Tensor Keys, Tensor Values) CrossKeys(Tensor states) =>
        options.Cross == CrossReading.Projected
            ? cross!.KeysValues(states, null)
            : throw new InvalidOperationException($"This block has cross-attention '{options.Cross}', not Projected.");

    internal Tensor Run(Tensor x, Tensor position, Tensor mask, CrossMemory? memory)
    {
        using var scope = NewDisposeScope();
        return Run(x, Rotary.At(position, options.HeadWidth, options.RotaryBase), mask, memory)
            .X.MoveToOuterDisposeScope();
    }

    /// <summary>The same with angles made before, and the keys and values of self-attention.</summary>
    internal (Tensor X, Tensor Keys, Tensor Values) Run(Tensor x, Rotary rotary, Tensor mask, CrossMemory? memory)
    {
        var normed = selfNorm.forward(x);
        var (keys, values) = self.KeysValues(normed, rotary);
        x = x + selfDropout.forward(self.Attend(normed, keys, values, mask, rotary));
        return (Rest(x, memory), keys, values);
    }

    /// <summary>One new position of each beam, <c>[B, W, D]</c> to <c>[B, W, D]</c>.</summary>
    internal Tensor Step(Tensor x, Rotary rotary, T5Cache cache, int layer, CrossMemory? memory)
    {
        x = x + self.Step(selfNorm.forward(x), rotary, cache, layer);
        return Rest(x, memory);
    }

    private Tensor Rest(Tensor x, CrossMemory? memory)
    {
        if (cross is not null)
        {
            if (memory is null)
                throw new InvalidOperationException("This block reads another stack, and none was given.");
            var asked = crossNorm!.forward(x);
            x = x + crossDropout!.forward(cross.Attend(asked, memory.Keys, memory.Values, memory.Mask, memory.Rotary));
        }
        var both = gateUp.forward(feedForwardNorm.forward(x)).chunk(2, -1); // [.., F] twice
        return x + feedForwardDropout.forward(down.forward(F.silu(both[0]) * both[1]));
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}

/// <summary>What a block reads of another stack.</summary>
/// <param name="Keys"><c>[R, G, K, dk]</c>.</param>
/// <param name="Values"><c>[R, G, K, dk]</c>.</param>
/// <param name="Mask">Broadcast to <c>[R, 1, W, K]</c>.</param>
/// <param name="Rotary">Turns the queries where the keys were turned; null where they were not.</param>
internal sealed record CrossMemory(Tensor Keys, Tensor Values, Tensor Mask, Rotary? Rotary);
