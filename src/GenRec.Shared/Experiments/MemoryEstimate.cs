using GenRec.Shared.Display;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;

namespace GenRec.Shared.Experiments;

/// <summary>About how much memory a run takes at its most, told from its options before it begins, in bytes.</summary>
/// <remarks>
/// An upper end, not a measurement: every history is counted at its full length, and everything that the backward pass may
/// still need as kept. Measured peaks of the presets on a CPU were between a quarter of it and all of it; the remarks of
/// <see cref="Of"/> hold some.
/// </remarks>
/// <param name="Weights">Weights, their gradients, Adam's two moments, the best weights so far and bfloat16 copies.</param>
/// <param name="Step">What one training step keeps for its backward pass.</param>
/// <param name="Data">Interactions, item vectors and the scores of one block of an evaluation or report.</param>
public sealed record MemoryEstimate(long Weights, long Step, long Data) : RichRecord
{
    private const int BytesPerWeight = 4 * 5 + 2; // weight, gradient, two moments, best weights; a bfloat16 copy
    private const long ScoreBlock = 256L << 20; // RankingOptions.BlockBytes off the CPU, the larger case

    /// <summary>The runtime, libtorch and the program themselves: what a run of the smallest preset takes.</summary>
    public static long Program => 350L << 20;

    /// <summary>What is held where the model is: on the GPU for a run there.</summary>
    public long OnDevice => Weights + Step + Data;

    /// <summary>All of it, on a machine whose CPU does the work.</summary>
    public long OnCpu => Program + OnDevice;

    /// <summary>Estimates the need of a preset.</summary>
    /// <remarks>
    /// Peak resident memory measured on Debian 12 with one thread against this estimate, the first 40 to 60 s of a run: SASRec CE
    /// on Beauty 0.4 GiB, BCE 0.5; CE on ML-1M 0.8; BERT4Rec on ML-1M 1.1; TIGER on Beauty, batch 256, 2.3; RQ-VAE 3 x 256 on
    /// Beauty 0.5; residual k-means on Sports 0.7.
    /// </remarks>
    /// <param name="preset">A preset of this room.</param>
    /// <param name="items">N, items of its data set.</param>
    /// <param name="interactions">Events of its data set.</param>
    /// <returns>Null for a preset of a kind that is not known here.</returns>
    public static MemoryEstimate? Of(object preset, long items, long interactions) =>
        preset switch
        {
            SasRecPreset { Model: var model } => Transformer(
                new Shape(model.Blocks, model.Hidden, model.Hidden, model.Hidden, model.Heads, model.MaxLength)
                {
                    Rows = model.BatchSize,
                    Table = (model.SeparateOutputTable ? 2 : 1) * items + model.MaxLength,
                    Logits = model.Objective == NextItemObjective.CrossEntropy ? 0 : 1 + model.Negatives,
                },
                interactions
            ),
            Bert4RecPreset { Model: var model } => Transformer(
                new Shape(model.Blocks, model.Hidden, model.Hidden, model.Inner, model.Heads, model.MaxLength)
                {
                    Rows = model.BatchSize,
                    Table = items + model.MaxLength,
                    Logits = 1 + model.Negatives,
                },
                interactions
            ),
            TigerPreset { Model: var model, Ids: var ids } => Transformer(
                new Shape(
                    model.EncoderLayers + 2 * model.DecoderLayers, // a decoder layer attends twice
                    model.Width,
                    model.Heads * model.HeadWidth,
                    model.FeedForward,
                    model.Heads,
                    model.MaxItems * Levels(ids) + 1
                )
                {
                    Rows = model.BatchSize,
                    Table = Levels(ids) * Codes(ids) + model.UserTokens,
                    Logits = Codes(ids),
                },
                interactions
            ),
            BackbonePreset { Model: var model, Ids: var ids } => Transformer(
                new Shape(
                    model.HistoryLayers + 2 * model.WriterLayers,
                    model.Width,
                    model.Heads * model.HeadWidth,
                    model.FeedForward,
                    model.Heads,
                    model.MaxItems * Levels(ids)
                )
                {
                    Rows = model.BatchTargets,
                    Table = Levels(ids) * Codes(ids),
                    Logits = Codes(ids),
                },
                interactions
            ),
            SemanticIdPreset ids => Quantiser(ids, items, interactions),
            OneRecPreset sessions => Sessions(sessions, interactions),
            AlignmentPreset aligned => Aligned(aligned, interactions),
            _ => null,
        };

