using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Alignment;

/// <summary>Sizes of a <see cref="SessionRewardModel"/>; the paper gives none.</summary>
public sealed record SessionRewardOptions : RichRecord
{
    /// <summary>D, width of item vectors.</summary>
    [Range(1, 65_536)]
    public int Width { get; init; } = 32;

    /// <summary>Attention heads; divides D.</summary>
    [Range(1, 256)]
    public int AttentionHeads { get; init; } = 2;

    /// <summary>Inner width of a tower.</summary>
    [Range(1, 65_536)]
    public int Tower { get; init; } = 32;

    /// <summary>n, most behaviours that are read.</summary>
    [Range(1, 4096)]
    public int HistoryLength { get; init; } = 20;

    /// <summary>m, items of a session.</summary>
    [Range(1, 1024)]
    public int SlateLength { get; init; } = 5;

    /// <summary>Share dropped of item vectors and attention weights, 0 to below 1.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Sessions in a batch.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 128;

    /// <summary>The towers; all four by default.</summary>
    public IReadOnlyList<SessionHead> Heads { get; init; } =
    [SessionHead.WatchTime, SessionHead.View, SessionHead.Follow, SessionHead.Like];

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (Width % AttentionHeads != 0)
            throw new ArgumentException($"Width ({Width}) must be a multiple of AttentionHeads ({AttentionHeads}).");
        if (Heads.Count == 0 || Heads.Distinct().Count() != Heads.Count)
            throw new ArgumentException($"Heads are [{string.Join(", ", Heads)}]; need at least one, and none twice.");
    }
}

