using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Harness;

/// <summary>Floating-point operations that training SASRec needs, padding not counted.</summary>
internal static class SasRecFlops
{
    /// <summary>Operations of the matrix products behind one real position, forward and backward.</summary>
    /// <remarks>
    /// A position's products with D x D weights: query, key, value, output, and two of the feed-forward layer. With n earlier
    /// positions and itself, attention adds 2 D (n + 1) multiplications a block, the head 2 D. Backward costs twice the
    /// forward pass, and a multiplication with its addition counts two.
    /// </remarks>
    public static double PerPosition(Interactions train, ReferenceOptions options)
    {
        var (positions, attended) = (0.0, 0.0);
        for (var user = 0; user < train.Users; user++)
        {
            var length = Math.Clamp(train.ItemsOf(user).Length - 1, 0, options.Length);
            positions += length;
            attended += length * (length + 1) / 2.0;
        }
        double width = options.Width;
        var block = 6 * width * width + 2 * width * attended / positions;
        return (options.Blocks * block + 2 * width) * 2 * 3;
    }
}
