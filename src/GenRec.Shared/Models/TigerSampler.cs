using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Draws lists from a trained <see cref="Tiger"/> instead of searching for the best: diversity by temperature.</summary>
/// <remarks>Rajput et al., section 5.2: a higher temperature mixes the categories of a list. An id drawn twice is listed once.</remarks>
public sealed class TigerSampler : RichObject, IRecommender, IDisposable
{
    private const int UsersAtOnce = 64;
    private readonly Tiger model;
    private readonly PrefixTrie trie;
    private readonly SamplingOptions options;

    /// <summary>Wraps a model without taking ownership of it.</summary>
    /// <param name="model">Trained, in evaluation mode.</param>
    /// <param name="options">Samples, temperature and seed.</param>
    public TigerSampler(Tiger model, SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.model, this.options, trie) = (model, options, model.MakeTrie());
    }

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        ArgumentNullException.ThrowIfNull(histories);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (items, scores) = (new List<Tensor>(), new List<Tensor>());
        for (var from = 0; from < histories.Count; from += UsersAtOnce)
        {
            using var decoder = model.Start(histories.Slice(from, Math.Min(UsersAtOnce, histories.Count - from)));
            using var drawn = new IdSampler(trie.All, options with { Seed = options.Seed + from }).Run(decoder);
            var found = drawn.ToItems(k);
            items.Add(found.Items);
            scores.Add(found.Scores);
        }
        return (cat([.. items]).MoveToOuterDisposeScope(), cat([.. scores]).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose() => trie.Dispose();
}
