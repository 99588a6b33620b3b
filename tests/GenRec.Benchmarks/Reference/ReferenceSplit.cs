using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Reference;

/// <summary>Leave-one-out as the reference repository divides it.</summary>
/// <param name="ItemCount">N: item ids are <c>1..N</c>.</param>
/// <param name="Train">What each user may be trained on, oldest first.</param>
/// <param name="Validation">The last item but one of each tested user; the history is its training row.</param>
/// <param name="Test">The last item of each tested user; the history holds the validation item too.</param>
/// <remarks>
/// pmixer/SASRec.pytorch (fde8a9c), <c>data_partition</c>: users with fewer than four interactions are trained on and not
/// tested.
/// </remarks>
internal sealed record ReferenceSplit(int ItemCount, int[][] Train, NextItemCases Validation, NextItemCases Test)
{
    private const int LeastTested = 4;

    public static ReferenceSplit Of(Interactions interactions)
    {
        var rows = Enumerable
            .Range(0, interactions.Users)
            .Select(user => interactions.ItemsOf(user).ToArray())
            .ToArray();
        var tested = Enumerable.Range(0, rows.Length).Where(user => rows[user].Length >= LeastTested).ToArray();
        return new ReferenceSplit(
            interactions.ItemCount,
            [.. rows.Select(row => row.Length >= LeastTested ? row[..^2] : row)],
            Cases(fromEnd: 2),
            Cases(fromEnd: 1)
        );

        NextItemCases Cases(int fromEnd) =>
            new(
                tested,
                Histories.From(tested.Select(user => rows[user][..^fromEnd])),
                [.. tested.Select(user => rows[user][^fromEnd])],
                interactions.ItemCount
            );
    }
}
