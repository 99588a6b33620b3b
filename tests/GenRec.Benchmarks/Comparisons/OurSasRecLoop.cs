using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Our way to train SASRec: packed rows made ahead, seeded masks, fused Adam.</summary>
internal sealed class OurSasRecLoop : ISasRecLoop
{
    private readonly SasRec model;
    private readonly Adam adam;
    private readonly Prefetcher<NextItemBatch> batches;
    private readonly double learningRate;
    private readonly long seed;
    private long step;

    public OurSasRecLoop(Interactions train, ReferenceOptions reference, BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        Compute.Seed(options.Seed);
        (learningRate, seed) = (reference.LearningRate, options.Seed);
        var sizes = OptionsOf(reference);
        model = new SasRec(train.ItemCount, sizes);
        model.train();
        adam = new FusedAdam(model, new AdamOptions { Beta2 = 0.98 });
        if (!adam.IsFused)
            Console.Error.WriteLine("# warning: the fused Adam kernel was not found; plain operators stand in for it.");
        var batcher = new NextItemBatcher(train, sizes.Batching((ulong)options.Seed));
        StepsPerEpoch = batcher.StepsPerEpoch;
        batches = new Prefetcher<NextItemBatch>(batcher.At);
        Scorer = new SasRecScorer(model);
    }

    public int StepsPerEpoch { get; }

    public double LastLoss { get; private set; } = double.NaN;

    public IFullScorer Scorer { get; }

    public int Step()
    {
        using var scope = NewDisposeScope();
        using var dropout = new DropoutStream(seed, step).Enter();
        var batch = batches.Get(step++);
        adam.ZeroGrad();
        var loss = SasRecObjective.Loss(model, batch);
        loss.backward();
        adam.Step(learningRate);
        LastLoss = loss.item<float>();
        return batch.Targets.Length;
    }

    public void Dispose()
    {
        batches.Dispose();
        adam.Dispose();
        model.Dispose();
    }

    /// <summary>The reference's model in our options: the same layers in the same places.</summary>
    public static SasRecOptions OptionsOf(ReferenceOptions reference) =>
        new()
        {
            Hidden = reference.Width,
            Blocks = reference.Blocks,
            Heads = reference.Heads,
            MaxLength = reference.Length,
            Dropout = reference.Dropout,
            Norm = NormPlacement.Post,
            OutputProjection = true,
            BatchSize = reference.Batch,
            Source = "pmixer/SASRec.pytorch, main.py",
        };
}
