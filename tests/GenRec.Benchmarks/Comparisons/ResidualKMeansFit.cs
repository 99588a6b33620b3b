using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Clustering;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Fitting residual k-means: ours against the plain loop over distances of all points to all centres.</summary>
internal sealed class ResidualKMeansFit : IPeerComparison
{
    public const int Levels = 3;
    public const int Codes = 256;
    public const int Rounds = 20;

    public string Name => "residual-kmeans";

    public string Unit => "fits/s";

    public string EqualWork =>
        $"12,101 x 768 into {Levels} x {Codes}, k-means++ and {Rounds} rounds a level; the project wants 0.2 fits/s or more of ours";

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var vectors = RqVaeTrain.Vectors(options);
        var quantiser = new ResidualKMeans(
            new ResidualKMeansOptions
            {
                Levels = Levels,
                Codes = Codes,
                Clustering = new KMeansOptions { Rounds = Rounds, Tolerance = 0 },
            }
        );
        return new StepSide(() =>
        {
            using var fit = quantiser.Fit(vectors, new FitOptions { Collisions = CollisionPolicy.None });
            return 1;
        });
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var vectors = RqVaeTrain.Vectors(options);
        var items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        return new StepSide(
            () =>
            {
                PlainKMeans.Residual(items, Levels, Codes, Rounds);
                return 1;
            },
            items
        );
    }
}
