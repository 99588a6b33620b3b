using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Nn;

/// <summary>T5's encoder: layers that look both ways, between embeddings and a last norm.</summary>
internal sealed partial class T5Encoder : Module<Tensor, Tensor?, Tensor>
{
    private readonly ModuleList<T5EncoderLayer> layers;
    private readonly RelativePositionBias positions; // one for all layers
    private readonly RmsNorm last;
    private readonly SeededDropout inputDropout;
    private readonly SeededDropout outputDropout;

    public T5Encoder(T5Options options)
        : base(nameof(T5Encoder))
    {
        positions = new RelativePositionBias(
            options.Heads,
            bidirectional: true,
            options.Buckets,
            options.MaxDistance,
            Math.Pow(options.Width, -0.5)
        );
        layers = ModuleList(
            Enumerable.Range(0, options.EncoderLayers).Select(_ => new T5EncoderLayer(options)).ToArray()
        );
        last = new RmsNorm(options.Width);
        (inputDropout, outputDropout) = (new SeededDropout(options.Dropout), new SeededDropout(options.Dropout));
        RegisterComponents();
    }

    /// <summary>Embeddings <c>[R, W, D]</c>, and which sequence each cell belongs to, <c>[R, W]</c>, to states <c>[R, W, D]</c>.</summary>
    public override Tensor forward(Tensor embedded, Tensor? segments)
    {
        using var scope = NewDisposeScope();
        var width = embedded.shape[1];
        var bias = positions.Between(width, width); // [1, H, W, W]; distances within a sequence are those within its row
        if (segments is not null)
            bias = bias + SegmentMask.Within(segments); // [R, H, W, W]
        var x = inputDropout.forward(embedded);
        foreach (var layer in layers)
            x = layer.forward(x, bias);
        return outputDropout.forward(last.forward(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>T5's decoder: layers that look back, and to an encoder where there is one.</summary>
internal sealed partial class T5Decoder : nn.Module
{
    private readonly ModuleList<T5DecoderLayer> layers;
    private readonly RelativePositionBias positions; // one for all layers
    private readonly RmsNorm last;
    private readonly SeededDropout inputDropout;
    private readonly SeededDropout outputDropout;

    public T5Decoder(T5Options options, bool readsEncoder)
        : base(nameof(T5Decoder))
    {
        positions = new RelativePositionBias(
            options.Heads,
            bidirectional: false,
            options.Buckets,
            options.MaxDistance,
            Math.Pow(options.Width, -0.5)
        );
        layers = ModuleList(
            Enumerable.Range(0, options.DecoderLayers).Select(_ => new T5DecoderLayer(options, readsEncoder)).ToArray()
        );
        last = new RmsNorm(options.Width);
        (inputDropout, outputDropout) = (new SeededDropout(options.Dropout), new SeededDropout(options.Dropout));
        RegisterComponents();
    }

    /// <summary>The experts of each layer; empty where the layers have none.</summary>
    public MixtureOfExperts[] Experts => [.. layers.Select(layer => layer.Experts).OfType<MixtureOfExperts>()];

    /// <summary>Keys and values of the encoder's states, <c>[T, D]</c>, for all layers.</summary>
    public T5Memory Remember(Tensor states, Tensor cells, Tensor? isReal)
    {
        using var scope = NewDisposeScope();
        var memory = layers.Select(layer => layer.Remember(states, cells)).ToArray();
        var mask = isReal is null ? null : PaddingMask(isReal);
        return new T5Memory(memory, mask).MoveToOuterDisposeScope();
    }

    /// <summary>All positions at once, <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
    /// <param name="embedded"><c>[B, T, D]</c>.</param>
    /// <param name="memory">Null where there is no encoder.</param>
    /// <param name="isReal">False at padding, <c>[B, T]</c>, bool; null where all positions are real.</param>
    public Tensor Run(Tensor embedded, T5Memory? memory, Tensor? isReal)
    {
        using var scope = NewDisposeScope();
        var bias = Causal(embedded.shape[1], isReal);
        var x = inputDropout.forward(embedded);
        for (var layer = 0; layer < layers.Count; layer++)
            x = layers[layer].Run(x, bias, memory, layer);
        return outputDropout.forward(last.forward(x)).MoveToOuterDisposeScope();
    }

    /// <summary>Reads a prompt that beams will share; gives the states, <c>[B, P, D]</c>, and a cache to go on from.</summary>
    public (Tensor States, T5Cache Cache) RunPrompt(Tensor embedded, Tensor isReal)
    {
        using var scope = NewDisposeScope();
        var bias = Causal(embedded.shape[1], isReal);
        var (x, prompt) = (embedded, new (Tensor, Tensor)[layers.Count]);
        for (var layer = 0; layer < layers.Count; layer++)
        {
            (x, var keys, var values) = layers[layer].RunPrompt(x, bias, layer);
            prompt[layer] = (keys, values);
        }
        var states = last.forward(x).MoveToOuterDisposeScope();
        return (states, new T5Cache(layers.Count, prompt, PaddingMask(isReal)));
    }

    /// <summary>One new position of each beam, <c>[B, W, D]</c> to <c>[B, W, D]</c>.</summary>
    public Tensor Step(Tensor embedded, T5Memory? memory, T5Cache cache)
    {
        using var scope = NewDisposeScope();
        var before = cache.PromptLength + cache.Length;
        var bias = positions.Between(1, before + 1, before); // [1, H, 1, P + t]
        var x = embedded;
        for (var layer = 0; layer < layers.Count; layer++)
            x = layers[layer].Step(x, bias, memory, cache, layer);
        return last.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>One new position of each beam that nothing is asked of: of the last layer its keys and values are all that is needed.</summary>
    public void Read(Tensor embedded, T5Memory? memory, T5Cache cache)
    {
        using var scope = NewDisposeScope();
        var before = cache.PromptLength + cache.Length;
        var bias = positions.Between(1, before + 1, before); // [1, H, 1, P + t]
        var x = embedded;
        for (var layer = 0; layer + 1 < layers.Count; layer++)
            x = layers[layer].Step(x, bias, memory, cache, layer);
        layers[layers.Count - 1].Read(x, cache, layers.Count - 1);
    }

    private Tensor Causal(long length, Tensor? isReal)
    {
        using var scope = NewDisposeScope();
        var bias = positions.Between(length, length); // [1, H, T, T]
        var ahead = ones(length, length, dtype: ScalarType.Bool, device: bias.device).triu(1);
        bias = bias.masked_fill(ahead, float.NegativeInfinity);
        if (isReal is null)
            return bias.MoveToOuterDisposeScope();
        // Padding may look at itself, so that no row of a softmax is all masked.
        var self = eye(length, dtype: ScalarType.Bool, device: bias.device);
        var hidden = isReal.logical_not().view(-1, 1, 1, length).logical_and(self.logical_not()); // [B, 1, T, T]
        return bias.masked_fill(hidden, float.NegativeInfinity).MoveToOuterDisposeScope();
    }

    private static Tensor PaddingMask(Tensor isReal)
    {
        var mask = zeros(isReal.shape, dtype: ScalarType.Float32, device: isReal.device);
        return mask.masked_fill_(isReal.logical_not(), float.NegativeInfinity).view(isReal.shape[0], 1, 1, -1);
    }
}
