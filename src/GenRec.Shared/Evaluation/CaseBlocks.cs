using System.Collections;
using GenRec.Shared.Data;

namespace GenRec.Shared.Evaluation;

/// <summary>Consecutive cases in the order of a visit.</summary>
/// <param name="Start">Cases visited before these.</param>
/// <param name="Cases">Index of each among all cases, <c>[B]</c>.</param>
/// <param name="Histories">B histories.</param>
/// <param name="Targets">B targets, in the order of <paramref name="Cases"/>.</param>
/// <param name="Seen">All filtered items by case index, or null.</param>
internal sealed record CaseBlock(
    int Start,
    ArraySegment<int> Cases,
    Histories Histories,
    int[] Targets,
    Histories? Seen
)
{
    public int Count => Cases.Count;

    /// <summary><paramref name="count"/> of the block's cases from row <paramref name="start"/>.</summary>
    public CaseBlock Slice(int start, int count) =>
        new(
            Start + start,
            Cases.Slice(start, count),
            Histories.Slice(start, count),
            Targets[start..(start + count)],
            Seen
        );

    /// <summary>What the block's row <paramref name="row"/> may not be offered.</summary>
    public ReadOnlySpan<int> SeenBy(int row) => Seen is null ? [] : Seen[Cases[row]];
}

/// <summary>Cuts cases into blocks, longest histories first: a block's histories then have similar lengths.</summary>
internal sealed class CaseBlocks : IEnumerable<CaseBlock>
{
    private readonly NextItemCases cases;
    private readonly Histories? seen;
    private readonly int[] order;
    private readonly Histories ordered;
    private readonly int size;

    public CaseBlocks(NextItemCases cases, SeenFilter filter, Interactions? train, int size)
    {
        ArgumentNullException.ThrowIfNull(cases);
        Check(cases);
        (this.cases, this.size, seen) = (cases, size, SeenItems.Of(cases, filter, train));
        order = [.. Enumerable.Range(0, cases.Count).OrderByDescending(cases.Histories.LengthOf)]; // stable
        var offsets = new long[order.Length + 1];
        for (var i = 0; i < order.Length; i++)
            offsets[i + 1] = offsets[i] + cases.Histories.LengthOf(order[i]);
        var items = new int[offsets[^1]];
        for (var i = 0; i < order.Length; i++)
            cases.Histories[order[i]].CopyTo(items.AsSpan((int)offsets[i]));
        ordered = new Histories(offsets, items, Array.ConvertAll(order, index => cases.Users[index]));
    }

    public IEnumerator<CaseBlock> GetEnumerator()
    {
        for (var start = 0; start < order.Length; start += size)
        {
            var block = new ArraySegment<int>(order, start, Math.Min(size, order.Length - start));
            var targets = block.Select(index => cases.Targets[index]).ToArray();
            yield return new CaseBlock(start, block, ordered.Slice(start, block.Count), targets, seen);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static void Check(NextItemCases cases)
    {
        if (cases.Users.Length != cases.Count || cases.Histories.Count != cases.Count)
            throw new ArgumentException(
                $"There are {cases.Count} targets, {cases.Histories.Count} histories and {cases.Users.Length} users.",
                nameof(cases)
            );
        for (var i = 0; i < cases.Count; i++)
        {
            if (cases.Targets[i] < 1 || cases.Targets[i] > cases.ItemCount)
                throw new ArgumentException(
                    $"Case {i} (user {cases.Users[i]}) asks for item {cases.Targets[i]}; ids are 1..{cases.ItemCount}.",
                    nameof(cases)
                );
            foreach (var item in cases.Histories[i])
                if (item < 1 || item > cases.ItemCount)
                    throw new ArgumentException(
                        $"The history of case {i} (user {cases.Users[i]}) holds item {item}; ids are 1..{cases.ItemCount}.",
                        nameof(cases)
                    );
        }
    }
}
