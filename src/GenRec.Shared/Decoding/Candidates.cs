using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>What each beam may choose next: K candidates a beam, of which some may be closed.</summary>
/// <param name="LogProbabilities"><c>[B, W, K]</c>, float32; negative infinity where closed.</param>
/// <param name="Tokens">Their tokens, <c>[B, W, K]</c>, or <c>[K]</c> for all beams alike; null: candidate k is token k.</param>
/// <param name="States">Their states, <c>[B, W, K]</c>; null: found by a search once chosen.</param>
/// <param name="Whole">Beams whose id is whole and that stay as they are, <c>[B, W]</c>; null where ids end together.</param>
internal sealed record Candidates(Tensor LogProbabilities, Tensor? Tokens, Tensor? States, Tensor? Whole = null)
{
    public long PerBeam => LogProbabilities.shape[2];

    /// <summary>Token and state of chosen candidates.</summary>
    /// <param name="parents">Beam that each continues, <c>[B, W']</c>.</param>
    /// <param name="slots">Candidate of that beam, <c>[B, W']</c>.</param>
    /// <param name="states">States of all beams before, <c>[B, W]</c>.</param>
    /// <param name="trie">Finds states.</param>
    public (Tensor Tokens, Tensor States) Choose(Tensor parents, Tensor slots, Tensor states, PrefixTrie trie)
    {
        if (States is not null)
        {
            var place = parents * PerBeam + slots;
            var flat = States.shape[0];
            return (Tokens!.view(flat, -1).gather(1, place), States.view(flat, -1).gather(1, place));
        }
        var tokens = Tokens is null ? slots : Tokens.index_select(0, slots.view(-1)).view(slots.shape);
        var before = states.gather(1, parents);
        var after = trie.Child(before, tokens);
        return (tokens, Whole is null ? after : where(Whole.gather(1, parents), before, after));
    }
}

/// <summary>Finds the candidates of all beams at once: gathers of fixed shape, no host work for any beam.</summary>
internal sealed class CandidateFinder
{
    private static readonly Scalar closed = float.NegativeInfinity;

    private readonly TrieView view;
    private readonly IdConstraint constraint;
    private readonly bool renormalise;
    private readonly Scalar last; // the state that no id leads to

    public CandidateFinder(TrieView view, IdConstraint constraint, bool renormalise)
    {
        (this.view, this.constraint, this.renormalise) = (view, constraint, renormalise);
        last = view.Trie.Dead;
    }

    /// <summary>Log-probabilities of all tokens in float32; where legal ones share all probability, the logits as they are.</summary>
    public Tensor Values(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var wide = logits.to_type(ScalarType.Float32);
        return (renormalise ? wide : wide.log_softmax(-1)).MoveToOuterDisposeScope();
    }

    /// <summary>The candidates after a prefix.</summary>
    /// <param name="level">Tokens of the prefix.</param>
    /// <param name="states">State of each beam, <c>[B, W]</c>.</param>
    /// <param name="values">From <see cref="Values"/>, <c>[B, W, V]</c>.</param>
    /// <param name="excluded">Closed leaves, ascending, <c>[B, 1 or W, E]</c>; null where none are.</param>
    public Candidates Find(int level, Tensor states, Tensor values, Tensor? excluded)
    {
        Check(level, states, values);
        using var scope = NewDisposeScope();
        var found = constraint switch
        {
            IdConstraint.Trie => InTrie(level, states, values, excluded),
            IdConstraint.LevelTokens => OnLevel(level, values),
            _ => new Candidates(renormalise ? values.log_softmax(-1) : values.alias(), null, null),
        };
        if (!view.Trie.IsUniform)
            found = KeepEnded(found, states);
        found.LogProbabilities.MoveToOuterDisposeScope();
        found.Tokens?.MoveToOuterDisposeScope();
        found.States?.MoveToOuterDisposeScope();
        found.Whole?.MoveToOuterDisposeScope();
        return found;
    }

