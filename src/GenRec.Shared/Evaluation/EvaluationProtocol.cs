using System.Text.Json.Serialization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>Which items a model may not recommend again. A case's target always stays a candidate.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SeenFilter>))]
public enum SeenFilter
{
    /// <summary>Nothing is filtered.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Items of the history the model is shown; at test time this includes the validation item.</summary>
    [JsonStringEnumMemberName("history")]
    History,

    /// <summary>Items of the user's training row only, as the official SASRec evaluator does.</summary>
    [JsonStringEnumMemberName("train")]
    Train,
}

/// <summary>What is ranked.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EvaluationLevel>))]
public enum EvaluationLevel
{
    /// <summary>Items.</summary>
    [JsonStringEnumMemberName("item")]
    Item,

    /// <summary>Semantic ids: items that share one count as the same answer, which is easier.</summary>
    [JsonStringEnumMemberName("semantic id")]
    SemanticId,
}

/// <summary>How equal scores count.</summary>
public enum TieRule
{
    /// <summary>By expectation over random tie-breaking, see <see cref="TargetRank"/>.</summary>
    Expected,

    /// <summary>
    /// For the target: rank = 1 + #greater. This is what putting the target first and sorting comes to; kang205/SASRec
    /// util.py does so, and a model whose scores are all equal then looks perfect. For comparison only.
    /// </summary>
    Optimistic,
}

/// <summary>How the negatives of a sampled ranking are drawn.</summary>
public enum NegativeSampler
{
    /// <summary>Each item with the same probability.</summary>
    Uniform,

    /// <summary>In proportion to the item's training interactions.</summary>
    Popularity,
}

/// <summary>The negatives of a sampled ranking.</summary>
/// <param name="Count">Negatives beside each target, at least 1; distinct within a case.</param>
/// <param name="Sampler">How they are drawn.</param>
/// <param name="Seed">The same seed gives every model the same negatives for the same case.</param>
public sealed record SampledNegatives(int Count, NegativeSampler Sampler, ulong Seed) : RichRecord;

/// <summary>How a ranking is measured. Two numbers compare only where these agree.</summary>
/// <remarks>
/// Sampled rankings do not order models as full rankings do: Krichene and Rendle, "On Sampled Metrics for Item
/// Recommendation", KDD 2020.
/// </remarks>
public sealed record EvaluationProtocol : RichRecord
{
    /// <summary>Ranking over the whole catalogue, nothing filtered, items: the default everywhere.</summary>
    public static EvaluationProtocol Full { get; } = new();

    /// <summary>Which seen items are not candidates; in a sampled ranking, which are never drawn as negatives.</summary>
    public SeenFilter SeenFilter { get; init; } = SeenFilter.None;

    /// <summary>What is ranked.</summary>
    public EvaluationLevel Level { get; init; } = EvaluationLevel.Item;

    /// <summary>How equal scores count.</summary>
    public TieRule Ties { get; init; } = TieRule.Expected;

    /// <summary>Null ranks the whole catalogue; otherwise the target stands against these only.</summary>
    public SampledNegatives? Negatives { get; init; }

    /// <summary>Name in records: <c>full</c> or for example <c>sampled-100-uniform-seed-1</c>.</summary>
    public string Ranking =>
        (
            Negatives is { } n
                ? $"sampled-{n.Count}-{(n.Sampler == NegativeSampler.Uniform ? "uniform" : "popularity")}-seed-{n.Seed}"
                : "full"
        ) + (Ties == TieRule.Optimistic ? "-optimistic-ties" : "");

    /// <summary>A sampled ranking for comparison with papers that report one.</summary>
    /// <param name="count">Negatives beside each target; 100 in the SASRec paper.</param>
    /// <param name="sampler">How they are drawn.</param>
    /// <param name="seed">Fixes them.</param>
    public static EvaluationProtocol Sampled(
        int count = 100,
        NegativeSampler sampler = NegativeSampler.Uniform,
        ulong seed = 0
    ) => new() { Negatives = new SampledNegatives(count, sampler, seed), SeenFilter = SeenFilter.History };
}
