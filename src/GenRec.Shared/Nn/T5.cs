using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Nn;

/// <summary>
/// The encoder-decoder that TIGER (arXiv:2305.05065) trains from scratch: T5 of Raffel et al., JMLR 2020, arXiv:1910.10683,
/// with ReLU feed-forward networks and one token table for both sides and the logits.
/// </summary>
/// <remarks>
/// Pre-norm layers with <see cref="RmsNorm"/>, no bias in any product, attention logits that are not scaled, one
/// <see cref="RelativePositionBias"/> for each side. Differs from common implementations in what it spares: the encoder takes
/// packed rows (<see cref="TokenBatch"/>), and its keys and values are shared by all beams of a user.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed partial class T5 : Module<Tensor, Tensor, Tensor, Tensor>, IRichValue
{
    private readonly Embedding tokens;
    private readonly T5Encoder encoder;
    private readonly T5Decoder decoder;
    private readonly Linear? output;
    private readonly Scalar outputScale;

    /// <summary>Creates a model with fresh weights, drawn from torch's generator.</summary>
    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public T5(T5Options options)
        : base(nameof(T5))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (Options, outputScale) = (options, Math.Pow(options.Width, -0.5));
        tokens = Embedding(options.Vocabulary, options.Width); // standard normal
        (encoder, decoder) = (new T5Encoder(options), new T5Decoder(options, readsEncoder: true));
        output = options.TieOutput ? null : Linear(options.Width, options.Vocabulary, hasBias: false);
        RegisterComponents();
        if (output is not null)
            using (no_grad())
                init.normal_(output.weight!, 0, Math.Pow(options.Width, -0.5));
    }

    /// <summary>Sizes.</summary>
    public T5Options Options { get; }

    /// <summary>The experts of each decoder layer, first layer first; empty where the layers have none.</summary>
    public IReadOnlyList<MixtureOfExperts> Experts => decoder.Experts;

    /// <summary>The token table, <c>[V, D]</c>.</summary>
    public Tensor TokenTable => tokens.weight!;

    /// <summary>Logits under teacher forcing, from a padded batch.</summary>
    /// <param name="ids">Input tokens, <c>[B, L]</c>, int64.</param>
    /// <param name="isReal">False at padding, <c>[B, L]</c>, bool; a row has at least one real token.</param>
    /// <param name="shifted">The target shifted right by one, its first token the start token, <c>[B, T]</c>, int64.</param>
    /// <returns><c>[B, T, V]</c>, owned by the caller.</returns>
    public override Tensor forward(Tensor ids, Tensor isReal, Tensor shifted)
    {
        using var scope = NewDisposeScope();
        var states = Encode(ids, isReal.to_type(ScalarType.Int64));
        var memory = Remember(states, null, isReal);
        return Logits(Decode(shifted, memory)).MoveToOuterDisposeScope();
    }

    /// <summary>The encoder's states.</summary>
    /// <param name="ids">Input tokens, padded or packed, <c>[R, W]</c>, int64.</param>
    /// <param name="segments">Cells see the cells of equal number in their row, <c>[R, W]</c>, int64; null: all see all.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public Tensor Encode(Tensor ids, Tensor? segments)
    {
        using var embedded = Embed(ids);
        return EncodeVectors(embedded, segments);
    }

    /// <summary>The encoder's states from vectors that were looked up or made elsewhere.</summary>
    /// <param name="embedded"><c>[R, W, D]</c>.</param>
    /// <param name="segments"><c>[R, W]</c>, int64; null: all see all.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public Tensor EncodeVectors(Tensor embedded, Tensor? segments) => encoder.forward(embedded, segments);

    /// <summary>Rows of the token table.</summary>
    /// <param name="ids">Any shape, int64.</param>
    /// <returns>That shape with D behind it, owned by the caller.</returns>
    public Tensor Embed(Tensor ids) => tokens.forward(ids);

    /// <summary>What the decoder needs of the encoder's states: made once a user, shared by all beams.</summary>
    /// <param name="states"><c>[R, W, D]</c>.</param>
    /// <param name="cells">Cells of each user's positions in the flattened <c>[R * W]</c>, <c>[B, L]</c>, int64; null: row b is user b.</param>
    /// <param name="isReal">False at padding, <c>[B, L]</c>, bool; null where there is none.</param>
    /// <returns>Keys and values of each layer, owned by the caller.</returns>
    public T5Memory Remember(Tensor states, Tensor? cells, Tensor? isReal)
    {
        using var scope = NewDisposeScope();
        var (rows, width) = (states.shape[0], states.shape[1]);
        cells ??= arange(rows * width, dtype: ScalarType.Int64, device: states.device).view(rows, width);
        return decoder.Remember(states.reshape(rows * width, -1), cells, isReal).MoveToOuterDisposeScope();
    }

    /// <summary>Hidden states of all target positions at once.</summary>
    /// <param name="shifted">Start token, then all targets but the last, <c>[B, T]</c>, int64.</param>
    /// <param name="memory">From <see cref="Remember"/>.</param>
    /// <returns><c>[B, T, D]</c>, owned by the caller.</returns>
    public Tensor Decode(Tensor shifted, T5Memory memory)
    {
        using var scope = NewDisposeScope();
        return decoder.Run(Embed(shifted), memory, isReal: null).MoveToOuterDisposeScope();
    }

    /// <summary>Logits after one more token of each beam.</summary>
    /// <param name="last">Newest token of each beam, <c>[B, W]</c>, int64; the start token with W = 1 at first.</param>
    /// <param name="memory">From <see cref="Remember"/>, of B users.</param>
    /// <param name="cache">Takes the token in.</param>
    /// <returns><c>[B, W, V]</c>, owned by the caller.</returns>
    public Tensor DecodeStep(Tensor last, T5Memory memory, T5Cache cache)
    {
        using var scope = NewDisposeScope();
        if (Packed(memory, cache) is { } fast)
        {
            var logits = empty(last.shape[0], last.shape[1], Options.Vocabulary, dtype: ScalarType.Float32);
            fast.Step(last, memory.Reading, cache, logits);
            return logits.MoveToOuterDisposeScope();
        }
        return Logits(decoder.Step(Embed(last), memory, cache)).MoveToOuterDisposeScope();
    }

    /// <summary>Takes one more token of each beam in; what comes after it is not computed.</summary>
    /// <param name="last">Newest token of each beam, <c>[B, W]</c>, int64.</param>
    /// <param name="memory">From <see cref="Remember"/>, of B users.</param>
    /// <param name="cache">Takes the token in.</param>
    public void ReadStep(Tensor last, T5Memory memory, T5Cache cache)
    {
        using var scope = NewDisposeScope();
        if (Packed(memory, cache) is { } fast)
            fast.Step(last, memory.Reading, cache, logits: null);
        else
            decoder.Read(Embed(last), memory, cache);
    }

    /// <summary>Casts the experts' weights once for many steps without gradients; the weights must not change meanwhile.</summary>
    /// <returns>Ends it.</returns>
    internal IDisposable HoldExperts() => new Held(T5Packing.Fits(this) ? [] : decoder.Experts);

    /// <summary>Logits of hidden states.</summary>
    /// <param name="hidden"><c>[.., D]</c>.</param>
    /// <returns><c>[.., V]</c>, owned by the caller.</returns>
    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var logits = output is null
            ? Products.Linear(hidden * outputScale, tokens.weight!, null, Options.Precision)
            : Products.Linear(hidden, output.weight!, null, Options.Precision);
        return logits.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();

    private sealed class Held : IDisposable
    {
        private MixtureOfExperts[] experts;

        public Held(MixtureOfExperts[] experts)
        {
            this.experts = experts;
            foreach (var layer in experts)
                layer.Hold();
        }

        public void Dispose()
        {
            foreach (var layer in experts)
                layer.Release();
            experts = [];
        }
    }
}
