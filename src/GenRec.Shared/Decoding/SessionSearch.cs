using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>When two sessions count as one.</summary>
public enum SessionIdentity
{
    /// <summary>Where they have the same items in the same order.</summary>
    SameOrder,

    /// <summary>Where they have the same items: of several orders only the best is kept, and the beams go on with others.</summary>
    SameItems,
}

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

    /// <summary>Groups of beams that avoid each other's tokens; divides <see cref="Width"/>. Default 1: plain beam search.</summary>
    /// <remarks>
    /// Plain beams differ in their last items only. Vijayakumar et al., "Diverse Beam Search", arXiv:1610.02424, apart from what
    /// two groups find alike: that is kept once.
    /// </remarks>
    [Range(1, 1 << 20)]
    public int Groups { get; init; } = 1;

    /// <summary>Taken off a token's log-probability for each beam of an earlier group that chose it in this step. Default 0.5.</summary>
    [Range(0.0, double.MaxValue)]
    public double DiversityPenalty { get; init; } = 0.5;

    /// <summary>When two sessions count as one. Default: same items in the same order.</summary>
    public SessionIdentity Identity { get; init; }

    internal void Check()
    {
        OptionRanges.Check(this);
        if (Width % Groups != 0)
            throw new ArgumentException($"{Width} beams do not make {Groups} groups of one size.", nameof(Groups));
    }
}

/// <summary>Whole sessions, best first.</summary>
/// <param name="Items">Item ids, <c>[B, W, m]</c>, int64; 0 throughout a session that could not be completed.</param>
/// <param name="Tokens">Tokens without separators, <c>[B, W, m L]</c>, int64.</param>
/// <param name="Scores">Log-probabilities, <c>[B, W]</c>, float32; negative infinity where there is no session.</param>
public sealed record DecodedSessions(Tensor Items, Tensor Tokens, Tensor Scores) : RichRecord, IDisposable
{
    /// <summary>The best <paramref name="count"/> of each user; missing ones are filled up with none.</summary>
    /// <returns>Owned by the caller; this stays as it is.</returns>
    internal DecodedSessions Exactly(int count)
    {
        using var scope = NewDisposeScope();
        return new DecodedSessions(Cut(Items, 0), Cut(Tokens, 0), Cut(Scores, float.NegativeInfinity));

        Tensor Cut(Tensor all, float missing)
        {
            var (have, shape) = (all.shape[1], all.shape.ToArray());
            if (have >= count)
                return all.narrow(1, 0, count).contiguous().alias().DetachFromDisposeScope();
            shape[1] = count - have;
            using var value = missing.ToScalar();
            return cat([all, full(shape, value, dtype: all.dtype, device: all.device)], 1).DetachFromDisposeScope();
        }
    }

