using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Evaluation;

/// <summary>Measures a model by its lists alone, as models that generate items must be: what is not listed is a miss.</summary>
/// <remarks>
/// The order of the list stands, ties included. Where seen items are filtered, longer lists are asked for, so that k
/// items remain.
/// </remarks>
public static class ListRanking
{
    /// <summary>Measures a model. A model that is a module is put in evaluation mode for the time being.</summary>
    /// <param name="model">Lists items.</param>
    /// <param name="cases">What is asked.</param>
    /// <param name="protocol">How it counts; <see cref="EvaluationProtocol.Full"/> where null.</param>
    /// <param name="options"><see cref="RankingOptions.TopK"/> is the length of the lists and must be at least 1.</param>
    /// <param name="train">Training interactions, for the seen filter <see cref="SeenFilter.Train"/>.</param>
    /// <param name="progress">Told after each block.</param>
    /// <param name="cancel">Stops between blocks.</param>
    /// <returns>Ranks (<see cref="TargetRank.Missing"/> where the target is not listed) and the lists.</returns>
    /// <exception cref="ArgumentException">No list length is given, or a case does not fit the catalogue.</exception>
    /// <exception cref="InvalidOperationException">A list has a wrong shape, or an id outside <c>0..N</c>.</exception>
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
        ArgumentNullException.ThrowIfNull(cases);
        (protocol, options) = (protocol ?? EvaluationProtocol.Full, options ?? new RankingOptions());
        options.Check();
        if (options.TopK == 0)
            throw new ArgumentException(
                $"{model.GetType().Name} is measured by its lists; set {nameof(RankingOptions.TopK)} to their length.",
                nameof(options)
            );
        if (protocol.Negatives is not null)
            throw new ArgumentException($"Lists cannot be ranked by '{protocol.Ranking}'.", nameof(protocol));
        var k = Math.Min(options.TopK, cases.ItemCount);
        var ranks = new TargetRank[cases.Count];
        var top = new TopLists(k, new int[cases.Count * k], new float[cases.Count * k]);
        var marks = new bool[cases.ItemCount + 1];
        using var mode = new EvaluationMode(model);
        foreach (var block in new CaseBlocks(cases, protocol.SeenFilter, train, options.MaxBlockCases))
        {
            HostCancellation.ThrowIfRequested(cancel);
            var longest = Enumerable.Range(0, block.Count).Max(row => block.SeenBy(row).Length);
            Rank(model, block, Math.Min(k + longest, cases.ItemCount), marks, ranks, top);
            progress?.Report(new RankingProgress(block.Start + block.Count, cases.Count));
        }
        return new RankingResult(protocol, ranks, cases.ItemCount, top);
    }

    private static void Rank(
        IRecommender model,
        CaseBlock block,
        int length,
        bool[] marks,
        TargetRank[] ranks,
        TopLists top
    )
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (items, scores) = model.Recommend(block.Histories, length); // [B, length] each
        foreach (var (found, what) in new[] { (items, "items"), (scores, "scores") })
            if (!found.shape.SequenceEqual([block.Count, length]))
                throw new InvalidOperationException(
                    $"{model.GetType().Name} gave {what} [{string.Join(", ", found.shape)}], need [{block.Count}, {length}]."
                );
        var (itemsHere, scoresHere) = (
            items.to(ScalarType.Int64).cpu().contiguous(),
            scores.to(ScalarType.Float32).cpu().contiguous()
        );
        var (itemRows, scoreRows) = (new long[block.Count * length], new float[block.Count * length]);
        MemoryMarshal.Cast<byte, long>(itemsHere.bytes).CopyTo(itemRows);
        MemoryMarshal.Cast<byte, float>(scoresHere.bytes).CopyTo(scoreRows);
        for (var row = 0; row < block.Count; row++)
        {
            var (index, target) = (block.Cases[row], block.Targets[row]);
            var cells = new Range(row * length, (row + 1) * length);
            foreach (var item in block.SeenBy(row))
                marks[item] = item != target;
            var kept = Keep(itemRows.AsSpan(cells), scoreRows.AsSpan(cells), index, marks, top);
            foreach (var item in block.SeenBy(row))
                marks[item] = false;
            var place = top[index][..kept].IndexOf(target);
            ranks[index] = place < 0 ? TargetRank.Missing : new TargetRank(place, 0);
        }
    }

    /// <summary>Copies what is not filtered to the front of the case's list, and counts it.</summary>
    private static int Keep(ReadOnlySpan<long> items, ReadOnlySpan<float> scores, int index, bool[] marks, TopLists top)
    {
        var (kept, first) = (0, index * top.K);
        for (var place = 0; place < items.Length && kept < top.K; place++)
        {
            var item = items[place];
            if (item < 0 || item >= marks.Length)
                throw new InvalidOperationException(
                    $"Case {index}: the model lists item {item} at place {place + 1}; ids are 1..{marks.Length - 1}."
                );
            if (item == 0 || marks[item])
                continue;
            (top.Items[first + kept], top.Scores[first + kept]) = ((int)item, scores[place]);
            kept++;
        }
        top.Scores.AsSpan(first + kept, top.K - kept).Fill(float.NegativeInfinity);
        return kept;
    }
}
