using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Recommends what beam search finds.</summary>
/// <remarks>Lists are at most as long as the search is wide; longer ones end with empty places.</remarks>
public sealed class BeamRecommender : RichObject, IRecommender
{
    private readonly BeamSearch search;
    private readonly Func<Histories, IStepDecoder> start;
    private readonly bool excludeSeen;
    private readonly int usersAtOnce;

    /// <summary>Makes a recommender.</summary>
    /// <param name="search">View, width and constraint.</param>
    /// <param name="start">Reads a batch of histories.</param>
    /// <param name="excludeSeen">Whether a user's own items are closed to the search.</param>
    /// <param name="usersAtOnce">Users of one search, at least 1.</param>
    public BeamRecommender(
        BeamSearch search,
        Func<Histories, IStepDecoder> start,
        bool excludeSeen = false,
        int usersAtOnce = 64
    )
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(usersAtOnce, 1);
        (this.search, this.start, this.excludeSeen, this.usersAtOnce) = (search, start, excludeSeen, usersAtOnce);
    }

    /// <summary>Ids generated so far.</summary>
    public long Generated { get; private set; }

    /// <summary>Of these, ids that are no item's.</summary>
    public long Invalid { get; private set; }

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (items, scores) = (new List<Tensor>(), new List<Tensor>());
        for (var from = 0; from < histories.Count; from += usersAtOnce)
        {
            using var part = NewDisposeScope();
            var batch = histories.Slice(from, Math.Min(usersAtOnce, histories.Count - from));
            using var decoder = start(batch);
            using var exclusion = excludeSeen ? search.View.Exclude(batch) : null;
            using var ids = search.Run(decoder, exclusion);
            var found = ids.ToItems(k);
            (Generated, Invalid) = (Generated + found.Generated, Invalid + found.Invalid);
            items.Add(found.Items.MoveToOuterDisposeScope());
            scores.Add(found.Scores.MoveToOuterDisposeScope());
        }
        return (cat([.. items]).MoveToOuterDisposeScope(), cat([.. scores]).MoveToOuterDisposeScope());
    }
}
