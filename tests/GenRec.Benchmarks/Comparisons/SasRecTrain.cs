using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Training SASRec: our loop against the reference loop.</summary>
internal sealed class SasRecTrain(string name, string dataset, ReferenceOptions model, double goal) : IPeerComparison
{
    public static SasRecTrain Beauty { get; } =
        new("sasrec-train", BenchmarkData.Beauty, new ReferenceOptions { Length = 50, Width = 50 }, goal: 8);

    public static SasRecTrain MovieLens { get; } =
        new("sasrec-train-ml1m", BenchmarkData.MovieLens, new ReferenceOptions { Length = 200, Width = 64 }, goal: 2.5);

    public string Name => name;

    public string Unit => "positions/s";

    public string EqualWork =>
        $"one gradient of BCE with one negative for one real position; {model.Batch} users a step, length {model.Length}, "
        + $"width {model.Width}, {model.Blocks} blocks, dropout {model.Dropout}";

    public double? Goal => goal;

    /// <summary>Sizes that both sides share.</summary>
    public ReferenceOptions Model => model;

    public string? Unavailable(BenchmarkOptions options) => BenchmarkData.Unavailable(dataset, options);

    public double FlopsPerUnit(BenchmarkOptions options) => SasRecFlops.PerPosition(Train(options), model);

    /// <summary>What both sides learn from.</summary>
    public Interactions Train(BenchmarkOptions options) => BenchmarkData.Load(dataset, options).Train;

    public IComparisonSide Ours(BenchmarkOptions options) => Side(new OurSasRecLoop(Train(options), model, options));

    public IComparisonSide Peer(BenchmarkOptions options) =>
        Side(new SasRecReferenceLoop(Train(options), model, options.Seed));

    private static StepSide Side(ISasRecLoop loop) => new(() => loop.Step(), loop);
}
