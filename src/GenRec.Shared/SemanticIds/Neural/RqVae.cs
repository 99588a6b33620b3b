using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>Autoencoder whose latent vector is a sum of one code a level.</summary>
/// <remarks>
/// RQ-VAE of Lee et al. (CVPR 2022, arXiv:2203.01941) in the form TIGER (arXiv:2305.05065) gave it for items: ReLU layers
/// between, a linear one at the end of encoder and decoder, a codebook of its own for each level unless they share one.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class RqVae : Module<Tensor, Tensor>, IRichValue
{
    private readonly ModuleList<Linear> encoder = new();
    private readonly ModuleList<Linear> decoder = new();
    private readonly Parameter[] codebooks;

    /// <summary>Makes a model with fresh weights from torch's generator.</summary>
    /// <param name="width">D, columns of the item vectors.</param>
    /// <param name="options">Sizes and variants.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public RqVae(int width, RqVaeOptions options)
        : base(nameof(RqVae))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (Width, Options) = (width, options);
        int[] widths = [width, .. options.Hidden, options.Latent];
        for (var at = 0; at + 1 < widths.Length; at++)
        {
            encoder.Add(Fresh(widths[at], widths[at + 1]));
            decoder.Add(Fresh(widths[^(at + 1)], widths[^(at + 2)]));
        }
        codebooks = new Parameter[options.Levels];
        for (var level = 0; level < options.Levels; level++)
        {
            if (options.SharedCodebook && level > 0)
            {
                codebooks[level] = codebooks[0];
                continue;
            }
            // As vq.py of RUCAIBox/LC-Rec: uniform within 1 / K.
            using var start = (rand(options.Codes, options.Latent) - 0.5f) * (2f / options.Codes);
            codebooks[level] = Parameter(start.clone(), options.Update == CodebookUpdate.Gradient);
            register_parameter($"codebook{level + 1}", codebooks[level]);
            register_buffer($"uses{level + 1}", zeros(options.Codes)); // choices since the last look for unused codes
            if (options.Diversity > 0)
                register_buffer($"group{level + 1}", zeros(options.Codes, dtype: ScalarType.Int64));
            if (options.Update == CodebookUpdate.MovingAverage)
            {
                register_buffer($"count{level + 1}", ones(options.Codes));
                register_buffer($"sum{level + 1}", codebooks[level].detach().clone());
            }
        }
        RegisterComponents();
    }

    /// <summary>D, columns of the item vectors.</summary>
    public int Width { get; }

    /// <summary>Sizes and variants.</summary>
    public RqVaeOptions Options { get; }

    /// <summary>The encoder's layers.</summary>
    internal ModuleList<Linear> Encoder => encoder;

    /// <summary>The decoder's layers.</summary>
    internal ModuleList<Linear> Decoder => decoder;

    /// <summary>The codebook of a level, <c>[K, d]</c>; the model's own, and the same for all where they share one.</summary>
    /// <param name="level">0-based.</param>
    public Parameter Codebook(int level) => codebooks[level];

    /// <summary>Latent vectors before quantisation.</summary>
    /// <param name="x"><c>[B, D]</c>, float32 or (in training) bfloat16.</param>
    /// <param name="precision">Format of the products.</param>
    /// <returns><c>[B, d]</c>, float32, owned by the caller.</returns>
    public Tensor Encode(Tensor x, Precision precision = Precision.Float32) => Through(encoder, x, precision);

    /// <summary>Item vectors from latent vectors.</summary>
    /// <param name="z"><c>[B, d]</c>, float32.</param>
    /// <param name="precision">Format of the products.</param>
    /// <returns><c>[B, D]</c>, float32, owned by the caller.</returns>
    public Tensor Decode(Tensor z, Precision precision = Precision.Float32) => Through(decoder, z, precision);

    /// <summary>What encoder, nearest codes and decoder make of vectors: their reconstruction.</summary>
    /// <param name="input"><c>[B, D]</c>, float32.</param>
    /// <returns><c>[B, D]</c>, owned by the caller; without gradient through the choice of codes.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var z = Encode(input);
        var (residual, sum) = (z.detach(), zeros_like(z));
        foreach (var codebook in codebooks)
        {
            var chosen = codebook.detach().index_select(0, ChoiceOfCodes.Nearest(residual, codebook)); // [B, d]
            (residual, sum) = (residual - chosen, sum + chosen);
        }
        return Decode(sum).MoveToOuterDisposeScope();
    }

    /// <summary>A counter or sum that training keeps beside the weights: <c>uses</c>, <c>count</c>, <c>sum</c> or <c>group</c>.</summary>
    internal Tensor Kept(string name, int level) => get_buffer($"{name}{(Options.SharedCodebook ? 1 : level + 1)}")!;

    private static Linear Fresh(int from, int to)
    {
        var layer = Linear(from, to);
        init.xavier_normal_(layer.weight!); // RUCAIBox/LC-Rec, index/models/layers.py
        init.zeros_(layer.bias!);
        return layer;
    }

    /// <summary>The layers with ReLU between; in bfloat16 the values between stay so, and only the end is widened.</summary>
    private Tensor Through(ModuleList<Linear> layers, Tensor x, Precision precision)
    {
        using var scope = NewDisposeScope();
        var type = precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var values = x.to(type);
        for (var at = 0; at < layers.Count; at++)
        {
            values = functional.linear(values, layers[at].weight!.to(type), layers[at].bias!.to(type));
            if (at + 1 == layers.Count)
                break;
            values = functional.relu(values);
            if (training && Options.Dropout > 0)
                values = functional.dropout(values, Options.Dropout);
        }
        return values.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
