using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;

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

    public string? Unavailable(BenchmarkOptions options) => BenchmarkData.Unavailable(dataset, options);

    public double FlopsPerUnit(BenchmarkOptions options) => SasRecFlops.PerPosition(Split(options), model);

    public IComparisonSide Ours(BenchmarkOptions options) => Peer(options);

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var training = new ReferenceTraining(Split(options), model, options.Seed);
        return new StepSide(() => training.Step(), training);
    }

    private ReferenceSplit Split(BenchmarkOptions options) => ReferenceSplit.Of(BenchmarkData.Load(dataset, options));
}
