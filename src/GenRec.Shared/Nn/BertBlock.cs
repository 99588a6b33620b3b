using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>
/// BERT's block: self-attention, then a position-wise network with GELU, each followed by dropout, the residual and a layer
/// norm (Post-LN). Devlin et al., arXiv:1810.04805; Eq. (1)-(6) of BERT4Rec, arXiv:1904.06690. The mask decides whether it
/// looks to both sides or only back.
/// </summary>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class BertBlock : Module<Tensor, Tensor, Tensor>, IRichValue
{
    private readonly int hidden;
    private readonly int heads;
    private readonly Linear queryKeyValue; // W^Q, W^K and W^V one above the other
    private readonly Linear output; // W^O
    private readonly LayerNorm attentionNorm;
    private readonly Linear wide; // W^(1)
    private readonly Linear narrow; // W^(2)
    private readonly LayerNorm feedForwardNorm;
    private readonly SeededDropout attentionDropout;
    private readonly SeededDropout outputDropout;
    private readonly SeededDropout feedForwardDropout;

    /// <summary>Creates a block with torch's default weights.</summary>
    /// <param name="hidden">D, a multiple of <paramref name="heads"/>.</param>
    /// <param name="heads">H, at least 1.</param>
    /// <param name="inner">Width of the position-wise network; 4 D in BERT.</param>
    /// <param name="dropout">Share dropped of both parts' outputs, 0 to below 1.</param>
    /// <param name="attentionDropout">Share dropped of the attention weights, 0 to below 1.</param>
    /// <exception cref="ArgumentException"><paramref name="hidden"/> is no multiple of <paramref name="heads"/>.</exception>
    public BertBlock(int hidden, int heads, int inner, double dropout = 0, double attentionDropout = 0)
        : base(nameof(BertBlock))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inner, 1);
        if (hidden % heads != 0)
            throw new ArgumentException($"hidden ({hidden}) must be a multiple of heads ({heads}).", nameof(hidden));
        (this.hidden, this.heads) = (hidden, heads);
        (queryKeyValue, output) = (Linear(hidden, 3 * hidden), Linear(hidden, hidden));
        (wide, narrow) = (Linear(hidden, inner), Linear(inner, hidden));
        (attentionNorm, feedForwardNorm) = (LayerNorm(hidden, 1e-12), LayerNorm(hidden, 1e-12)); // google-research/bert
        this.attentionDropout = new SeededDropout(attentionDropout);
        (outputDropout, feedForwardDropout) = (new SeededDropout(dropout), new SeededDropout(dropout));
        RegisterComponents();
    }

    /// <summary>All cells of packed rows.</summary>
    /// <param name="x"><c>[R, W, D]</c>.</param>
    /// <param name="mask">0 where a cell may look, negative infinity elsewhere, <c>[R, 1, W, W]</c>.</param>
    /// <returns><c>[R, W, D]</c>, owned by the caller.</returns>
    public override Tensor forward(Tensor x, Tensor mask)
    {
        using var scope = NewDisposeScope();
        return Finish(x, Attend(x, mask)).MoveToOuterDisposeScope();
    }

    /// <summary>Only some cells: all are looked at, and everything behind attention is computed for those alone.</summary>
    /// <param name="x"><c>[R, W, D]</c>.</param>
    /// <param name="mask">0 where a cell may look, negative infinity elsewhere, <c>[R, 1, W, W]</c>.</param>
    /// <param name="cells">Cells of the flattened grid, <c>[T]</c>, int64.</param>
    /// <returns><c>[T, D]</c>, owned by the caller.</returns>
    public Tensor At(Tensor x, Tensor mask, Tensor cells)
    {
        using var scope = NewDisposeScope();
        var attended = Attend(x, mask).view(-1, hidden).index_select(0, cells); // [T, D]
        return Finish(x.view(-1, hidden).index_select(0, cells), attended).MoveToOuterDisposeScope();
    }

    /// <summary>Attention weights, each row sums to 1; no dropout.</summary>
    /// <returns><c>[R, H, W, W]</c>, owned by the caller.</returns>
    public Tensor Weights(Tensor x, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var parts = queryKeyValue.forward(x).chunk(3, -1);
        return MultiHeadAttention.Weights(Split(parts[0]), Split(parts[1]), mask).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, Tensor mask)
    {
        var parts = queryKeyValue.forward(x).chunk(3, -1); // [R, W, D] three times
        var (q, k, v) = (Split(parts[0]), Split(parts[1]), Split(parts[2])); // [R, H, W, D/H]
        var mixed = MultiHeadAttention.Mix(q, k, v, mask, attentionDropout);
        return mixed.transpose(1, 2).reshape(x.shape); // [R, W, D]
    }

    private Tensor Finish(Tensor x, Tensor attended)
    {
        var a = attentionNorm.forward(x + outputDropout.forward(output.forward(attended)));
        var inner = F.gelu(wide.forward(a)); // [.., 4 D]
        return feedForwardNorm.forward(a + feedForwardDropout.forward(narrow.forward(inner)));
    }

    private Tensor Split(Tensor t) => t.view(t.shape[0], t.shape[1], heads, hidden / heads).transpose(1, 2);

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}
