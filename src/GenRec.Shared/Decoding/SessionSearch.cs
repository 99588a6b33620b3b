using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>How sessions are searched for.</summary>
public sealed record SessionOptions : RichRecord
{
    /// <summary>W, sessions kept for each user. Default 20.</summary>
    [Range(1, 1 << 20)]
    public int Width { get; init; } = 20;

    /// <summary>m, items of a session. Default 5, as OneRec (arXiv:2502.18965) has it.</summary>
    [Range(1, 1 << 10)]
    public int Items { get; init; } = 5;

    /// <summary>Token that stands before every item but the first; null where items follow each other directly.</summary>
    public int? Separator { get; init; }
}

/// <summary>Whole sessions, best first.</summary>
/// <param name="Items">Item ids, <c>[B, W, m]</c>, int64; 0 throughout a session that could not be completed.</param>
/// <param name="Tokens">Tokens without separators, <c>[B, W, m L]</c>, int64.</param>
/// <param name="Scores">Log-probabilities, <c>[B, W]</c>, float32; negative infinity where there is no session.</param>
public sealed record DecodedSessions(Tensor Items, Tensor Tokens, Tensor Scores) : RichRecord, IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Items.Dispose();
        Tokens.Dispose();
        Scores.Dispose();
    }
}

/// <summary>Beam search for sessions of several items, none of which occurs twice in one session.</summary>
/// <remarks>
/// OneRec (arXiv:2502.18965) generates sessions as one sequence, with a start token before every item. Separators are read by the
/// decoder, not chosen, so they have no part in the score.
/// </remarks>
public sealed class SessionSearch : RichObject
{
    private readonly TrieView view;
    private readonly SessionOptions options;

    /// <summary>Makes a search; it keeps no state between runs.</summary>
    /// <param name="view">The items that may be found.</param>
    /// <param name="options">How the search goes.</param>
    /// <exception cref="ArgumentException">An option is out of range, ids have different lengths, or items share an id.</exception>
    public SessionSearch(TrieView view, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        OptionRanges.Check(options);
        if (!view.Trie.IsUniform)
            throw new ArgumentException("Sessions need ids of one length.", nameof(view));
        if (view.LeafCount != view.ItemCount)
            throw new ArgumentException(
                $"Sessions need ids that no two items share; {view.ItemCount} items have {view.LeafCount} ids.",
                nameof(view)
            );
        (this.view, this.options) = (view, options);
    }

    /// <summary>Generates sessions.</summary>
    /// <param name="decoder">A decoder that has read the histories and not started yet; not disposed here.</param>
    /// <param name="exclusion">What single users may not be shown, made by the same view; null: nothing.</param>
    /// <returns>At most W sessions a user, owned by the caller.</returns>
    public DecodedSessions Run(IStepDecoder decoder, UserExclusion? exclusion = null)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        BeamSearch.CheckExclusion(exclusion, view, decoder.Users);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var finder = new CandidateFinder(view, IdConstraint.Trie, renormalise: false);
        var (beams, depth) = (Beams.AtRoot(decoder.Users, view.Trie.Device), view.Trie.Depth);
        var chosen = empty(decoder.Users, 1, 0, dtype: ScalarType.Int64, device: view.Trie.Device); // leaves, [B, W, i]
        var closed = Closed(exclusion, chosen);
        var logits = decoder.Start();
        for (var at = 0; at < options.Items * depth; at++)
        {
            using var step = NewDisposeScope();
            var candidates = finder.Find(at % depth, beams.States, finder.Values(logits), closed);
            var total = (beams.Scores.unsqueeze(-1) + candidates.LogProbabilities).view(decoder.Users, -1);
            var (scores, places) = TotalOrder.Best(total, (int)Math.Min(options.Width, total.shape[1]));
            var parents = places.div(candidates.PerBeam, RoundingMode.floor);
            var (tokens, states) = candidates.Choose(
                parents,
                places - parents * candidates.PerBeam,
                beams.States,
                view.Trie
            );
            beams = beams.Continue(parents, tokens, scores, states);
            chosen = chosen.gather(
                1,
                parents.unsqueeze(-1).expand(parents.shape[0], parents.shape[1], chosen.shape[2])
            );
            var itemEnds = (at + 1) % depth == 0;
            if (itemEnds)
            {
                var leaf = view.LeafFirst.index_select(0, states.view(-1)).view(states.shape);
                chosen = cat([chosen, leaf.unsqueeze(-1)], -1);
                beams = beams with { States = zeros_like(states) }; // back to the root
            }
            closed = Closed(exclusion, chosen);
            if (at + 1 < options.Items * depth)
                logits = GoOn(decoder, tokens, parents, itemEnds).MoveToOuterDisposeScope();
            beams.MoveToOuterDisposeScope();
            chosen.MoveToOuterDisposeScope();
            closed?.MoveToOuterDisposeScope();
        }
        var isWhole = beams.Scores.gt(float.NegativeInfinity).unsqueeze(-1);
        var flat = chosen.clamp(0, Math.Max(0, view.ItemCount - 1)).view(-1);
        var items = view.ItemCount == 0 ? zeros_like(chosen) : view.Items.index_select(0, flat).view(chosen.shape);
        return new DecodedSessions(
            (items * isWhole).DetachFromDisposeScope(),
            beams.Tokens.DetachFromDisposeScope(),
            beams.Scores.DetachFromDisposeScope()
        );
    }

    private Tensor GoOn(IStepDecoder decoder, Tensor tokens, Tensor parents, bool itemEnds)
    {
        if (!itemEnds || options.Separator is not { } separator)
            return decoder.Next(tokens, parents);
        decoder.Next(tokens, parents); // read, but what follows it is the separator
        var same = arange(tokens.shape[1], dtype: ScalarType.Int64, device: tokens.device)
            .expand_as(tokens)
            .contiguous();
        return decoder.Next(full_like(tokens, separator), same);
    }

    /// <summary>A user's excluded leaves and a session's own, ascending, <c>[B, 1 or W, E]</c>; null where there are none.</summary>
    private static Tensor? Closed(UserExclusion? exclusion, Tensor chosen)
    {
        var (batch, width, count) = (chosen.shape[0], chosen.shape[1], chosen.shape[2]);
        if (exclusion is null)
            return count == 0 ? null : chosen.sort(-1).Values;
        var user = exclusion.Leaves.unsqueeze(1); // [B, 1, E]
        return count == 0 ? user : cat([user.expand(batch, width, user.shape[2]), chosen], -1).sort(-1).Values;
    }
}
