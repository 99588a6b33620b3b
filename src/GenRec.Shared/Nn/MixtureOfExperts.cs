using System.Runtime.InteropServices;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>Sizes of a <see cref="MixtureOfExperts"/>.</summary>
/// <param name="Width">D, the width of a token's state.</param>
/// <param name="Inner">F, the inner width of each expert.</param>
/// <param name="Experts">E, the number of experts.</param>
/// <param name="Active">K, experts that a token goes to, <c>1..E</c>.</param>
/// <param name="Renormalise">Whether the gates of the chosen experts are scaled to sum to 1.</param>
/// <param name="Dropout">Drop probability of the inner activations.</param>
/// <param name="Precision">Format of the experts' products; the router stays float32.</param>
public sealed record MixtureSizes(
    int Width,
    int Inner,
    int Experts,
    int Active,
    bool Renormalise = false,
    double Dropout = 0,
    Precision Precision = Precision.Float32
) : RichRecord;

/// <summary>A feed-forward network of many experts of which each token uses a few: Shazeer et al., arXiv:1701.06538.</summary>
/// <remarks>
/// In the form of OneRec (arXiv:2502.18965), section 3.2: <c>s_i = Softmax_i(h · e_i)</c>, gate <c>g_i = s_i</c> for the K largest
/// and 0 for the others, output <c>sum_i g_i FFN_i(h)</c>. The gates are not scaled to sum to 1 unless asked for: that scaling is
/// other papers'. No loss for equal load, since the paper states none; <see cref="Load"/> shows what came of it. Each expert is
/// T5's network: wide, ReLU, narrow, no bias. Tokens are sorted by expert, so that each expert multiplies one block of
/// rows; no expert sees a token that is not its own, and nothing is padded.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class MixtureOfExperts : Module<Tensor, Tensor>, IRichValue
{
    private readonly Parameter router; // e_i, [E, D]
    private readonly Parameter wide; // [E, F, D]
    private readonly Parameter narrow; // [E, D, F]
    private readonly SeededDropout dropout;
    private readonly long[] counts;
    private (Tensor Wide, Tensor Narrow)? held; // in bfloat16
    private int holders;

    /// <summary>Creates experts with fresh weights, drawn from torch's generator.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1, or more experts are active than there are.</exception>
    public MixtureOfExperts(MixtureSizes sizes)
        : base(nameof(MixtureOfExperts))
    {
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentOutOfRangeException.ThrowIfLessThan(sizes.Width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sizes.Inner, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sizes.Experts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sizes.Active, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizes.Active, sizes.Experts);
        (Sizes, counts, dropout) = (sizes, new long[sizes.Experts], new SeededDropout(sizes.Dropout));
        var (width, inner, experts) = (sizes.Width, sizes.Inner, sizes.Experts);
        router = new Parameter(empty(experts, width));
        (wide, narrow) = (new Parameter(empty(experts, inner, width)), new Parameter(empty(experts, width, inner)));
        RegisterComponents();
        using var quiet = no_grad();
        init.normal_(router, 0, Math.Pow(width, -0.5));
        init.normal_(wide, 0, Math.Pow(width, -0.5));
        init.normal_(narrow, 0, Math.Pow(inner, -0.5));
    }

    /// <summary>Sizes.</summary>
    public MixtureSizes Sizes { get; }

    /// <summary>Tokens that each expert has got since the last <see cref="ResetLoad"/>, in training and evaluation alike, <c>[E]</c>.</summary>
    public ReadOnlySpan<long> Load => counts;

    /// <summary>Counts from zero again.</summary>
    public void ResetLoad() => Array.Clear(counts);

    /// <summary><c>sum_i g_i FFN_i(h)</c> of each token.</summary>
    /// <param name="x"><c>[.., D]</c>, float32.</param>
    /// <returns>Same shape, owned by the caller.</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (active, width) = (Sizes.Active, Sizes.Width);
        var tokens = x.reshape(-1, width); // [T, D]
        var (gates, chosen) = Route(tokens); // [T, K]
        var slots = tokens.shape[0] * active;
        var (_, order) = chosen.view(-1).sort(0, false, true); // slots by expert, in the order of tokens within
        var blocks = Count(chosen);
        var back = empty_like(order).scatter_(0, order, arange(slots, dtype: ScalarType.Int64, device: x.device));
        // Copied out first, then permuted: the gradient of a permutation is cheaper than that of rows taken twice.
        var copies = active == 1 ? tokens : tokens.unsqueeze(1).expand(-1, active, -1).reshape(slots, width);
        var made = Experts(copies.index_select(0, order), blocks).index_select(0, back); // [T K, D]
        var mixed = (made.view(-1, active, width) * gates.unsqueeze(-1)).sum(1L); // [T, D]
        return mixed.view(x.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Which experts each token goes to, and with what weight.</summary>
    /// <param name="tokens"><c>[T, D]</c>, float32.</param>
    /// <returns>Gates <c>[T, K]</c>, largest first, and experts <c>[T, K]</c>, int64; owned by the caller.</returns>
    public (Tensor Gates, Tensor Experts) Route(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var shares = F.softmax(F.linear(tokens, router), -1); // s_i, [T, E]
        var (gates, experts) = shares.topk(Sizes.Active);
        if (Sizes.Renormalise)
            gates /= gates.sum([-1L], keepdim: true);
        return (gates.MoveToOuterDisposeScope(), experts.MoveToOuterDisposeScope());
    }

    /// <summary><c>e_i</c>, <c>[E, D]</c>.</summary>
    internal Parameter Router => router;

    /// <summary>All experts' weights, <c>[E, F, D]</c> and <c>[E, D, F]</c>.</summary>
    internal (Parameter Wide, Parameter Narrow) Parameters() => (wide, narrow);

    /// <summary>Adds to <see cref="Load"/> what was routed elsewhere.</summary>
    internal void Count(ReadOnlySpan<long> some, ReadOnlySpan<long> others)
    {
        for (var expert = 0; expert < counts.Length; expert++)
            counts[expert] += some[expert] + (others.IsEmpty ? 0 : others[expert]);
    }

    /// <summary>Casts the weights once, until as many calls of <see cref="Release"/>.</summary>
    internal void Hold()
    {
        if (holders++ > 0 || Sizes.Precision != Precision.BFloat16)
            return;
        using var quiet = no_grad();
        held = (
            wide.to(ScalarType.BFloat16).DetachFromDisposeScope(),
            narrow.to(ScalarType.BFloat16).DetachFromDisposeScope()
        );
    }

    /// <summary>Ends <see cref="Hold"/>.</summary>
    internal void Release()
    {
        if (--holders > 0 || held is not { } copies)
            return;
        copies.Wide.Dispose();
        copies.Narrow.Dispose();
        held = null;
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();

    /// <summary>Rows sorted by expert, <c>[T K, D]</c>, each block through its own expert.</summary>
    private Tensor Experts(Tensor rows, long[] blocks)
    {
        var isNarrow = Sizes.Precision == Precision.BFloat16;
        var (into, outOf) =
            !isNarrow ? (wide, narrow)
            : held is { } copies && !is_grad_enabled() ? copies
            : (wide.to(ScalarType.BFloat16), narrow.to(ScalarType.BFloat16));
        var input = isNarrow ? rows.to(ScalarType.BFloat16) : rows;
        var (first, second) = (into.unbind(0), outOf.unbind(0));
        var busy = Enumerable.Range(0, blocks.Length).Where(expert => blocks[expert] > 0).ToArray();
        var parts = input.split([.. busy.Select(expert => blocks[expert])]);
        for (var at = 0; at < parts.Length; at++)
        {
            var inner = F.relu(F.linear(parts[at], first[busy[at]]), inplace: true);
            parts[at] = F.linear(dropout.training ? dropout.forward(inner) : inner, second[busy[at]]);
        }
        var joined = cat(parts);
        return isNarrow ? joined.to(ScalarType.Float32) : joined;
    }

    private long[] Count(Tensor chosen)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var here = chosen.cpu().contiguous();
        var blocks = new long[Sizes.Experts];
        foreach (var expert in MemoryMarshal.Cast<byte, long>(here.bytes))
            blocks[expert]++;
        for (var expert = 0; expert < blocks.Length; expert++)
            counts[expert] += blocks[expert];
        return blocks;
    }
}
