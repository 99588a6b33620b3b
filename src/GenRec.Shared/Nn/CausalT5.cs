using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Nn;

/// <summary>T5's decoder without an encoder: a decoder-only model over one stream of tokens, history and target alike.</summary>
/// <remarks>The same layers as <see cref="T5"/>, so that the two can be compared at equal shape; positions are relative.</remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class CausalT5 : Module<Tensor, Tensor?, Tensor>, IRichValue
{
    private readonly Embedding tokens;
    private readonly T5Decoder decoder;
    private readonly Scalar outputScale;

    /// <summary>Creates a model with fresh weights, drawn from torch's generator.</summary>
    /// <param name="options">Sizes; <see cref="T5Options.EncoderLayers"/> is not read, and the output table is the input table.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public CausalT5(T5Options options)
        : base(nameof(CausalT5))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (Options, outputScale) = (options, Math.Pow(options.Width, -0.5));
        tokens = Embedding(options.Vocabulary, options.Width);
        decoder = new T5Decoder(options, readsEncoder: false);
        RegisterComponents();
    }

    /// <summary>Sizes.</summary>
    public T5Options Options { get; }

    /// <summary>Logits of the token after each position.</summary>
    /// <param name="ids">Tokens, padded on the left, <c>[B, T]</c>, int64.</param>
    /// <param name="isReal">False at padding, <c>[B, T]</c>, bool; null where all positions are real.</param>
    /// <returns><c>[B, T, V]</c>, owned by the caller.</returns>
    public override Tensor forward(Tensor ids, Tensor? isReal)
    {
        using var scope = NewDisposeScope();
        return Logits(decoder.Run(tokens.forward(ids), null, isReal)).MoveToOuterDisposeScope();
    }

    /// <summary>Reads what beams share, once a user.</summary>
    /// <param name="ids">Tokens, padded on the left so that the newest is last, <c>[B, P]</c>, int64.</param>
    /// <param name="isReal">False at padding, <c>[B, P]</c>, bool; a row has at least one real token.</param>
    /// <returns>Logits of the next token, <c>[B, V]</c>, and a cache to go on from; both owned by the caller.</returns>
    public (Tensor Logits, T5Cache Cache) ReadPrompt(Tensor ids, Tensor isReal)
    {
        using var scope = NewDisposeScope();
        var (states, cache) = decoder.RunPrompt(tokens.forward(ids), isReal);
        return (Logits(states.select(1, states.shape[1] - 1)).MoveToOuterDisposeScope(), cache);
    }

    /// <summary>Logits after one more token of each beam.</summary>
    /// <param name="last">Newest token of each beam, <c>[B, W]</c>, int64.</param>
    /// <param name="cache">Takes the token in.</param>
    /// <returns><c>[B, W, V]</c>, owned by the caller.</returns>
    public Tensor DecodeStep(Tensor last, T5Cache cache)
    {
        using var scope = NewDisposeScope();
        return Logits(decoder.Step(tokens.forward(last), null, cache)).MoveToOuterDisposeScope();
    }

    private Tensor Logits(Tensor hidden) =>
        Products.Linear(hidden * outputScale, tokens.weight!, null, Options.Precision);

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
