using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;

namespace GenRec.Shared.Models;

/// <summary>The training of a model that writes semantic ids, whatever its batches and its search are.</summary>
public interface IGenerativeTask : ITrainingTask, IDisposable
{
    /// <summary>Metrics of the items that the search finds among all items, and what else tells about its lists.</summary>
    /// <param name="cases">Usually the test cases.</param>
    /// <param name="metrics">At least one; those that look further than the search is wide are left out.</param>
    /// <param name="cancel">Stops between blocks.</param>
    /// <returns>Metrics by name.</returns>
    IReadOnlyDictionary<string, double> Test(
        NextItemCases cases,
        IReadOnlyList<Metric> metrics,
        CancellationToken cancel = default
    );
}

/// <summary>Training a model that writes the next item's semantic id on a split: batches made ahead, validated by search and by likelihood.</summary>
/// <typeparam name="TBatch">Plain arrays of one batch.</typeparam>
/// <typeparam name="TRecommender">The model's search.</typeparam>
public abstract class GenerativeTask<TBatch, TRecommender> : PrefetchedTask<TBatch>, IGenerativeTask
    where TRecommender : IRecommender, IDisposable
{
    private static readonly Metric[] Watched = [Metric.Ndcg(10), Metric.Recall(10)];
    private readonly string dataset;
    private readonly Split split;
    private NextItemCases? validation;

    /// <summary>Takes what to validate on.</summary>
    /// <param name="dataset">Name of the data set, part of a checkpoint's identity.</param>
    /// <param name="split">What to learn from and to validate on.</param>
    protected GenerativeTask(string dataset, Split split)
    {
        ArgumentNullException.ThrowIfNull(split);
        (this.dataset, this.split) = (dataset, split);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string>
        {
            ["dataset"] = dataset,
            ["split"] = split.Name,
            ["interactions"] = split.Train.Count.ToString(),
            ["ids"] = Ids.Fingerprint,
            ["model"] = ModelOptions,
        };

    /// <summary>The items' ids.</summary>
    protected abstract SemanticIdTable Ids { get; }

    /// <summary>The model's options as text, part of a checkpoint's identity.</summary>
    protected abstract string ModelOptions { get; }

    /// <summary>Cases of a validation; all where 0.</summary>
    protected abstract int ValidationCases { get; }

    /// <summary>Beams of a user in a validation.</summary>
    protected abstract int ValidationBeams { get; }

    /// <summary>Beams of a user in a test.</summary>
    protected abstract int Beams { get; }

    /// <summary>NDCG@10 and Recall@10 of the items found, and how likely the right codes are.</summary>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation)
    {
        validation ??= split.Validation.Spread(ValidationCases);
        using var recommender = CreateRecommender(ValidationBeams);
        var measured = Ranked(recommender, ValidationBeams, validation, Watched, cancellation)
            .Means(Watched)
            .ToDictionary();
        foreach (var (name, value) in Likelihoods(validation))
            measured[name] = value;
        return measured;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Test(
        NextItemCases cases,
        IReadOnlyList<Metric> metrics,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(metrics);
        using var recommender = CreateRecommender(Beams);
        var ranked = Ranked(recommender, Beams, cases, metrics, cancel);
        var measured = ranked.Means([.. metrics.Where(metric => metric.Cutoff <= Beams)]).ToDictionary();
        foreach (var (name, value) in Besides(recommender, ranked, cases))
            measured[name] = value;
        return measured;
    }

    /// <summary>The model's search, owned by the caller; the model is not.</summary>
    /// <param name="beams">Beams of a user.</param>
    protected abstract TRecommender CreateRecommender(int beams);

    /// <summary>What a validation tells of the right codes besides the ranking, by name; higher is better.</summary>
    protected abstract IEnumerable<KeyValuePair<string, double>> Likelihoods(NextItemCases cases);

    /// <summary>What a test tells besides the metrics of the ranking.</summary>
    /// <param name="recommender">After its search.</param>
    /// <param name="ranked">What it found, with lists.</param>
    /// <param name="cases">What was asked.</param>
    protected virtual IEnumerable<KeyValuePair<string, double>> Besides(
        TRecommender recommender,
        RankingResult ranked,
        NextItemCases cases
    ) => [];

    private static RankingResult Ranked(
        TRecommender recommender,
        int beams,
        NextItemCases cases,
        IEnumerable<Metric> metrics,
        CancellationToken cancel
    ) =>
        ListRanking.Evaluate(
            recommender,
            cases,
            options: new RankingOptions { TopK = Math.Min(metrics.Max(metric => metric.Cutoff ?? beams), beams) },
            cancel: cancel
        );
}
