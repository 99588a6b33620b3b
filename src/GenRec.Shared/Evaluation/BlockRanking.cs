using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Evaluation;

/// <summary>Ranks and lists of one block of scores.</summary>
internal static class BlockRanking
{
    /// <summary>Writes what the block's scores say into the results at the cases' places.</summary>
    /// <param name="scores"><c>[B, N + 1]</c>; may be overwritten.</param>
    /// <param name="block">The cases the rows belong to.</param>
    /// <param name="ranks">One place a case.</param>
    /// <param name="top">One list a case, or null.</param>
    public static void Rank(Tensor scores, CaseBlock block, TargetRank[] ranks, TopLists? top)
    {
        if (scores.device.type == DeviceType.CPU)
            RankInMemory(scores.to(ScalarType.Float32).contiguous(), block, ranks, top);
        else
            RankOnDevice(scores.to(ScalarType.Float32), block, ranks, top);
    }

    /// <summary>One pass over each row where it lies: on a CPU the scores are read while they are in the cache.</summary>
    internal static unsafe void RankInMemory(Tensor scores, CaseBlock block, TargetRank[] ranks, TopLists? top)
    {
        var columns = (int)scores.shape[1];
        var notFinite = new bool[block.Count];
        fixed (byte* start = scores.bytes)
        {
            var memory = (nint)start; // a lambda may not capture the pinned pointer
            Parallel.For(
                0,
                block.Count,
                new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, get_num_threads()) },
                () => new bool[columns],
                (row, _, marks) =>
                {
                    var values = new ReadOnlySpan<float>((float*)memory + (long)row * columns, columns);
                    notFinite[row] = !TryRankRow(values, row, block, marks, ranks, top);
                    return marks;
                },
                _ => { }
            );
        }
        if (Array.IndexOf(notFinite, true) is >= 0 and var first)
            throw NotFinite(block, first);
    }

    /// <summary>The same in a few tensor operations, for scores on another device. Ties in lists have no fixed order.</summary>
    internal static void RankOnDevice(Tensor scores, CaseBlock block, TargetRank[] ranks, TopLists? top)
    {
        using var scope = NewDisposeScope();
        var (batch, columns) = (scores.shape[0], scores.shape[1]);
        var items = scores.narrow(1, 1, columns - 1); // [B, N], a view: column j is item j + 1
        var finite = items.isfinite().all(1).cpu(); // [B]
        var finiteRows = finite.bytes;
        for (var row = 0; row < block.Count; row++)
            if (finiteRows[row] == 0)
                throw NotFinite(block, row);

        var targets = tensor(block.Targets, ScalarType.Int64, scores.device).unsqueeze(1); // [B, 1]
        var targetScores = scores.gather(1, targets); // [B, 1]
        if (SeenCells(block, columns) is { Length: > 0 } cells)
        {
            using var places = tensor(cells, ScalarType.Int64, scores.device);
            scores.view(-1).index_fill_(0, places, float.NegativeInfinity);
            scores.scatter_(1, targets, targetScores); // the target stays a candidate
        }
        var above = (items > targetScores).sum(1); // [B]
        var level = (items == targetScores).sum(1) - 1; // [B], without the target itself
        var counts = stack([above, level]).cpu(); // [2, B]
        var read = MemoryMarshal.Cast<byte, long>(counts.bytes);
        for (var row = 0; row < block.Count; row++)
            ranks[block.Cases[row]] = new TargetRank((int)read[row], (int)read[block.Count + row]);
        if (top is null)
            return;

        var (values, indices) = items.topk(top.K, dim: 1); // [B, K]
        var (bestScores, bestItems) = (values.cpu().contiguous(), indices.cpu().contiguous());
        var scoreRows = MemoryMarshal.Cast<byte, float>(bestScores.bytes);
        var itemRows = MemoryMarshal.Cast<byte, long>(bestItems.bytes);
        for (var i = 0; i < scoreRows.Length; i++)
        {
            var place = block.Cases[i / top.K] * top.K + i % top.K;
            top.Scores[place] = scoreRows[i];
            top.Items[place] = float.IsFinite(scoreRows[i]) ? (int)itemRows[i] + 1 : 0; // a filtered item is no answer
        }
    }

    private static bool TryRankRow(
        ReadOnlySpan<float> scores,
        int row,
        CaseBlock block,
        bool[] marks,
        TargetRank[] ranks,
        TopLists? top
    )
    {
        var (index, target) = (block.Cases[row], block.Targets[row]);
        var seen = block.SeenBy(row);
        if (!ScoreRow.TryRank(scores, target, seen, marks, out ranks[index]))
            return false;
        if (top is not null)
        {
            var items = top.Items.AsSpan(index * top.K, top.K);
            ScoreRow.Top(scores, target, seen, marks, items, top.Scores.AsSpan(index * top.K, top.K));
        }
        return true;
    }

    private static long[]? SeenCells(CaseBlock block, long columns)
    {
        if (block.Seen is null)
            return null;
        var cells = new List<long>();
        for (var row = 0; row < block.Count; row++)
            foreach (var item in block.SeenBy(row))
                cells.Add(row * columns + item);
        return [.. cells];
    }

    internal static InvalidOperationException NotFinite(CaseBlock block, int row) =>
        new(
            $"Case {block.Cases[row]}: the model's scores hold NaN or an infinity. Check the history"
                + $" ({block.Histories.LengthOf(row)} items) and the model's weights."
        );
}
