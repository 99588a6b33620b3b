using GenRec.Shared.Data;

namespace GenRec.Shared.Evaluation;

/// <summary>The items a protocol filters, case by case.</summary>
internal static class SeenItems
{
    /// <summary>Row <c>c</c> holds what case <c>c</c> may not be offered; null where nothing is filtered.</summary>
    public static Histories? Of(NextItemCases cases, SeenFilter filter, Interactions? train)
    {
        switch (filter)
        {
            case SeenFilter.None:
                return null;
            case SeenFilter.History:
                return cases.Histories;
            case SeenFilter.Train when train is null:
                throw new ArgumentException(
                    "The seen filter 'train' needs the training interactions; pass them, or filter by 'history'.",
                    nameof(train)
                );
            case SeenFilter.Train when train.ItemCount > cases.ItemCount:
                throw new ArgumentException(
                    $"The training interactions have {train.ItemCount} items, the cases {cases.ItemCount}.",
                    nameof(train)
                );
            case SeenFilter.Train:
                return Histories.From(cases.Users.Select(user => (IReadOnlyList<int>)train.ItemsOf(user).ToArray()));
            default:
                throw new ArgumentOutOfRangeException(nameof(filter), filter, "No such filter.");
        }
    }
}
