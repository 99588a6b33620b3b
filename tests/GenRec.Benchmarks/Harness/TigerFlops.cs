using GenRec.Shared.Models;
using GenRec.Shared.Nn;

namespace GenRec.Benchmarks.Harness;

/// <summary>Floating-point operations that training TIGER's T5 needs, padding not counted.</summary>
internal static class TigerFlops
{
    /// <summary>Operations of the matrix products behind one window, forward and backward, mean over a batch.</summary>
    /// <remarks>Backward costs twice the forward pass, and a multiplication with its addition counts two.</remarks>
    public static double PerSample(TigerBatch batch, T5Options sizes)
    {
        double width = sizes.Width;
        double inner = sizes.Heads * sizes.HeadWidth;
        var feedForward = 2 * width * sizes.FeedForward;
        var total = 0.0;
        foreach (var group in batch.Groups)
        {
            double read = group.Length;
            double written = batch.Levels;
            var encoder = read * (4 * width * inner + feedForward) + 2 * read * read * inner;
            var own = written * (4 * width * inner + feedForward) + 2 * written * written * inner;
            var cross = (2 * written + 2 * read) * width * inner + 2 * written * read * inner;
            var head = written * width * sizes.Vocabulary;
            total += group.Count * (sizes.EncoderLayers * encoder + sizes.DecoderLayers * (own + cross) + head);
        }
        return total / batch.Rows * 2 * 3;
    }
}
