using GenRec.Shared.Data;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Evaluation;

/// <summary>Ranks each case's target among the whole catalogue.</summary>
/// <remarks>
/// Blocks of cases bound the memory: no more than <see cref="RankingOptions.BlockBytes"/> of scores exist at once. Cases
/// are visited by falling history length, so that a model that trims a batch to its longest history computes little
/// padding; results come back in the order of the cases.
/// </remarks>
public static class FullRanking
{
    /// <summary>Measures a model. A model that is a module is put in evaluation mode for the time being.</summary>
    /// <param name="model">Scores the catalogue.</param>
    /// <param name="cases">What is asked.</param>
    /// <param name="protocol">How it counts; <see cref="EvaluationProtocol.Full"/> where null.</param>
    /// <param name="options">Block size and lists; does not change the ranks.</param>
    /// <param name="train">Training interactions, for the seen filter <see cref="SeenFilter.Train"/>.</param>
    /// <param name="progress">Told after each block.</param>
    /// <param name="cancel">Stops between blocks.</param>
    /// <exception cref="InvalidOperationException">The model's scores have a wrong shape or are not finite.</exception>
    /// <exception cref="ArgumentException">The protocol samples negatives, or a case does not fit the catalogue.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled.</exception>
    public static RankingResult Evaluate(
        IFullScorer model,
        NextItemCases cases,
        EvaluationProtocol? protocol = null,
        RankingOptions? options = null,
        Interactions? train = null,
        IProgress<RankingProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cases);
        (protocol, options) = (protocol ?? EvaluationProtocol.Full, options ?? new RankingOptions());
        if (protocol.Negatives is not null)
            throw new ArgumentException(
                $"The protocol '{protocol.Ranking}' samples negatives; use {nameof(SampledRanking)} or leave them out.",
                nameof(protocol)
            );
        var ranks = new TargetRank[cases.Count];
        var k = Math.Min(options.TopK, cases.ItemCount);
        var top = k > 0 ? new TopLists(k, new int[cases.Count * k], new float[cases.Count * k]) : null;
        using var source = new ScoreSource(model, cases.ItemCount, options);
        foreach (var block in new CaseBlocks(cases, protocol.SeenFilter, train, source.BlockCases))
        {
            HostCancellation.ThrowIfRequested(cancel);
            source.Score(block, (scores, part) => BlockRanking.Rank(scores, part, ranks, top));
            progress?.Report(new RankingProgress(block.Start + block.Count, cases.Count));
        }
        if (protocol.Ties == TieRule.Optimistic)
            ranks = Array.ConvertAll(ranks, rank => rank.Optimistic);
        return new RankingResult(protocol, ranks, cases.ItemCount, top);
    }
}
