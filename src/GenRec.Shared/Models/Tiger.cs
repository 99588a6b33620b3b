using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>
/// TIGER: an encoder reads the codes of a history, a decoder writes the codes of the next item. Rajput et al., "Recommender
/// Systems with Generative Retrieval", NeurIPS 2023, arXiv:2305.05065.
/// </summary>
/// <remarks>
/// Differs from the paper: no end token, since all ids are equally long; the loss is the mean over codes instead of their sum,
/// which Adam does not see; training computes no padding (<see cref="LengthGroups"/>), and beams are held to real items by a
/// trie unless <see cref="TigerOptions.Constraint"/> says otherwise.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class Tiger : nn.Module<TigerBatch, Tensor>, IRichValue
{
    private readonly T5 t5;

    /// <summary>Creates a model with fresh weights, drawn from torch's generator.</summary>
    /// <param name="ids">Semantic ids of the catalogue.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="device">Where it lives and computes; the CPU where null.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public Tiger(SemanticIdTable ids, TigerOptions options, Device? device = null)
        : base(nameof(Tiger))
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (Options, Tokens) = (options, new TigerTokens(ids, options.UserTokens));
        var precision = Products.WherePays(options.Precision, device ?? CPU);
        t5 = new T5((options with { Precision = precision }).Sizes(Tokens.Vocabulary));
        RegisterComponents();
        if (device is not null)
            this.to(device);
    }

    /// <summary>Sizes.</summary>
    public TigerOptions Options { get; }

    /// <summary>The vocabulary.</summary>
    public TigerTokens Tokens { get; }

    /// <summary>The encoder-decoder.</summary>
    public T5 T5 => t5;

    /// <summary>Logits of all codes of the targets under teacher forcing.</summary>
    /// <param name="input">B rows.</param>
    /// <returns><c>[B, m, V]</c>, rows in the order of the batch's groups, owned by the caller.</returns>
    public override Tensor forward(TigerBatch input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        var device = t5.TokenTable.device;
        var (ids, shifted) = (tensor(input.Ids, device: device), tensor(input.Shifted, device: device));
        var hidden = t5.ForwardGroups(ids, input.Groups, shifted.view(-1, input.Levels)); // [B, m, D]
        return t5.Logits(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Mean cross-entropy of the codes: <c>-1/m sum_l log p(c_l | c_&lt;l, history)</c>, averaged over rows.</summary>
    /// <param name="batch">B rows.</param>
    /// <returns>Scalar, owned by the caller.</returns>
    public Tensor Loss(TigerBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return t5.LossOfGroups(batch.Ids, batch.Groups, batch.Shifted, batch.Targets);
    }

    /// <summary>Starts generating after histories.</summary>
    /// <param name="histories">Items oldest first; with users where the model reads them.</param>
    /// <returns>A decoder that has read them, owned by the caller; the model must be in evaluation mode.</returns>
    /// <exception cref="ArgumentException">An item has no id.</exception>
    public T5StepDecoder Start(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        var users = histories.Users;
        var rows = new int[histories.Count][];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = Tokens.Input(histories[row], Options.MaxItems, users.IsEmpty ? null : users[row]);
        using var batch = TokenBatch.Pack(rows, t5.TokenTable.device);
        return new T5StepDecoder(t5, batch);
    }

    /// <summary>The trie of all items in the model's vocabulary, owned by the caller.</summary>
    public PrefixTrie MakeTrie() =>
        PrefixTrie.Build(Tokens.Ids.Codes.ToArray(), Tokens.Levels, null, Tokens.Layout, t5.TokenTable.device);

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
