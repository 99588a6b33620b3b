using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Nn;

/// <summary>Blocks one after the other, and a last norm.</summary>
internal sealed class DecoderStack : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly DecoderBlockOptions options;
    private readonly ModuleList<DecoderBlock> blocks;
    private readonly RmsNorm last;

    public DecoderStack(int layers, DecoderBlockOptions options)
        : base(nameof(DecoderStack))
    {
        this.options = options;
        blocks = ModuleList(Enumerable.Range(0, layers).Select(_ => new DecoderBlock(options)).ToArray());
        last = new RmsNorm(options.Width);
        RegisterComponents();
    }

    public int Layers => blocks.Count;

    /// <summary>All cells at once, <c>[R, W, D]</c>, positions <c>[R, W]</c> and a mask <c>[R, 1, W, W]</c> to <c>[R, W, D]</c>.</summary>
    public override Tensor forward(Tensor x, Tensor position, Tensor mask) => Run(x, position, mask, null);

    /// <summary>The same; each block reads its part of the memory.</summary>
    public Tensor Run(Tensor x, Tensor position, Tensor mask, IReadOnlyList<CrossMemory>? memory)
    {
        using var scope = NewDisposeScope();
        var rotary = At(position);
        for (var layer = 0; layer < blocks.Count; layer++)
            x = blocks[layer].Run(x, rotary, mask, memory?[layer]).X;
        return last.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>The same, with the keys and values of every layer, <c>[R, G, W, dk]</c> each.</summary>
    public (Tensor States, (Tensor Keys, Tensor Values)[] Read) RunKept(Tensor x, Tensor position, Tensor mask)
    {
        var (rotary, kept) = (At(position), new (Tensor, Tensor)[blocks.Count]);
        for (var layer = 0; layer < blocks.Count; layer++)
        {
            (x, var keys, var values) = blocks[layer].Run(x, rotary, mask, null);
            kept[layer] = (keys, values);
        }
        return (last.forward(x), kept);
    }

    /// <summary>One new cell of each beam, <c>[B, W, D]</c> to <c>[B, W, D]</c>.</summary>
    /// <param name="x"><c>[B, W, D]</c>.</param>
    /// <param name="position">Of the new cell, <c>[B, 1]</c>.</param>
    /// <param name="cache">Takes the cell in.</param>
    /// <param name="memory">One a layer; null where the blocks read none.</param>
    public Tensor Step(Tensor x, Tensor position, T5Cache cache, IReadOnlyList<CrossMemory>? memory)
    {
        using var scope = NewDisposeScope();
        var rotary = At(position);
        for (var layer = 0; layer < blocks.Count; layer++)
            x = blocks[layer].Step(x, rotary, cache, layer, memory?[layer]);
        return last.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>Keys and values of another stack's states for each block.</summary>
    public IEnumerable<(Tensor Keys, Tensor Values)> CrossKeys(Tensor states) =>
        blocks.Select(block => block.CrossKeys(states));

    private Rotary At(Tensor position) => Rotary.At(position, options.HeadWidth, options.RotaryBase);
}