    /// <summary>Users below each other; the parts are disposed.</summary>
    internal static DecodedSessions Join(IReadOnlyList<DecodedSessions> parts)
    {
        if (parts.Count == 1)
            return parts[0];
        using var scope = NewDisposeScope();
        var joined = new DecodedSessions(
            cat([.. parts.Select(part => part.Items)]).DetachFromDisposeScope(),
            cat([.. parts.Select(part => part.Tokens)]).DetachFromDisposeScope(),
            cat([.. parts.Select(part => part.Scores)]).DetachFromDisposeScope()
        );
        foreach (var part in parts)
            part.Dispose();
        return joined;
    }

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
    private static readonly Scalar closedScore = float.NegativeInfinity;
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
        options.Check();
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
        var host = HostSelection.For(view, IdConstraint.Trie, renormalise: false, options.Groups);
        var (beams, depth) = (Beams.AtRoot(decoder.Users, view.Trie.Device), view.Trie.Depth);
        var chosen = empty(decoder.Users, 1, 0, dtype: ScalarType.Int64, device: view.Trie.Device); // leaves, [B, W, i]
        var closed = Closed(exclusion, chosen);
        var logits = decoder.Start();
        for (var at = 0; at < options.Items * depth; at++)
        {
            using var step = NewDisposeScope();
            var itemEnds = (at + 1) % depth == 0;
            // A set of i items is reached from at most i different sets, so i W paths hold W different ones where there are as
            // many; groups may find the same, so that the last step looks at twice as many.
            var isLast = at + 1 == options.Items * depth;
            var times = !itemEnds || !MayRepeat ? 1 : (at + 1) / depth * (isLast && options.Groups > 1 ? 2 : 1);
            var (parents, next) =
                host is not null && HostSelection.Fits(logits)
                    ? Choose(host, finder, at % depth, beams, logits, closed, times)
                    : Choose(beams, finder.Find(at % depth, beams.States, finder.Values(logits), closed), times);
            chosen = Follow(chosen, parents);
            if (itemEnds)
            {
                var leaf = view.LeafFirst.index_select(0, next.States.view(-1)).view(next.States.shape);
                chosen = cat([chosen, leaf.unsqueeze(-1)], -1);
                next = next with { States = zeros_like(next.States) }; // back to the root
                if (MayRepeat)
                    (next, parents, chosen) = WithoutRepeats(next, parents, chosen, isLast);
            }
            beams = next;
            closed = Closed(exclusion, chosen);
            if (at + 1 < options.Items * depth)
                logits = GoOn(decoder, beams.Last, parents, itemEnds).MoveToOuterDisposeScope();
            beams.MoveToOuterDisposeScope();
            chosen.MoveToOuterDisposeScope();
            closed?.MoveToOuterDisposeScope();
        }
        if (MayRepeat)
            (beams, chosen) = BestFirst(beams, chosen);
        var isWhole = beams.Scores.gt(float.NegativeInfinity).unsqueeze(-1);
        var flat = chosen.clamp(0, Math.Max(0, view.ItemCount - 1)).view(-1);
        var items = view.ItemCount == 0 ? zeros_like(chosen) : view.Items.index_select(0, flat).view(chosen.shape);
        return new DecodedSessions(
            (items * isWhole).DetachFromDisposeScope(),
            beams.Tokens.DetachFromDisposeScope(),
            beams.Scores.DetachFromDisposeScope()
        );
    }

    // Beams of one group differ; two groups may find one session, and two orders of one set of items are two paths.
    private bool MayRepeat => options.Groups > 1 || options.Identity == SessionIdentity.SameItems;

    /// <summary>The same, found in plain loops.</summary>
    private (Tensor Parents, Beams Next) Choose(
        HostSelection host,
        CandidateFinder finder,
        int level,
        Beams beams,
        Tensor logits,
        Tensor? closed,
        int times
    )
    {
        finder.Check(level, beams.States, logits);
        var normalisers = HostSelection.Normalisers(logits);
        var choice = host.Choose(level, beams, logits, normalisers, closed, (long)options.Width * times);
        return (choice.Parents, beams.Continue(choice.Parents, choice.Tokens, choice.Scores, choice.States));
    }

    /// <summary>The best continuations: W of them, more where some may turn out to repeat others.</summary>
    private (Tensor Parents, Beams Next) Choose(Beams beams, Candidates candidates, int times)
    {
        var total = beams.Scores.unsqueeze(-1) + candidates.LogProbabilities; // [B, W, K]
        var most = Math.Min((long)options.Width * times, total.shape[1] * total.shape[2]);
        var (scores, places) =
            options.Groups > 1
                ? DiverseGroups.Best(total, candidates, GroupOptions, times)
                : TotalOrder.Best(total.view(total.shape[0], -1), (int)most);
        var parents = places.div(candidates.PerBeam, RoundingMode.floor);
        var slots = places - parents * candidates.PerBeam;
        var (tokens, states) = candidates.Choose(parents, slots, beams.States, view.Trie);
        return (parents, beams.Continue(parents, tokens, scores, states));
    }

    private BeamOptions GroupOptions =>
        new()
        {
            Width = options.Width,
            Groups = options.Groups,
            DiversityPenalty = options.DiversityPenalty,
        };

    /// <summary>Drops beams that repeat a better one, and keeps the best of the others: W, or as many of each group.</summary>
    /// <param name="beams">A group's beams stand side by side, best first by scores with the penalty.</param>
    /// <param name="parents">Beams they continue.</param>
    /// <param name="chosen">Their items.</param>
    /// <param name="isLast">
    /// Whether the sessions are whole: then groups must not repeat each other, and a group's missing ones are made up for by others.
    /// </param>
    private (Beams Beams, Tensor Parents, Tensor Chosen) WithoutRepeats(
        Beams beams,
        Tensor parents,
        Tensor chosen,
        bool isLast
    )
    {
        var (batch, count) = (chosen.shape[0], chosen.shape[1]);
        var (groups, perGroup) = (options.Groups, count / options.Groups);
        var key = Keys(options.Identity == SessionIdentity.SameItems ? chosen.sort(-1).Values : chosen); // [B, W, words]
        var scores = beams.Scores;
        var repeats = isLast
            ? Repeats(key, scores)
            : Repeats(key.view(batch * groups, perGroup, -1), scores.view(-1, perGroup)).view(batch, count);
        scores = scores.masked_fill(repeats, closedScore);
        var isOpen = scores.isfinite().view(batch, groups, perGroup);
        var place = isOpen.to_type(ScalarType.Float32).cumsum(-1); // 1 for the best of a group that is left
        var rank = (-place).masked_fill(isOpen.logical_not(), closedScore);
        Tensor order;
        if (isLast)
            (_, order) = TotalOrder.Best(rank.view(batch, count), (int)Math.Min(options.Width, count));
        else
        {
            var kept = (int)Math.Min(options.Width / groups, perGroup);
            (_, order) = TotalOrder.Best(rank.view(-1, perGroup), kept);
            var start = arange(groups, dtype: ScalarType.Int64, device: key.device).mul_(perGroup).view(1, groups, 1);
            order = (order.view(batch, groups, kept) + start).view(batch, -1);
        }
        return (Reordered(beams, order, scores.gather(1, order)), parents.gather(1, order), Follow(chosen, order));
    }

    /// <summary>Whether a better one of the same row has the same key: <c>[R, W, words]</c> and <c>[R, W]</c> to <c>[R, W]</c>.</summary>
    private static Tensor Repeats(Tensor key, Tensor scores)
    {
        var alike = key.unsqueeze(2).eq(key.unsqueeze(1)).all(-1); // [R, W, W]
        var (mine, others, count) = (scores.unsqueeze(2), scores.unsqueeze(1), key.shape[1]);
        var earlier = ones(count, count, dtype: ScalarType.Bool, device: key.device).tril(-1);
        var better = others.gt(mine).logical_or_(others.eq(mine).logical_and_(earlier));
        return alike.logical_and_(better).any(2L, false);
    }

    /// <summary>Leaves <c>[B, W, i]</c> as few whole numbers, <c>[B, W, words]</c>, that are equal where the leaves are.</summary>
    private Tensor Keys(Tensor leaves)
    {
        var perWord = Math.Max(1, (int)(62 / Math.Log2(view.LeafCount + 1)));
        var words = new List<Tensor>();
        for (var from = 0L; from < leaves.shape[2]; from += perWord)
        {
            var word = leaves.select(2, from);
            for (var at = from + 1; at < Math.Min(from + perWord, leaves.shape[2]); at++)
                word = word * (view.LeafCount + 1L) + leaves.select(2, at);
            words.Add(word);
        }
        return stack(words, -1);
    }

    private static (Beams Beams, Tensor Chosen) BestFirst(Beams beams, Tensor chosen)
    {
        var (scores, order) = TotalOrder.Best(beams.Scores, (int)beams.Scores.shape[1]);
        return (Reordered(beams, order, scores), Follow(chosen, order));
    }

    private static Beams Reordered(Beams beams, Tensor order, Tensor scores) =>
        new(Follow(beams.Tokens, order), scores, beams.States.gather(1, order), beams.Last.gather(1, order));

    /// <summary>What each beam's parent had, <c>[B, W, i]</c>.</summary>
    private static Tensor Follow(Tensor chosen, Tensor parents) =>
        chosen.gather(1, parents.unsqueeze(-1).expand(parents.shape[0], parents.shape[1], chosen.shape[2]));

    private Tensor GoOn(IStepDecoder decoder, Tensor tokens, Tensor parents, bool itemEnds)
    {
        if (!itemEnds || options.Separator is not { } separator)
            return decoder.Next(tokens, parents);
        decoder.Read(tokens, parents); // what follows is the separator
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
