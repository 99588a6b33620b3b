using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds.Neural;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Training RQ-VAE: our trainer against a straight port of the loop that the popular repositories share.</summary>
internal sealed class RqVaeTrain : IPeerComparison
{
    private readonly bool loads;

    private RqVaeTrain(string name, bool loads) => (Name, this.loads) = (name, loads);

    /// <summary>The reference with its data loader, as it is run.</summary>
    public static RqVaeTrain Loaded { get; } = new("rqvae-train", loads: true);

    /// <summary>The reference without: each batch is one gather from a tensor of all items.</summary>
    public static RqVaeTrain Gathered { get; } = new("rqvae-train-gathered", loads: false);

    /// <summary>The same network, loss and optimizer on both sides.</summary>
    public static RqVaeOptions Options { get; } =
        new()
        {
            Scale = LossScale.Mean,
            Residual = ResidualGradient.FirstLevelOnly,
            KMeansStart = false,
            Source = "RUCAIBox/LC-Rec's losses with TIGER's sizes",
        };

    public static int[] Widths { get; } = [768, .. Options.Hidden, Options.Latent];

    public string Name { get; }

    public string Unit => "items/s";

    public string EqualWork =>
        "one item's gradient; 768-512-256-128-32 and back, 3 x 256 codes, batches of 1,024 of 12,101 items, AdamW, clipping; "
        + "ours multiplies in bfloat16 where the processor does so faster; the peer "
        + (loads ? "reads its batches through the library's data loader" : "gathers each batch from one tensor");

    public double? Goal => loads ? 2.5 : null;

    public double FlopsPerUnit(BenchmarkOptions options)
    {
        var products = Widths.Zip(Widths.Skip(1)).Sum(layer => 2.0 * layer.First * layer.Second); // encoder and decoder
        return 6 * products - 2.0 * Widths[0] * Widths[1]; // the input needs no gradient
    }

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        var loop = new OurRqVaeLoop(Vectors(options), Options, options.Seed, options.Threads);
        return new StepSide(() => loop.Step(), loop);
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var vectors = Vectors(options);
        var items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        var loop = new RqVaeReference(
            items,
            Widths,
            Options.Levels,
            Options.Codes,
            Options.BatchSize,
            options.Seed,
            loads ? vectors : null
        );
        return new StepSide(() => loop.Step(), loop, items);
    }

    public static EmbeddingMatrix Vectors(BenchmarkOptions options) =>
        SyntheticVectors.Make(options.Synthetic ? 2048 : 12_101, Widths[0], options.Seed);
}
