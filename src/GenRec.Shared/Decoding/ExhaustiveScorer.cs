using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Scores every item with a generative model, level by level, so that each prefix is computed once.</summary>
/// <remarks>What beam search is held against. A user costs as much as a beam for each prefix: for small catalogues.</remarks>
public sealed class ExhaustiveScorer : RichObject, IFullScorer
{
    private readonly PrefixTrie trie;
    private readonly Func<Histories, IStepDecoder> start;
    private readonly int usersAtOnce;

    /// <summary>Makes a scorer.</summary>
    /// <param name="trie">Ids of the items.</param>
    /// <param name="start">Reads a batch of histories.</param>
    /// <param name="usersAtOnce">Users of one pass, at least 1; each takes memory for one row of logits a prefix.</param>
    public ExhaustiveScorer(PrefixTrie trie, Func<Histories, IStepDecoder> start, int usersAtOnce = 1)
    {
        ArgumentNullException.ThrowIfNull(trie);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(usersAtOnce, 1);
        (this.trie, this.start, this.usersAtOnce) = (trie, start, usersAtOnce);
    }

    /// <summary>Log-probability of every id.</summary>
    /// <param name="decoder">A decoder that has read the histories and not started yet; not disposed here.</param>
    /// <param name="trie">The ids.</param>
    /// <returns><c>[B, MaxItem + 1]</c>, float32, owned by the caller; negative infinity for items without an id and for padding.</returns>
    public static Tensor Score(IStepDecoder decoder, PrefixTrie trie)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(trie);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (tables, users) = (trie.Tables, decoder.Users);
        var levels = new List<Tensor> { zeros(users, 1, dtype: ScalarType.Float32, device: trie.Device) };
        var logits = decoder.Start();
        for (var level = 0; level < trie.Depth; level++)
        {
            using var step = NewDisposeScope();
            var (first, count) = (tables.LevelFirst[level + 1], trie.PrefixCount(level + 1));
            var parents = tables.Parents.narrow(0, first, count) - tables.LevelFirst[level]; // [n]
            var tokens = trie.TokensOf(level);
            var values = logits.to_type(ScalarType.Float32).log_softmax(-1); // [B, n before, V]
            var gained = values.view(users, -1).index_select(1, parents * values.shape[2] + tokens);
            levels.Add((levels[^1].index_select(1, parents) + gained).MoveToOuterDisposeScope());
            if (level + 1 < trie.Depth)
                logits = decoder
                    .Next(tokens.expand(users, count).contiguous(), parents.expand(users, count).contiguous())
                    .MoveToOuterDisposeScope();
        }
        var ofLeaf = cat([.. levels], 1).index_select(1, tables.LeafStates); // [B, leaves]
        var ofItem = ofLeaf.index_select(1, trie.LeafOfItem.clamp_min(0)); // [B, MaxItem + 1]
        return ofItem.masked_fill(trie.LeafOfItem.lt(0), float.NegativeInfinity).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor ScoreAll(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        for (var from = 0; from < histories.Count; from += usersAtOnce)
        {
            using var decoder = start(histories.Slice(from, Math.Min(usersAtOnce, histories.Count - from)));
            parts.Add(Score(decoder, trie));
        }
        return cat([.. parts]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var scores = ScoreAll(histories);
        var (best, items) = TotalOrder.Best(scores, (int)Math.Min(k, scores.shape[1]));
        using var lists = new DecodedItems(items.masked_fill(best.eq(float.NegativeInfinity), 0), best);
        var (padded, values) = lists.Resize(k);
        return (padded.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope());
    }
}