/// <summary>OneRec's session reward model, arXiv:2502.18965, section 3.3.1.</summary>
/// <remarks>
/// Target attention of each item over the user's behaviours makes it an item of this user, <c>e_i = v_i (.) u</c>; self-attention
/// lets the items of the session see each other; the sum over items goes into one tower for each head. Differs from the paper in
/// what it leaves open: <c>(.)</c> is a linear map of the item, what attention found, and their product, as in DIN (Zhou et al.,
/// arXiv:1706.06978); items know their place in the session, behaviours their recency; self-attention has a residual and a norm.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class SessionRewardModel : Module<Tensor, Tensor, Tensor>, IRichValue
{
    private readonly Embedding items; // v
    private readonly Linear? content; // of given item features
    private readonly Tensor? features; // [N + 1, F]
    private readonly Embedding recency;
    private readonly Embedding place;
    private readonly Linear targetQuery;
    private readonly Linear targetKeyValue;
    private readonly Linear crossing;
    private readonly Linear slateQueryKeyValue; // W_Q, W_K, W_V
    private readonly Linear slateOutput;
    private readonly LayerNorm slateNorm;
    private readonly Linear towerIn; // all towers beside each other
    private readonly Linear towerOut; // [heads, tower]: each tower's own row
    private readonly SeededDropout dropout;

    /// <summary>Makes a model with fresh weights.</summary>
    /// <param name="itemCount">N; ids are <c>1..N</c>.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="features">What is known of items, <c>[N + 1, F]</c>, float32; copied, not trained. Null: ids alone.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the features are of another catalogue.</exception>
    public SessionRewardModel(int itemCount, SessionRewardOptions options, Tensor? features = null)
        : base(nameof(SessionRewardModel))
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(itemCount, 1);
        options.Validate();
        if (features is not null && (features.dim() != 2 || features.shape[0] != itemCount + 1))
            throw new ArgumentException(
                $"Item features are [{string.Join(", ", features.shape)}], need [{itemCount + 1}, F]: row 0 is no item.",
                nameof(features)
            );
        (ItemCount, Options) = (itemCount, options);
        var width = options.Width;
        items = Embedding(itemCount + 1, width);
        (recency, place) = (Embedding(options.HistoryLength, width), Embedding(options.SlateLength, width));
        (targetQuery, targetKeyValue) = (Linear(width, width), Linear(width, 2 * width));
        crossing = Linear(3 * width, width);
        (slateQueryKeyValue, slateOutput) = (Linear(width, 3 * width), Linear(width, width));
        slateNorm = LayerNorm(width);
        towerIn = Linear(width, options.Heads.Count * options.Tower);
        towerOut = Linear(options.Tower, options.Heads.Count);
        dropout = new SeededDropout(options.Dropout);
        if (features is not null)
        {
            content = Linear(features.shape[1], width);
            this.features = features.detach().clone().DetachFromDisposeScope();
            register_buffer("features", this.features);
        }
        RegisterComponents();
        using var quiet = no_grad();
        foreach (var table in new[] { items, recency, place })
            init.normal_(table.weight!, 0, 0.1);
    }

    /// <summary>N, the number of items.</summary>
    public int ItemCount { get; }

    /// <summary>Sizes.</summary>
    public SessionRewardOptions Options { get; }

    /// <summary>Logits of the heads, in the order of the option <see cref="SessionRewardOptions.Heads"/>.</summary>
    /// <param name="histories">Behaviours, newest first, 0 behind the oldest, <c>[B, n]</c>, int64; at least one a user.</param>
    /// <param name="slates">Item ids, <c>[B, m]</c> or several sessions a user <c>[B, C, m]</c>, int64.</param>
    /// <returns><c>[B, heads]</c> or <c>[B, C, heads]</c>, owned by the caller.</returns>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public override Tensor forward(Tensor histories, Tensor slates)
    {
        Check(histories, slates);
        using var scope = NewDisposeScope();
        var (batch, m) = (histories.shape[0], slates.shape[^1]);
        var asked = slates.reshape(batch, -1); // [B, Q]: all sessions of a user ask the same behaviours
        var vectors = dropout.forward(Vectors(asked)); // [B, Q, D]
        var found = TargetAttention(vectors, histories); // [B, Q, D]
        var crossed = F.gelu(crossing.forward(cat([vectors, found, vectors * found], -1))); // e_i, [B, Q, D]
        var h = crossed.view(-1, m, Options.Width) + place.weight!.narrow(0, 0, m); // [B C, m, D]
        var together = slateNorm.forward(h + SlateAttention(h)).sum(dim: 1); // sum_i h_f,i, [B C, D]
        var towers = F.gelu(towerIn.forward(together)).view(-1, Options.Heads.Count, Options.Tower); // [B C, heads, T]
        var logits = (towers * towerOut.weight!).sum(dim: -1) + towerOut.bias!; // [B C, heads]
        return logits.view([.. slates.shape[..^1], Options.Heads.Count]).MoveToOuterDisposeScope();
    }

    /// <summary>L_RM: cross-entropy summed over the heads, mean over sessions.</summary>
    /// <param name="logits"><c>[B, heads]</c>.</param>
    /// <param name="labels">Of the same heads, <c>[B, heads]</c>, in <c>[0, 1]</c>.</param>
    /// <returns>Scalar, owned by the caller.</returns>
    public static Tensor Loss(Tensor logits, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        using var scope = NewDisposeScope();
        return (F.binary_cross_entropy_with_logits(logits, labels) * logits.shape[^1]).MoveToOuterDisposeScope();
    }

    /// <summary>Predictions of the heads without dropout and gradients.</summary>
    /// <inheritdoc cref="forward" path="/param"/>
    /// <returns>In <c>[0, 1]</c>; <c>[B, heads]</c> or <c>[B, C, heads]</c>, owned by the caller.</returns>
    /// <exception cref="ArgumentException">A shape does not fit, an item is unknown, or a history is empty.</exception>
    public Tensor Predict(Tensor histories, Tensor slates)
    {
        Check(histories, slates);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        CheckItems(histories, slates);
        var was = training;
        eval();
        var predicted = forward(histories, slates).sigmoid_();
        train(was);
        return predicted.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();

    private Tensor Vectors(Tensor ids)
    {
        var vectors = items.forward(ids);
        if (content is null)
            return vectors;
        var flat = ids.reshape(-1);
        return vectors + content.forward(features!.index_select(0, flat)).view(vectors.shape);
    }

    private Tensor TargetAttention(Tensor vectors, Tensor histories)
    {
        var (batch, asked, n) = (vectors.shape[0], vectors.shape[1], histories.shape[1]);
        var behaviours = Vectors(histories) + recency.weight!.narrow(0, 0, n); // [B, n, D]
        var parts = targetKeyValue.forward(dropout.forward(behaviours)).chunk(2, -1);
        var query = Split(targetQuery.forward(vectors), asked);
        var hidden = histories.eq(0).view(batch, 1, 1, n);
        var mask = zeros(batch, 1, 1, n, device: vectors.device).masked_fill(hidden, float.NegativeInfinity);
        mask = mask.expand(batch, 1, asked, n);
        return Join(MultiHeadAttention.Mix(query, Split(parts[0], n), Split(parts[1], n), mask, dropout));
    }

    private Tensor SlateAttention(Tensor h)
    {
        var m = h.shape[1];
        var parts = slateQueryKeyValue.forward(h).chunk(3, -1);
        var mask = zeros(1, 1, m, m, device: h.device);
        return slateOutput.forward(
            Join(MultiHeadAttention.Mix(Split(parts[0], m), Split(parts[1], m), Split(parts[2], m), mask, dropout))
        );
    }

    private Tensor Split(Tensor x, long length) =>
        x.view(x.shape[0], length, Options.AttentionHeads, Options.Width / Options.AttentionHeads).transpose(1, 2);

    private Tensor Join(Tensor mixed) => mixed.transpose(1, 2).reshape(mixed.shape[0], mixed.shape[2], Options.Width);

    private void Check(Tensor histories, Tensor slates)
    {
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentNullException.ThrowIfNull(slates);
        if (histories.dim() != 2 || slates.dim() is not (2 or 3) || slates.shape[0] != histories.shape[0])
            throw new ArgumentException(
                $"Histories are [{string.Join(", ", histories.shape)}] and slates [{string.Join(", ", slates.shape)}]; "
                    + "need [B, n] and [B, m] or [B, C, m]."
            );
        if (histories.shape[1] > Options.HistoryLength || slates.shape[^1] > Options.SlateLength)
            throw new ArgumentException(
                $"Histories of {histories.shape[1]} and slates of {slates.shape[^1]} items; this reward model reads at most "
                    + $"{Options.HistoryLength} and {Options.SlateLength}."
            );
    }

    private void CheckItems(Tensor histories, Tensor slates)
    {
        if (slates.numel() == 0)
            return;
        var (least, most) = (slates.min().item<long>(), slates.max().item<long>());
        if (least < 1 || most > ItemCount)
            throw new ArgumentException(
                $"A slate holds item {(least < 1 ? least : most)}; this reward model knows items 1..{ItemCount}.",
                nameof(slates)
            );
        if (histories.max().item<long>() is var last && last > ItemCount)
            throw new ArgumentException(
                $"A history holds item {last}; this reward model knows items 1..{ItemCount}.",
                nameof(histories)
            );
        var empty = histories.gt(0).any(1).logical_not_();
        if (empty.any().item<bool>())
            throw new ArgumentException(
                $"History {empty.nonzero()[0, 0].item<long>()} is empty; target attention needs at least one behaviour.",
                nameof(histories)
            );
    }
}
