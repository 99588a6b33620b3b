using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Evaluation;

/// <summary>Ranks each case's target among sampled negatives: for comparison with papers that did so.</summary>
/// <remarks>See <see cref="NegativeDraws"/> for what is drawn, and <see cref="EvaluationProtocol"/> for the caveat.</remarks>
public static class SampledRanking
{
    /// <summary>Measures a model. A model that is a module is put in evaluation mode for the time being.</summary>
    /// <param name="model">Scores the catalogue.</param>
    /// <param name="cases">What is asked.</param>
    /// <param name="protocol">Must name negatives.</param>
    /// <param name="options">Block size; no lists are kept.</param>
    /// <param name="train">Training interactions, where the protocol filters or samples by them.</param>
    /// <param name="progress">Told after each block.</param>
    /// <param name="cancel">Stops between blocks.</param>
    /// <exception cref="InvalidOperationException">A candidate's score is not finite, or a shape is wrong.</exception>
    /// <exception cref="ArgumentException">The protocol names no negatives, or more than there are items.</exception>
    public static RankingResult Evaluate(
        IFullScorer model,
        NextItemCases cases,
        EvaluationProtocol protocol,
        RankingOptions? options = null,
        Interactions? train = null,
        IProgress<RankingProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        var draws = new NegativeDraws(cases, protocol, train);
        var ranks = new TargetRank[cases.Count];
        using var source = new ScoreSource(model, cases.ItemCount, options ?? new RankingOptions());
        foreach (var block in new CaseBlocks(cases, SeenFilter.None, null, source.BlockCases))
        {
            HostCancellation.ThrowIfRequested(cancel);
            source.Score(block, (scores, part) => Rank(scores, part, draws, ranks));
            progress?.Report(new RankingProgress(block.Start + block.Count, cases.Count));
        }
        if (protocol.Ties == TieRule.Optimistic)
            ranks = Array.ConvertAll(ranks, rank => rank.Optimistic);
        return new RankingResult(protocol, ranks, protocol.Negatives!.Count + 1);
    }

    private static void Rank(Tensor scores, CaseBlock block, NegativeDraws draws, TargetRank[] ranks)
    {
        var candidates = new List<long>(); // [B, 1 + n], the target first
        for (var row = 0; row < block.Count; row++)
        {
            candidates.Add(block.Targets[row]);
            foreach (var item in draws.For(block.Cases[row]))
                candidates.Add(item);
        }
        var places = tensor(candidates.ToArray(), ScalarType.Int64, scores.device).view(block.Count, -1);
        var found = scores.gather(1, places).to(ScalarType.Float32).cpu(); // [B, 1 + n]
        var values = MemoryMarshal.Cast<byte, float>(found.bytes);
        var width = values.Length / block.Count;
        for (var row = 0; row < block.Count; row++)
        {
            var (above, level) = (0, 0);
            foreach (var value in values.Slice(row * width, width))
            {
                if (!float.IsFinite(value))
                    throw BlockRanking.NotFinite(block, row);
                above += value > values[row * width] ? 1 : 0;
                level += value == values[row * width] ? 1 : 0;
            }
            ranks[block.Cases[row]] = new TargetRank(above, level - 1);
        }
    }
}
