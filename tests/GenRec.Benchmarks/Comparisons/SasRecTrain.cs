using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

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

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var training = new ReferenceTraining(Train(options), model, options.Seed);
        return new StepSide(() => training.Step(), training);
    }

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        Compute.Seed(options.Seed);
        var (train, sizes) = (Train(options), Options());
        var network = new SasRec(train.ItemCount, sizes);
        network.train();
        var adam = new Adam(network, new AdamOptions { Beta2 = 0.98 });
        var batches = new Prefetcher<NextItemBatch>(new NextItemBatcher(train, sizes.Batching((ulong)options.Seed)).At);
        var step = 0L;
        return new StepSide(Step, batches, adam, network);

        double Step()
        {
            using var scope = NewDisposeScope();
            using var dropout = new DropoutStream(options.Seed, step).Enter();
            var batch = batches.Get(step++);
            adam.ZeroGrad();
            var loss = SasRecObjective.Loss(network, batch);
            loss.backward();
            adam.Step(model.LearningRate);
            loss.item<float>();
            return batch.Targets.Length;
        }
    }

    /// <summary>The reference's model in our options: the same layers in the same places.</summary>
    private SasRecOptions Options() =>
        new()
        {
            Hidden = model.Width,
            Blocks = model.Blocks,
            Heads = model.Heads,
            MaxLength = model.Length,
            Dropout = model.Dropout,
            Norm = NormPlacement.Post,
            OutputProjection = true,
            BatchSize = model.Batch,
            Source = "pmixer/SASRec.pytorch, main.py",
        };
}