    /// <summary>An encoder over n L tokens and a decoder over m (L + 1), whose tokens go to K of E experts each.</summary>
    private static MemoryEstimate Sessions(OneRecPreset preset, long interactions)
    {
        var (model, levels, codes) = (preset.Model, preset.Ids.Levels, preset.Ids.Codes);
        var inner = model.Heads * model.HeadWidth;
        var (read, written) = (model.MaxHistory * levels, model.SessionLength * (levels + 1));
        var experts = Math.Max(1, model.Experts);
        var active = model.Experts == 0 ? 1 : model.ActiveExperts;
        // As for the other transformers; the decoder also attends to what was read, and holds a sorted copy of its tokens for
        // each expert that works on them.
        var reading = 8L * model.Width + 4L * inner + 2L * model.FeedForward + (long)model.Heads * read;
        var writing =
            (12L + 3L * active) * model.Width
            + 6L * inner
            + 2L * active * model.FeedForward
            + (long)model.Heads * (written + read)
            + experts;
        var layer = 4L * model.Width * inner;
        var network = 3L * model.Width * model.FeedForward;
        var weights =
            model.EncoderLayers * (layer + network)
            + model.DecoderLayers * (2 * layer + experts * (network + model.Width))
            + (1L + levels * codes) * model.Width;
        var step =
            (long)model.BatchSize
            * (
                model.EncoderLayers * read * reading
                + written * (model.DecoderLayers * writing + 1L + levels * codes)
                + (long)model.DecoderLayers * read * 2 * inner // keys and values of what was read
            );
        return new MemoryEstimate(weights * BytesPerWeight, Kept(step), ScoreBlock + Events(interactions));
    }

    /// <summary>The same with a frozen copy of the weights, and with winners and losers beside the logged sessions of a step.</summary>
    private static MemoryEstimate Aligned(AlignmentPreset preset, long interactions)
    {
        var (trained, alignment) = (Sessions(preset.Base, interactions), preset.Options());
        var pairs = (1.0 + alignment.Loss.LosersPerWinner) * alignment.Ratio;
        // The coin falls anew for each sample: three times as many as expected are hardly ever in one batch.
        var share = Math.Min(1 + alignment.Loss.LosersPerWinner, 3 * pairs);
        var rows = (double)alignment.BatchSize / preset.Base.Model.BatchSize;
        return new MemoryEstimate(
            trained.Weights + trained.Weights * sizeof(float) / BytesPerWeight,
            Math.Max(trained.Step, (long)(trained.Step * rows * (1 + share))),
            trained.Data
        );
    }

    private static MemoryEstimate Transformer(Shape shape, long interactions)
    {
        long tokens = (long)shape.Rows * shape.Length;
        // Of a layer and token: the norms, the sums and the dropped results (8 widths), queries, keys, values and what attention
        // gives (4 inner widths), the network before and after its activation, and a row of attention weights for each head.
        var perToken = 8L * shape.Width + 4L * shape.Inner + 2L * shape.FeedForward + (long)shape.Heads * shape.Length;
        var block = 4L * shape.Width * shape.Inner + 3L * shape.Width * shape.FeedForward;
        var weights = shape.Layers * block + shape.Table * shape.Width;
        return new MemoryEstimate(
            weights * BytesPerWeight,
            Kept(tokens * (shape.Layers * perToken + shape.Logits)),
            ScoreBlock + Events(interactions)
        );
    }

    private static MemoryEstimate Quantiser(SemanticIdPreset ids, long items, long interactions)
    {
        const int sentenceWidth = 768; // of the widest encoder that the presets name
        var vectors = items * sentenceWidth * sizeof(float);
        if (ids.RqVae is not { } model)
            return new MemoryEstimate(0, 0, ScoreBlock + 4 * vectors + Events(interactions)); // given, centred, residuals, sums
        int[] widths = [sentenceWidth, .. model.Hidden, model.Latent];
        var halves = widths.Zip(widths.Skip(1), (from, to) => (long)from * to).Sum();
        var codebooks = (long)model.Levels * model.Codes * model.Latent;
        var perItem = 2L * 3 * widths.Sum() + (long)model.Levels * (2 * model.Codes + 4 * model.Latent);
        return new MemoryEstimate(
            (2 * halves + codebooks) * BytesPerWeight,
            Kept(model.BatchSize * perItem),
            ScoreBlock + 3 * vectors + Events(interactions)
        );
    }

    // Numbers of the forward pass, and half as many again for gradients on their way and for what an allocator keeps back.
    private static long Kept(long numbers) => sizeof(float) * numbers * 3 / 2;

    // User, item and time of an event, grouped and once more for the split.
    private static long Events(long interactions) => 64 * interactions;

    private static int Levels(SemanticIdPreset ids) =>
        (ids.RqVae?.Levels ?? ids.KMeans?.Levels ?? ids.Lsh?.Levels ?? ids.Random?.Levels ?? 4)
        + (ids.Collisions is CollisionPolicy.ExtraToken ? 1 : 0);

    private static int Codes(SemanticIdPreset ids) =>
        ids.RqVae?.Codes ?? ids.KMeans?.Codes ?? ids.Random?.Codes ?? 1 << (ids.Lsh?.Bits ?? 8);

    /// <param name="Layers">Blocks, one that attends twice counted twice.</param>
    /// <param name="Width">d.</param>
    /// <param name="Inner">Heads times their width.</param>
    /// <param name="FeedForward">Inner width of the network.</param>
    /// <param name="Heads">Heads.</param>
    /// <param name="Length">Longest history in tokens.</param>
    private sealed record Shape(int Layers, int Width, int Inner, int FeedForward, int Heads, int Length)
    {
        public required int Rows { get; init; }
        public required long Table { get; init; }
        public required long Logits { get; init; }
    }
}
