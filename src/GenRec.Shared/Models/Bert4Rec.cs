using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Models;

/// <summary>
/// BERT4Rec: items hidden in a user's sequence are told from both sides. Sun et al., "BERT4Rec: Sequential Recommendation with
/// Bidirectional Encoder Representations from Transformer", CIKM 2019, arXiv:1904.06690.
/// </summary>
/// <remarks>
/// Differs from the authors' code: sequences are packed into rows instead of padded (the mask is block-diagonal), and the
/// newest item has the last position. The code's constant type embedding is left out: added to every position alike, it is
/// one more bias of the position table. Fresh weights are normal, not truncated normal. Behind the last attention only the
/// masked cells are computed. With <see cref="AttentionDirection.Causal"/> the same network looks back only and is asked
/// for the next item, without masks.
/// </remarks>
public sealed class Bert4Rec : ItemSequenceModel
{
    private readonly Bert4RecOptions options;
    private readonly Embedding items; // E in section 3.4; row 0 is padding, row N + 1 is [MASK]
    private readonly Embedding positions; // P
    private readonly LayerNorm embeddingNorm; // not in the paper; modeling.py has it
    private readonly ModuleList<BertBlock> blocks;
    private readonly SeededDropout dropout;
    private readonly Linear? projection; // W^P and b^P in Eq. (7)
    private readonly LayerNorm? projectionNorm; // not in the paper; run.py has it
    private readonly Parameter? outputBias; // b^O in Eq. (7), [N + 1]

    /// <summary>Creates a model with fresh weights, drawn from torch's generator.</summary>
    /// <param name="itemCount">N; ids are <c>1..N</c>, and <c>N + 1</c> is [MASK], which is never recommended.</param>
    /// <param name="options">Sizes and variants.</param>
    public Bert4Rec(int itemCount, Bert4RecOptions options)
        : base(nameof(Bert4Rec), itemCount, Checked(options))
    {
        this.options = options;
        items = Embedding(itemCount + 2, options.Hidden, padding_idx: 0);
        positions = Embedding(options.MaxLength, options.Hidden);
        embeddingNorm = LayerNorm(options.Hidden, 1e-12);
        dropout = new SeededDropout(options.Dropout);
        blocks = ModuleList(
            Enumerable
                .Range(0, options.Blocks)
                .Select(_ => new BertBlock(
                    options.Hidden,
                    options.Heads,
                    options.Inner,
                    options.Dropout,
                    options.AttentionDropout
                ))
                .ToArray()
        );
        if (options.OutputProjection)
            (projection, projectionNorm) = (Linear(options.Hidden, options.Hidden), LayerNorm(options.Hidden, 1e-12));
        if (options.OutputBias)
            outputBias = Parameter(zeros(itemCount + 1));
        RegisterComponents();
        InitialiseWeights();
    }

    /// <summary>Sizes and variants.</summary>
    public Bert4RecOptions Options => options;

    /// <inheritdoc/>
    public override Tensor OutputTable => items.weight!.narrow(0, 0, ItemCount + 1);

    /// <inheritdoc/>
    public override Tensor? OutputBias => outputBias;

    /// <inheritdoc/>
    public override int? MaskId => options.Direction == AttentionDirection.Bidirectional ? ItemCount + 1 : null;

    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => items.forward(ids);

    /// <inheritdoc/>
    public override Tensor Encode(Tensor embedded, Tensor position, Tensor segment)
    {
        using var scope = NewDisposeScope();
        var mask = Mask(segment); // [R, 1, W, W]
        var x = Begin(embedded, position);
        foreach (var block in blocks)
            x = block.forward(x, mask);
        return x.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor StatesAt(Tensor embedded, Tensor position, Tensor segment, Tensor cells)
    {
        using var scope = NewDisposeScope();
        var mask = Mask(segment);
        var x = Begin(embedded, position);
        for (var i = 0; i + 1 < blocks.Count; i++)
            x = blocks[i].forward(x, mask);
        return Project(blocks[^1].At(x, mask, cells)).MoveToOuterDisposeScope(); // [T, D]
    }

    /// <summary>The head before the item table: <c>LN(GELU(h W^P + b^P))</c>, Eq. (7).</summary>
    /// <param name="states">Hidden states, <c>[.., D]</c>.</param>
    /// <returns>Same shape, owned by the caller; a view where the model has no projection.</returns>
    public Tensor Project(Tensor states)
    {
        if (projection is null)
            return states.alias();
        using var scope = NewDisposeScope();
        return projectionNorm!.forward(F.gelu(projection.forward(states))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor AttentionWeights(Tensor ids, Tensor position, Tensor segment, int block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, options.Blocks);
        using var scope = NewDisposeScope();
        var mask = Mask(segment);
        var x = Begin(items.forward(ids), position);
        for (var i = 0; i < block; i++)
            x = blocks[i].forward(x, mask);
        return blocks[block].Weights(x, mask).MoveToOuterDisposeScope();
    }

    private Tensor Begin(Tensor embedded, Tensor position) =>
        dropout.forward(embeddingNorm.forward(embedded + positions.forward(position))); // section 3.4

    private Tensor Mask(Tensor segment) =>
        options.Direction == AttentionDirection.Causal ? SegmentMask.Causal(segment) : SegmentMask.Within(segment);

    private static Bert4RecOptions Checked(Bert4RecOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }

    private void InitialiseWeights()
    {
        using var quiet = no_grad();
        foreach (var (name, weight) in named_parameters())
            if (weight.dim() > 1)
                init.normal_(weight, 0, options.InitialStandardDeviation);
            else if (name.EndsWith("bias", StringComparison.Ordinal))
                weight.zero_();
        items.weight![0].zero_();
    }
}
