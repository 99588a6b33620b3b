using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>What a model is asked: after each history, which item comes next?</summary>
/// <param name="Users">User (row of the interactions) of each case, <c>[cases]</c>.</param>
/// <param name="Histories">What the model may see, <c>[cases]</c> rows.</param>
/// <param name="Targets">The item that came next, <c>[cases]</c>, ids <c>1..N</c>.</param>
/// <param name="ItemCount">N, the number of items.</param>
public sealed record NextItemCases(int[] Users, Histories Histories, int[] Targets, int ItemCount) : RichRecord
{
    /// <summary>Number of cases.</summary>
    public int Count => Targets.Length;

    /// <summary>Some of the cases, in the order given.</summary>
    /// <param name="rows">Which cases, <c>0..Count-1</c>.</param>
    public NextItemCases At(params IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new NextItemCases(
            [.. rows.Select(row => Users[row])],
            Data.Histories.From(rows.Select(row => (IReadOnlyList<int>)Histories[row].ToArray())),
            [.. rows.Select(row => Targets[row])],
            ItemCount
        );
    }

    /// <summary>Some of the cases, evenly spread over all of them and always the same: what a validation looks at.</summary>
    /// <param name="wanted">How many; 0, or as many as there are, takes all.</param>
    public NextItemCases Spread(int wanted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(wanted);
        return wanted == 0 || wanted >= Count
            ? this
            : At([.. Enumerable.Range(0, wanted).Select(i => (int)((long)i * Count / wanted))]);
    }
}

/// <summary>Interactions divided for training, for choosing a model, and for reporting.</summary>
/// <param name="Name">The split's name in records, for example <c>leave-one-out</c>.</param>
/// <param name="Train">What a model may learn from; same item ids as the whole.</param>
/// <param name="Validation">Cases for early stopping and model choice.</param>
/// <param name="Test">Cases to report; the history holds the validation item too.</param>
public sealed record Split(string Name, Interactions Train, NextItemCases Validation, NextItemCases Test) : RichRecord;
