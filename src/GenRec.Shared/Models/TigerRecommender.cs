using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Answers "what next?" with a trained <see cref="Tiger"/>: beams over ids, and the items of the ids.</summary>
/// <remarks>
/// Items are ranked, not ids: an id that several items share gives all of them, in the order of their numbers. Without the trie an
/// id may be no item's; it costs its place in the list and is counted.
/// </remarks>
public sealed class TigerRecommender : RichObject, IRecommender, IDisposable
{
    private readonly Tiger model;
    private readonly PrefixTrie trie;
    private readonly TrieView view;
    private readonly BeamRecommender beams;

    /// <summary>Wraps a model without taking ownership of it.</summary>
    /// <param name="model">Trained.</param>
    /// <param name="beams">Beams of a user; the model's own number where null.</param>
    /// <param name="constraint">Which tokens may be chosen; the model's own choice where null.</param>
    /// <param name="excludeSeen">Whether a user's own items are closed to the search.</param>
    /// <param name="items">Items that may be found, all where null.</param>
    public TigerRecommender(
        Tiger model,
        int? beams = null,
        IdConstraint? constraint = null,
        bool excludeSeen = false,
        IEnumerable<int>? items = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        trie = model.MakeTrie();
        view = items is null ? trie.All : trie.All.Only(items);
        var options = new BeamOptions
        {
            Width = beams ?? model.Options.Beams,
            Constraint = constraint ?? model.Options.Constraint,
        };
        this.beams = new BeamRecommender(new BeamSearch(view, options), model.Start, excludeSeen);
    }

    /// <summary>Ids generated so far.</summary>
    public long Generated => beams.Generated;

    /// <summary>Of these, ids that are no item's; always 0 with the trie.</summary>
    public long Invalid => beams.Invalid;

    /// <summary>Share of the generated ids that are no item's, <c>0..1</c>.</summary>
    public double InvalidShare => Generated == 0 ? 0 : (double)Invalid / Generated;

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        var training = model.training;
        model.eval();
        try
        {
            return beams.Recommend(histories, k);
        }
        finally
        {
            model.train(training);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!ReferenceEquals(view, trie.All))
            view.Dispose();
        trie.Dispose();
    }
}
