using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>The ids that a search has generated, beam by beam.</summary>
/// <remarks>A beam that found no legal token has the score negative infinity, and its tokens mean nothing.</remarks>
public sealed class GeneratedIds : RichObject, IDisposable
{
    private readonly TrieView view;
    private readonly UserExclusion? exclusion;

    internal GeneratedIds(TrieView view, UserExclusion? exclusion, Tensor tokens, Tensor scores, Tensor states)
    {
        (this.view, this.exclusion, Tokens, Scores, States) = (view, exclusion, tokens, scores, states);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var isItem = HostLists.Fits(states)
            ? HostLists.IsItem(view.Trie, states, scores)
            : IsItemByOperators(view.Trie, states, scores);
        IsItem = isItem.DetachFromDisposeScope();
    }

    /// <summary>Tokens of each id, <c>[B, W, L]</c>, int64. Behind the end of a shorter id they mean nothing.</summary>
    public Tensor Tokens { get; }

    /// <summary>Log-probability of each id, float32, <c>[B, W]</c>; best first where a beam search made them.</summary>
    public Tensor Scores { get; }

    /// <summary>Whether the id is an item's, <c>[B, W]</c>, bool.</summary>
    public Tensor IsItem { get; }

    internal Tensor States { get; } // [B, W]

    private Tensor IsAlive => Scores.gt(float.NegativeInfinity);

    /// <summary>Ids that were generated, all users together.</summary>
    public long Generated => Count(IsAlive);

    /// <summary>Generated ids that are no item's.</summary>
    public long Invalid => Generated - Count(IsItem.alias());

    /// <summary>The items of the ids. An id that several items share gives all of them, ascending, at one score.</summary>
    /// <param name="k">Places in each list, at least 1.</param>
    /// <returns>Lists without repetition and without ids that are no allowed item's, owned by the caller.</returns>
    public DecodedItems ToItems(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (items, scores) = HostLists.Fits(States)
            ? HostLists.Make(view, States, Scores, IsItem, exclusion?.Items, k)
            : ListsByOperators(k);
        return new DecodedItems(items.MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope())
        {
            Generated = Generated,
            Invalid = Invalid,
        };
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in new[] { Tokens, Scores, States, IsItem })
            tensor.Dispose();
    }

    /// <summary><see cref="IsItem"/> on any device, in the caller's scope.</summary>
    internal static Tensor IsItemByOperators(PrefixTrie trie, Tensor states, Tensor scores)
    {
        var (first, flat) = (trie.Tables.First, states.view(-1));
        var isLeaf = first.index_select(0, flat).eq(first.index_select(0, flat + 1)).view(states.shape);
        return isLeaf.logical_and_(states.ne(trie.Dead)).logical_and_(scores.gt(float.NegativeInfinity));
    }

    /// <summary>The lists of <see cref="ToItems"/> on any device, <c>[B, k]</c> each, in the caller's scope.</summary>
    internal (Tensor Items, Tensor Scores) ListsByOperators(int k)
    {
        var (batch, width) = (Scores.shape[0], Scores.shape[1]);
        var flat = States.view(-1);
        var leaf = view.LeafFirst.index_select(0, flat).view(batch, width);
        var isOpen = view.LeafLast.index_select(0, flat).view(batch, width) > leaf;
        var isUsed = isOpen.logical_and(IsItem).logical_and(IsFirst()); // [B, W]
        var safe = leaf.clamp_max(Math.Max(0, view.LeafCount - 1));
        var first = view.ItemFirst.index_select(0, safe.view(-1)).view(batch, width);
        var behind = view.LeafCount == 0 ? first : view.ItemFirst.index_select(0, safe.view(-1) + 1).view(batch, width);
        var members = (behind - first) * isUsed; // [B, W]
        var upTo = members.cumsum(1);
        // Place p belongs to the first beam whose members reach beyond it.
        var wanted = exclusion?.Items is { } shared ? k + shared.shape[1] : k;
        var place = arange(wanted, dtype: ScalarType.Int64, device: Scores.device).expand(batch, wanted).contiguous();
        var beam = searchsorted(upTo.contiguous(), place, right: true);
        var isFilled = beam < width;
        beam = beam.clamp_max(width - 1);
        var offset = place - (upTo - members).gather(1, beam) + first.gather(1, beam);
        var items =
            view.ItemCount == 0
                ? zeros_like(place)
                : view.Items.index_select(0, offset.clamp(0, view.ItemCount - 1).view(-1)).view(batch, wanted);
        var scores = Scores.gather(1, beam);
        if (exclusion?.Items is { } excluded)
            (items, scores, isFilled) = LeaveOut(items, scores, isFilled, excluded, k);
        items = items.masked_fill(isFilled.logical_not(), 0);
        scores = scores.masked_fill(isFilled.logical_not(), float.NegativeInfinity);
        return (items, scores);
    }

    /// <summary>False where an earlier beam has the same id: groups and samples may repeat each other.</summary>
    private Tensor IsFirst()
    {
        var width = States.shape[1];
        var earlier = ones(width, width, dtype: ScalarType.Bool, device: States.device).tril(-1);
        var same = States.unsqueeze(2).eq(States.unsqueeze(1)).logical_and_(IsItem.unsqueeze(1)); // [B, W, W]
        return same.logical_and_(earlier).any(2).logical_not();
    }

    private static (Tensor Items, Tensor Scores, Tensor IsFilled) LeaveOut(
        Tensor items,
        Tensor scores,
        Tensor isFilled,
        Tensor excluded,
        long k
    )
    {
        var at = searchsorted(excluded, items.contiguous()).clamp_max(excluded.shape[1] - 1);
        var isKept = excluded.gather(1, at).ne(items).logical_and(isFilled);
        var (_, order) = isKept.logical_not().to_type(ScalarType.Int64).sort(1, stable: true); // kept ones first, in their order
        order = order.narrow(1, 0, k).contiguous();
        return (items.gather(1, order), scores.gather(1, order), isKept.gather(1, order));
    }

    private static long Count(Tensor flags)
    {
        using (flags)
        using (var sum = flags.sum())
            return sum.item<long>();
    }
}
