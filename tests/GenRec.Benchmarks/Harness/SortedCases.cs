using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Harness;

/// <summary>Histories sorted by length and cut into batches, which are handed out in random order.</summary>
/// <param name="Sorted">All histories, longest first.</param>
internal sealed record SortedCases(Histories Sorted)
{
    public static SortedCases Of(NextItemCases cases) =>
        new(
            Histories.From(
                Enumerable
                    .Range(0, cases.Count)
                    .OrderByDescending(cases.Histories.LengthOf)
                    .Select(row => (IReadOnlyList<int>)cases.Histories[row].ToArray())
            )
        );

    /// <summary>A batch of a pass in random order, so that a few steps stand for all users.</summary>
    public Histories Batch(int step, int size)
    {
        var batches = Sorted.Count / size;
        // A step coprime to the number of batches visits all of them before it repeats.
        var stride = Enumerable.Range(batches * 2 / 5, batches).First(wanted => Gcd(wanted, batches) == 1);
        return Sorted.Slice((int)((long)step * stride % batches) * size, size);
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
