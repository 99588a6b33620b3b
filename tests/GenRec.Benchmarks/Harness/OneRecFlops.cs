using GenRec.Shared.Models;
using GenRec.Shared.Nn;

namespace GenRec.Benchmarks.Harness;

/// <summary>Floating-point operations that training OneRec needs, padding and idle experts not counted.</summary>
internal static class OneRecFlops
{
    /// <summary>Operations of the matrix products behind one session, forward and backward, mean over a batch.</summary>
    /// <remarks>Backward costs twice the forward pass, and a multiplication with its addition counts two.</remarks>
    public static double PerSession(OneRecBatch batch, T5Options sizes)
    {
        double width = sizes.Width;
        double inner = sizes.Heads * sizes.HeadWidth;
        var feedForward = 2 * width * sizes.FeedForward;
        var experts = sizes.Experts == 0 ? feedForward : sizes.ActiveExperts * feedForward + width * sizes.Experts;
        double written = batch.Items * (batch.Levels + 1);
        var total = 0.0;
        foreach (var group in batch.Groups)
        {
            double read = group.Length;
            var encoder = read * (4 * width * inner + feedForward) + 2 * read * read * inner;
            var own = written * (4 * width * inner + experts) + 2 * written * written * inner;
            var cross = (2 * written + 2 * read) * width * inner + 2 * written * read * inner;
            var head = batch.Items * batch.Levels * width * sizes.Vocabulary;
            total += group.Count * (sizes.EncoderLayers * encoder + sizes.DecoderLayers * (own + cross) + head);
        }
        return total / batch.Sessions * 2 * 3;
    }
}
