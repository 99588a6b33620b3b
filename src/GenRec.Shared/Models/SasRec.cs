using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Models;

/// <summary>
/// SASRec: causal self-attention over a user's items, scored against the same item table. Kang and McAuley, "Self-Attentive
/// Sequential Recommendation", ICDM 2018, arXiv:1808.09781.
/// </summary>
/// <remarks>
/// Differs from the paper: sequences are packed into rows instead of padded (the attention mask is causal and
/// block-diagonal), so padding neither attends nor is attended to. The residual around the normalised input, which the
/// authors' code has and the paper's Eq. (5) has not, is <see cref="NormPlacement.Official"/>.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class SasRec : Module<Tensor, Tensor, Tensor, Tensor>, IRichValue
{
    private readonly SasRecOptions options;
    private readonly Embedding items; // M in section III-A; row 0 is padding
    private readonly Embedding? outputItems; // a table of its own for scores, where it is not shared
    private readonly Embedding? positions; // P in Eq. (1)
    private readonly ModuleList<SasRecBlock> blocks;
    private readonly SeededDropout dropout;
    private readonly LayerNorm last;
    private readonly Tensor? sinusoids;

    /// <summary>Creates a model with fresh weights, drawn from torch's generator.</summary>
    /// <param name="itemCount">N; ids are <c>1..N</c>.</param>
    /// <param name="options">Sizes and variants.</param>
    public SasRec(int itemCount, SasRecOptions options)
        : base(nameof(SasRec))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.options, ItemCount) = (options, itemCount);
        items = Embedding(itemCount + 1, options.Hidden, padding_idx: 0);
        if (options.SeparateOutputTable)
            outputItems = Embedding(itemCount + 1, options.Hidden, padding_idx: 0);
        if (options.Positions == PositionKind.Learned)
            positions = Embedding(options.MaxLength, options.Hidden);
        if (options.Positions == PositionKind.Sinusoidal)
            register_buffer("sinusoids", sinusoids = Sinusoids(options.MaxLength, options.Hidden));
        dropout = new SeededDropout(options.Dropout);
        blocks = ModuleList(Enumerable.Range(0, options.Blocks).Select(_ => new SasRecBlock(options)).ToArray());
        last = LayerNorm(options.Hidden, 1e-8); // epsilon of kang205/SASRec, modules.py
        RegisterComponents();
        InitialiseWeights();
    }

    /// <summary>N, the number of items.</summary>
    public int ItemCount { get; }

    /// <summary>Sizes and variants.</summary>
    public SasRecOptions Options => options;

    /// <summary>The table that scores items, <c>[N + 1, D]</c>; row 0 is padding.</summary>
    public Tensor OutputTable => (outputItems ?? items).weight!;

    /// <summary>Hidden state after each cell of packed rows.</summary>
    /// <param name="ids">Item ids, 0 where a cell is empty, <c>[R, W]</c>, int64.</param>
    /// <param name="position">Position ids, <c>0..L-1</c>, <c>[R, W]</c>, int64.</param>
    /// <param name="segment">Which sequence a cell belongs to, <c>[R, W]</c>, int64.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public override Tensor forward(Tensor ids, Tensor position, Tensor segment) =>
        Encode(items.forward(ids), position, segment);

    /// <summary>Hidden states, from item vectors that were looked up already.</summary>
    /// <param name="embedded">Rows of the item table, <c>[R, W, D]</c>.</param>
    /// <param name="position">Position ids, <c>[R, W]</c>, int64.</param>
    /// <param name="segment">Which sequence a cell belongs to, <c>[R, W]</c>, int64.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public Tensor Encode(Tensor embedded, Tensor position, Tensor segment)
    {
        using var scope = NewDisposeScope();
        var x = options.ScaleEmbeddings ? embedded * Math.Sqrt(options.Hidden) : embedded; // kang205/SASRec, modules.py
        if (positions is not null)
            x += positions.forward(position); // Eq. (1)
        else if (sinusoids is not null)
            x += sinusoids.index_select(0, position.view(-1)).view_as(x);
        x = dropout.forward(x);
        var mask = SegmentMask.Causal(segment); // [R, 1, W, W]
        foreach (var block in blocks)
            x = block.forward(x, mask);
        return last.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>Attention weights of one block, for plots; no dropout.</summary>
    /// <returns><c>[R, H, W, W]</c>, each row sums to 1 over the cells it may see.</returns>
    public Tensor AttentionWeights(Tensor ids, Tensor position, Tensor segment, int block)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, options.Blocks);
        using var scope = NewDisposeScope();
        var x = items.forward(ids);
        x = options.ScaleEmbeddings ? x * Math.Sqrt(options.Hidden) : x;
        x = positions is null ? x : x + positions.forward(position);
        var mask = SegmentMask.Causal(segment);
        for (var i = 0; i < block; i++)
            x = blocks[i].forward(x, mask);
        return blocks[block].Weights(x, mask).MoveToOuterDisposeScope();
    }

    /// <summary>Looks items up in the input table.</summary>
    /// <param name="ids">Item ids, any shape, int64.</param>
    /// <returns>The shape of <paramref name="ids"/> with D behind it.</returns>
    public Tensor Embed(Tensor ids) => items.forward(ids);

    /// <summary>Looks items up in the table that scores them.</summary>
    /// <param name="ids">Item ids, any shape, int64.</param>
    /// <returns>The shape of <paramref name="ids"/> with D behind it.</returns>
    public Tensor EmbedForScores(Tensor ids) => (outputItems ?? items).forward(ids);

    /// <summary>Whether the item table serves as input and output, as in the paper (section III-D, "shared item embedding").</summary>
    public bool SharesTable => outputItems is null;

    private void InitialiseWeights()
    {
        using var quiet = no_grad();
        foreach (var (name, weight) in named_parameters())
        {
            if (weight.dim() < 2)
                continue;
            if (options.InitialStandardDeviation is { } deviation)
                init.normal_(weight, 0, deviation);
            else
                init.xavier_normal_(weight); // pmixer/SASRec.pytorch, main.py
        }
        items.weight![0].zero_();
        outputItems?.weight![0].zero_();
    }

    private static Tensor Sinusoids(int length, int hidden)
    {
        using var scope = NewDisposeScope();
        var rate = exp(arange(0, hidden, 2, dtype: ScalarType.Float32) * (-Math.Log(10_000) / hidden)); // Vaswani et al., section 3.5
        var angle = arange(length, dtype: ScalarType.Float32).unsqueeze(1) * rate; // [L, ceil(D/2)]
        var both = stack([angle.sin(), angle.cos()], -1).view(length, -1); // [L, 2 ceil(D/2)]
        return both.narrow(1, 0, hidden).contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}

