using GenRec.Shared.Display;

namespace GenRec.Shared.Nn;

/// <summary>Sequences of one length that lie end to end.</summary>
/// <param name="Count">n, sequences; at least 1.</param>
/// <param name="Length">L, tokens of each; at least 1.</param>
public sealed record LengthGroup(int Count, int Length) : RichRecord
{
    /// <summary>Tokens of the group.</summary>
    public int Tokens => Count * Length;
}

/// <summary>Puts sequences of equal length beside each other, so that a batch has no padding.</summary>
/// <remarks>
/// Products with weights, norms and dropout see one matrix of all tokens; only attention goes group by group, and no group needs
/// a mask. The gradient is that of the padded batch with padding masked. Chosen by measurement: a training step of TIGER's T5
/// on 256 windows of Amazon Beauty, bfloat16 products, took 3.9 s of one processor's time padded, 1.7 s packed into rows under a
/// block-diagonal mask (<see cref="TokenBatch"/>), and 1.3 s in length groups.
/// </remarks>
public static class LengthGroups
{
    /// <summary>The order of a batch, shortest sequences first, and its groups.</summary>
    /// <param name="lengths">Tokens of each sequence, <c>[B]</c>, at least 1.</param>
    /// <returns>Which sequence stands at each place, <c>[B]</c>, equal lengths in the order given; and the groups.</returns>
    /// <exception cref="ArgumentException">There is no sequence, or one is empty.</exception>
    public static (int[] Order, LengthGroup[] Groups) Of(ReadOnlySpan<int> lengths)
    {
        if (lengths.Length == 0)
            throw new ArgumentException("A batch needs at least one sequence.", nameof(lengths));
        var longest = 0;
        for (var i = 0; i < lengths.Length; i++)
            longest =
                lengths[i] >= 1
                    ? Math.Max(longest, lengths[i])
                    : throw new ArgumentException(
                        $"Sequence {i} has {lengths[i]} tokens; need at least 1.",
                        nameof(lengths)
                    );
        var counts = new int[longest + 1];
        foreach (var length in lengths)
            counts[length]++;
        var (next, groups) = (new int[longest + 1], new List<LengthGroup>());
        for (var (length, at) = (1, 0); length <= longest; at += counts[length++])
        {
            next[length] = at;
            if (counts[length] > 0)
                groups.Add(new LengthGroup(counts[length], length));
        }
        var order = new int[lengths.Length];
        for (var i = 0; i < lengths.Length; i++)
            order[next[lengths[i]]++] = i;
        return (order, [.. groups]);
    }
}
