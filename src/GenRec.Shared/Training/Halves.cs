using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>Two groups of tensors with about equally many numbers, one for each of two threads.</summary>
/// <remarks>
/// Where a pass written by hand keeps a thread for each half of a batch, an operator between two batches must not have threads of
/// its own: OpenMP's go on spinning for milliseconds after their work, on the processor that the other half needs.
/// </remarks>
internal static class Halves
{
    /// <summary>Indices of the two groups: the largest tensors first, each to the group that has less.</summary>
    public static (int[] First, int[] Second) Of(IReadOnlyList<Tensor> tensors)
    {
        var (first, second, ahead) = (new List<int>(), new List<int>(), 0L); // numbers the first has more
        var sizes = tensors.Select(one => one.numel()).ToArray();
        foreach (var at in Enumerable.Range(0, sizes.Length).OrderByDescending(at => sizes[at]))
        {
            (ahead > 0 ? second : first).Add(at);
            ahead += ahead > 0 ? -sizes[at] : sizes[at];
        }
        return ([.. first], [.. second]);
    }

    /// <summary>Does something with each tensor's index, one group after the other or side by side.</summary>
    public static void Run(IReadOnlyList<Tensor> tensors, Action<int> work)
    {
        var (first, second) = Of(tensors);
        SideBySide.Run(() => Each(first), () => Each(second));

        void Each(int[] group)
        {
            foreach (var at in group)
                work(at);
        }
    }
}
