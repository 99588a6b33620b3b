using GenRec.Shared.Data;

namespace GenRec.Shared.Evaluation;

/// <summary>Measures any recommender by any protocol: the one call that training, experiments and notebooks make.</summary>
/// <example>
/// <code>
/// var result = Evaluator.Evaluate(model, split.Test, EvaluationProtocol.Full);
/// Console.WriteLine(result["NDCG@10"]);
/// </code>
/// </example>
public static class Evaluator
{
    /// <summary>Chooses the way: sampled where the protocol says so, else full, or by lists for a model that only lists.</summary>
    /// <param name="model">What is measured.</param>
    /// <param name="cases">What is asked.</param>
    /// <param name="protocol">How it counts; <see cref="EvaluationProtocol.Full"/> where null.</param>
    /// <param name="options">Blocks and lists; a model that only lists needs <see cref="RankingOptions.TopK"/>.</param>
    /// <param name="train">Training interactions, where the protocol filters or samples by them.</param>
    /// <param name="progress">Told after each block.</param>
    /// <param name="cancel">Stops between blocks.</param>
    /// <exception cref="ArgumentException">Model, protocol and cases do not fit together; the message says how.</exception>
    /// <exception cref="InvalidOperationException">The model's answer is not finite or has a wrong shape.</exception>
    public static RankingResult Evaluate(
        IRecommender model,
        NextItemCases cases,
        EvaluationProtocol? protocol = null,
        RankingOptions? options = null,
        Interactions? train = null,
        IProgress<RankingProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        protocol ??= EvaluationProtocol.Full;
        return (model, protocol.Negatives) switch
        {
            (IFullScorer scorer, null) => FullRanking.Evaluate(
                scorer,
                cases,
                protocol,
                options,
                train,
                progress,
                cancel
            ),
            (IFullScorer scorer, _) => SampledRanking.Evaluate(
                scorer,
                cases,
                protocol,
                options,
                train,
                progress,
                cancel
            ),
            (_, null) => ListRanking.Evaluate(model, cases, protocol, options, train, progress, cancel),
            _ => throw new ArgumentException(
                $"{model.GetType().Name} only lists items and cannot score the negatives of '{protocol.Ranking}'.",
                nameof(protocol)
            ),
        };
    }
}