    private Candidates InTrie(int level, Tensor states, Tensor values, Tensor? excluded)
    {
        var (trie, tables) = (view.Trie, view.Trie.Tables);
        var (batch, width, slots) = (states.shape[0], states.shape[1], trie.MaxBranching(level));
        var flat = states.view(-1);
        var first = tables.First.index_select(0, flat).view(batch, width, 1);
        var behind = tables.First.narrow(0, 1, trie.StateCount + 1).index_select(0, flat).view(batch, width, 1);
        var child = first + arange(slots, dtype: ScalarType.Int64, device: states.device); // [B, W, K]
        var isClosed = child >= behind;
        child.clamp_max_(last);
        var flatChild = child.view(-1);
        var tokens = tables.Tokens.index_select(0, flatChild).view(batch, width, slots);
        if (!view.IsFull || excluded is not null)
        {
            var from = view.LeafFirst.index_select(0, flatChild).view(batch, width, slots);
            var open = view.LeafLast.index_select(0, flatChild).view(batch, width, slots) - from;
            if (excluded is not null)
                open -= ClosedBelow(excluded, from, open);
            isClosed.logical_or_(open <= 0);
        }
        var legal = values.gather(-1, tokens).masked_fill_(isClosed, closed);
        if (renormalise)
            legal = legal.log_softmax(-1).masked_fill_(isClosed, closed); // where no child is open: 0 / 0
        return new Candidates(legal, tokens, child);
    }

    private Candidates OnLevel(int level, Tensor values)
    {
        var used = view.Trie.Used(level);
        var legal = values.index_select(-1, used);
        return new Candidates(renormalise ? legal.log_softmax(-1) : legal, used.alias(), null);
    }

    /// <summary>How many of the excluded leaves lie in each run, <c>[B, W, K]</c>.</summary>
    private static Tensor ClosedBelow(Tensor excluded, Tensor from, Tensor length)
    {
        var (batch, width, slots) = (from.shape[0], from.shape[1], from.shape[2]);
        var perUser = excluded.shape[1] == 1; // one search for all beams of a user
        var sorted = excluded.contiguous();
        var shape = perUser ? new[] { batch, 1, width * slots } : [batch, width, slots];
        var below = searchsorted(sorted, from.view(shape).contiguous());
        var upTo = searchsorted(sorted, (from + length).view(shape).contiguous());
        return (upTo - below).view(batch, width, slots);
    }

    /// <summary>A beam whose id is whole has one candidate: to stay as it is.</summary>
    private Candidates KeepEnded(Candidates found, Tensor states)
    {
        var tables = view.Trie.Tables;
        var flat = states.view(-1);
        var next = tables.First.narrow(0, 1, view.Trie.StateCount + 1);
        var ended = next.index_select(0, flat).eq(tables.First.index_select(0, flat)).logical_and(flat.lt(last));
        var whole = ended.view(states.shape[0], states.shape[1], 1);
        var stay = full(found.PerBeam, float.NegativeInfinity, device: states.device);
        stay[0] = 0f;
        return new Candidates(
            where(whole, stay, found.LogProbabilities),
            found.Tokens?.alias(),
            found.States is null ? null : where(whole, states.unsqueeze(-1), found.States),
            whole.squeeze(-1)
        );
    }

    /// <summary>Throws where a decoder's logits do not fit the beams or the trie.</summary>
    public void Check(int level, Tensor states, Tensor logits)
    {
        if (logits.dim() != 3 || logits.shape[0] != states.shape[0] || logits.shape[1] != states.shape[1])
            throw new InvalidOperationException(
                $"The decoder gave logits [{string.Join(", ", logits.shape)}], need [{states.shape[0]}, {states.shape[1]}, V]."
            );
        if (logits.shape[2] <= view.Trie.LargestToken[level])
            throw new InvalidOperationException(
                $"The decoder gives {logits.shape[2]} logits for level {level + 1}, the trie has the token "
                    + $"{view.Trie.LargestToken[level]} there; the model and the ids do not belong together."
            );
    }
}
