using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>A model that writes semantic ids: all that recommending and exhaustive scoring need of it.</summary>
public interface IIdGenerator
{
    /// <summary>Starts generating after histories.</summary>
    /// <param name="histories">Items oldest first.</param>
    /// <returns>A decoder that has read them, owned by the caller.</returns>
    IStepDecoder Start(Histories histories);

    /// <summary>The trie of all items in the model's vocabulary, owned by the caller.</summary>
    PrefixTrie MakeTrie();
}

/// <summary>Recommends with beams over ids, or scores every item exactly, with any generator.</summary>
public sealed class GeneratorRecommender : RichObject, IRecommender, IDisposable
{
    private readonly IIdGenerator model;
    private readonly PrefixTrie trie;
    private readonly BeamRecommender beams;

    /// <summary>Wraps a generator without taking ownership of it.</summary>
    /// <param name="model">Trained; a module is put in evaluation mode while it recommends.</param>
    /// <param name="options">Width and constraint of the search.</param>
    public GeneratorRecommender(IIdGenerator model, BeamOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        this.model = model;
        trie = model.MakeTrie();
        beams = new BeamRecommender(new BeamSearch(trie.All, options), model.Start);
    }

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        using var mode = new EvaluationMode(model);
        return beams.Recommend(histories, k);
    }

    /// <summary>Log-probability of every item's id, each prefix computed once; dear, and exact.</summary>
    /// <param name="histories">B histories.</param>
    /// <returns><c>[B, N + 1]</c>, float32, owned by the caller.</returns>
    public Tensor ScoreAll(Histories histories)
    {
        using var mode = new EvaluationMode(model);
        return new ExhaustiveScorer(trie, model.Start).ScoreAll(histories);
    }

    /// <inheritdoc/>
    public void Dispose() => trie.Dispose();
}
