namespace GenRec.Shared.Evaluation;

/// <summary>Running sums of a gain by rank, so that a tie over thousands of ranks costs one subtraction.</summary>
internal sealed class GainSums(Func<int, double> gain)
{
    private double[] sums = [0]; // sums[r] = gain(1) + .. + gain(r); replaced as a whole, so readers need no lock

    public static GainSums Discounted { get; } = new(rank => 1 / Math.Log2(rank + 1.0));

    public static GainSums Reciprocal { get; } = new(rank => 1.0 / rank);

    /// <summary>Gain of the ranks <c>after + 1 .. last</c>.</summary>
    public double Between(int after, int last)
    {
        if (last - after == 1)
            return gain(last); // exact: no difference of large sums where nothing is tied
        var known = sums;
        if (last >= known.Length)
        {
            var longer = new double[Math.Max(last + 1, 2 * known.Length)];
            known.CopyTo(longer, 0);
            for (var rank = known.Length; rank < longer.Length; rank++)
                longer[rank] = longer[rank - 1] + gain(rank);
            sums = known = longer;
        }
        return known[last] - known[after];
    }
}
