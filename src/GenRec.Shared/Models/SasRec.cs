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
public sealed class SasRec : ItemSequenceModel
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
        : base(nameof(SasRec), itemCount, Checked(options))
    {
        this.options = options;
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

    /// <summary>Sizes and variants.</summary>
    public SasRecOptions Options => options;

    /// <inheritdoc/>
    public override Tensor OutputTable => (outputItems ?? items).weight!;

    /// <inheritdoc/>
    public override bool SharesTable => outputItems is null; // as in the paper, section III-D, "shared item embedding"

    /// <inheritdoc/>
    public override Tensor Encode(Tensor embedded, Tensor position, Tensor segment)
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

    /// <inheritdoc/>
    public override Tensor AttentionWeights(Tensor ids, Tensor position, Tensor segment, int block)
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

    /// <inheritdoc/>
    public override Tensor Embed(Tensor ids) => items.forward(ids);

    /// <inheritdoc/>
    public override Tensor EmbedForScores(Tensor ids) => (outputItems ?? items).forward(ids);

    private static SasRecOptions Checked(SasRecOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }

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
