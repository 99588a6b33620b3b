using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Evaluation;

/// <summary>What a comparison of two runs over the same cases says.</summary>
/// <param name="Difference">Mean of first minus second, with the bootstrap interval of the paired differences.</param>
/// <param name="PermutationP">
/// Two-sided p of the sign-flip permutation test of the mean difference: how often runs that differ by chance alone
/// differ at least so much. At least <c>1 / (samples + 1)</c>.
/// </param>
/// <param name="WilcoxonP">
/// Two-sided p of Wilcoxon's signed-rank test: exact for up to 100 cases that differ, else by the normal approximation,
/// both with average ranks for ties.
/// </param>
/// <param name="Cases">Cases compared.</param>
/// <param name="Differing">Cases on which the two differ.</param>
public sealed record PairedComparison(
    MeanInterval Difference,
    double PermutationP,
    double WilcoxonP,
    int Cases,
    int Differing
) : RichRecord;

/// <summary>Whether two runs differ by more than the choice of cases explains.</summary>
/// <remarks>
/// Permutation test: Smucker, Allan and Carterette, "A Comparison of Statistical Significance Tests for Information
/// Retrieval Evaluation", CIKM 2007. Wilcoxon, Biometrics Bulletin 1(6), 1945; cases that do not differ are dropped.
/// A small p says nothing about other training seeds.
/// </remarks>
public static class PairedTest
{
    private const int ExactCases = 100;

    /// <summary>Compares per-case values, for example <c>a.PerCase(Metric.Ndcg(10))</c> of two results.</summary>
    /// <param name="first">One value a case.</param>
    /// <param name="second">The same cases in the same order.</param>
    /// <param name="confidence">Of the interval.</param>
    /// <param name="samples">Permutations and bootstrap draws.</param>
    /// <param name="seed">Fixes both.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are no cases.</exception>
    public static PairedComparison Compare(
        double[] first,
        double[] second,
        double confidence = 0.95,
        int samples = 10_000,
        ulong seed = 0
    )
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Length != second.Length)
            throw new ArgumentException($"{first.Length} values stand against {second.Length}; pair the same cases.");
        var differences = new double[first.Length];
        for (var i = 0; i < differences.Length; i++)
            differences[i] = first[i] - second[i];
        var interval = Bootstrap.Mean(differences, confidence, samples, seed);
        double[] nonZero = [.. differences.Where(difference => difference != 0)];
        return new PairedComparison(
            interval,
            Permutation(nonZero, samples, seed),
            Wilcoxon(nonZero),
            first.Length,
            nonZero.Length
        );
    }

    private static double Permutation(double[] differences, int samples, ulong seed)
    {
        if (differences.Length == 0)
            return 1;
        var random = new CounterRandom(seed).Fork("sign flips");
        var observed = Math.Abs(differences.Sum());
        var limit = observed - 1e-9 * differences.Sum(Math.Abs); // sums in another order round differently
        var extreme = 0;
        Parallel.For(
            0,
            samples,
            sample =>
            {
                if (Math.Abs(FlippedSum(differences, random, sample)) >= limit)
                    Interlocked.Increment(ref extreme);
            }
        );
        return (extreme + 1.0) / (samples + 1.0);
    }

    private static double FlippedSum(double[] differences, CounterRandom random, int sample)
    {
        var (sum, signs) = (0.0, 0ul);
        for (var i = 0; i < differences.Length; i++, signs >>= 1)
        {
            if (i % 64 == 0)
            {
                var draw = random.At((ulong)sample, (ulong)(i / 128));
                signs = i % 128 == 0 ? draw.UInt64 : draw.Second;
            }
            sum += (signs & 1) == 0 ? differences[i] : -differences[i];
        }
        return sum;
    }

    private static double Wilcoxon(double[] differences)
    {
        if (differences.Length == 0)
            return 1;
        var ranks = DoubledRanks(differences);
        var positive = 0L;
        for (var i = 0; i < ranks.Length; i++)
            positive += differences[i] > 0 ? ranks[i] : 0;
        var total = ranks.Sum(rank => (long)rank);
        var distance = Math.Abs(2 * positive - total); // from the middle, in quarter ranks
        if (ranks.Length <= ExactCases)
            return Math.Min(1, ExactTail(ranks, (int)total, distance));
        var deviation = Math.Sqrt(ranks.Sum(rank => (double)rank * rank)); // of 2 * positive - total
        return 2 * NormalTail(distance / deviation);
    }

    /// <summary>Twice the rank of each absolute difference: whole numbers even where ties share an average rank.</summary>
    private static int[] DoubledRanks(double[] differences)
    {
        var order = Enumerable.Range(0, differences.Length).ToArray();
        var sizes = Array.ConvertAll(differences, Math.Abs);
        Array.Sort(sizes, order);
        var ranks = new int[order.Length];
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start + 1; end < order.Length && sizes[end] == sizes[start]; )
                end++;
            for (var i = start; i < end; i++)
                ranks[order[i]] = start + 1 + end; // first rank + last rank
        }
        return ranks;
    }

    /// <summary>Probability, over all 2^n signs, that the sum lies at least so far from its middle.</summary>
    private static double ExactTail(int[] ranks, int total, long distance)
    {
        var probability = new double[total + 1];
        probability[0] = 1;
        var reached = 0;
        foreach (var rank in ranks)
        {
            reached += rank;
            for (var sum = reached; sum >= 0; sum--)
                probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
        }
        var tail = 0.0;
        for (var sum = 0; sum <= total; sum++)
            tail += Math.Abs(2L * sum - total) >= distance ? probability[sum] : 0;
        return tail;
    }

    /// <summary>Probability that a standard normal exceeds <paramref name="z"/>, at least 0.</summary>
    internal static double NormalTail(double z)
    {
        var density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        if (z >= 3)
        {
            var fraction = z; // z + 1 / (z + 2 / (z + 3 / ...)), from the far end
            for (var i = 100; i >= 1; i--)
                fraction = z + i / fraction;
            return density / fraction;
        }
        var (term, sum) = (z, z); // z + z^3 / 3 + z^5 / (3 * 5) + ...
        for (var i = 3; i < 100; i += 2)
            sum += term *= z * z / i;
        return 0.5 - density * sum;
    }
}
