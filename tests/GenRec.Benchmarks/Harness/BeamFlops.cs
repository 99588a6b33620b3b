using GenRec.Shared.Nn;

namespace GenRec.Benchmarks.Harness;

/// <summary>Floating-point operations of a beam search with an encoder-decoder, padding not counted.</summary>
internal static class BeamFlops
{
    /// <summary>Operations of the matrix products behind one user's search, mean over all batches.</summary>
    /// <remarks>
    /// The encoder and its keys and values once, one row in the first step of the decoder, then a row a beam: as many as
    /// there are prefixes, at most the beams wanted. A multiplication with its addition counts two.
    /// </remarks>
    public static double PerUser(BeamWorkload work, int beams, T5Options sizes)
    {
        double width = sizes.Width;
        double inner = sizes.Heads * sizes.HeadWidth;
        var feedForward = 2 * width * sizes.FeedForward;
        var rows = RowsOfSteps(work, beams);
        var total = 0.0;
        var users = work.Batches.SelectMany(batch => batch).ToArray();
        foreach (var tokens in users)
        {
            double read = tokens.Length;
            total += sizes.EncoderLayers * (read * (4 * width * inner + feedForward) + 2 * read * read * inner);
            total += sizes.DecoderLayers * 2 * read * width * inner; // keys and values of the cross-attention
            for (var step = 0; step < rows.Length; step++)
            {
                var own = 4 * width * inner + 2 * (step + 1) * inner;
                var cross = 2 * width * inner + 2 * read * inner;
                total += rows[step] * (sizes.DecoderLayers * (own + cross + feedForward) + width * sizes.Vocabulary);
            }
        }
        return 2 * total / users.Length;
    }

    private static double[] RowsOfSteps(BeamWorkload work, int beams)
    {
        var codes = work.Codes;
        return
        [
            .. Enumerable
                .Range(0, codes.Levels)
                .Select(level =>
                    (double)
                        Math.Min(
                            level == 0 ? 1 : beams,
                            Enumerable
                                .Range(1, codes.ItemCount)
                                .Select(item => string.Join(' ', codes[item][..level].ToArray()))
                                .Distinct()
                                .Count()
                        )
                ),
        ];
    }
}