/// <summary>One block: causal self-attention, then a position-wise feed-forward network; sections III-B and III-C.</summary>
internal sealed class SasRecBlock : Module<Tensor, Tensor, Tensor>
{
    private readonly SasRecOptions options;
    private readonly Linear query; // W^Q in Eq. (3)
    private readonly Linear keyValue; // W^K and W^V
    private readonly Linear? output; // not in the paper; pmixer/SASRec.pytorch has it
    private readonly Linear wide; // W^(1) in Eq. (4)
    private readonly Linear narrow; // W^(2)
    private readonly LayerNorm attentionNorm;
    private readonly LayerNorm feedForwardNorm;
    private readonly SeededDropout attentionDropout;
    private readonly SeededDropout innerDropout;
    private readonly SeededDropout outerDropout;

    public SasRecBlock(SasRecOptions options)
        : base(nameof(SasRecBlock))
    {
        this.options = options;
        var hidden = options.Hidden;
        (query, keyValue) = (Linear(hidden, hidden), Linear(hidden, 2 * hidden));
        output = options.OutputProjection ? Linear(hidden, hidden) : null;
        (wide, narrow) = (Linear(hidden, hidden), Linear(hidden, hidden));
        (attentionNorm, feedForwardNorm) = (LayerNorm(hidden, 1e-8), LayerNorm(hidden, 1e-8));
        attentionDropout = new SeededDropout(options.Dropout);
        (innerDropout, outerDropout) = (new SeededDropout(options.Dropout), new SeededDropout(options.Dropout));
        RegisterComponents();
    }

    /// <summary><c>[R, W, D]</c> and a mask <c>[R, 1, W, W]</c> to <c>[R, W, D]</c>.</summary>
    public override Tensor forward(Tensor x, Tensor mask)
    {
        if (options.Norm == NormPlacement.Post)
        {
            x = attentionNorm.forward(x + Attend(x, x, mask));
            return feedForwardNorm.forward(x + FeedForward(x));
        }
        var q = attentionNorm.forward(x);
        x = options.Norm == NormPlacement.Official ? q + Attend(q, x, mask) : x + Attend(q, q, mask);
        var z = feedForwardNorm.forward(x);
        return (options.Norm == NormPlacement.Official ? z : x) + FeedForward(z);
    }

    /// <summary>Attention weights, <c>[R, H, W, W]</c>.</summary>
    public Tensor Weights(Tensor x, Tensor mask)
    {
        var q = options.Norm == NormPlacement.Post ? x : attentionNorm.forward(x);
        var source = options.Norm == NormPlacement.Pre ? q : x;
        var key = keyValue.forward(source).narrow(-1, 0, options.Hidden);
        return MultiHeadAttention.Weights(Split(query.forward(q)), Split(key), mask);
    }

    private Tensor Attend(Tensor queries, Tensor source, Tensor mask)
    {
        var both = keyValue.forward(source).chunk(2, -1); // [R, W, D] twice
        var (q, k, v) = (Split(query.forward(queries)), Split(both[0]), Split(both[1])); // [R, H, W, D/H]
        var mixed = MultiHeadAttention.Mix(q, k, v, mask, attentionDropout); // Eq. (2)
        var joined = options.Heads == 1 ? mixed.squeeze(1) : mixed.transpose(1, 2).reshape(queries.shape); // [R, W, D]
        return output is null ? joined : output.forward(joined);
    }

    private Tensor Split(Tensor t) =>
        options.Heads == 1
            ? t.unsqueeze(1)
            : t.view(t.shape[0], t.shape[1], options.Heads, options.Hidden / options.Heads).transpose(1, 2);

    private Tensor FeedForward(Tensor z)
    {
        var inner = innerDropout.forward(F.relu(wide.forward(z)));
        return outerDropout.forward(narrow.forward(inner)); // Eq. (4)
    }
}
