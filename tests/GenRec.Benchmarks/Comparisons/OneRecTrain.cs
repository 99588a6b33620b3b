using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Pre-training OneRec on sessions of the embedded feed: ours against a straight port of the paper's formulas.</summary>
internal sealed class OneRecTrain : IPeerComparison
{
    public string Name => "onerec-train";

    public string Unit => "samples/s";

    public string EqualWork =>
        "the gradient of one session of 5 videos with 3 codes each, a BOS before every video; width 128, 4+4 layers, 24 experts of 512 "
        + "of which 2 work, dropout 0.1, batches of 32 sessions of the embedded feed with histories of at most 256 videos, Adam; ours in "
        + "length groups, tokens sorted by expert, in bfloat16 where the processor multiplies it faster; the peer padded, in a loop over "
        + "experts";

    public double? Goal => 4;

    public double FlopsPerUnit(BenchmarkOptions options)
    {
        var work = OneRecWorkload.Load(options);
        using var model = work.MakeModel(options);
        return OneRecFlops.PerSession(
            new OneRecBatcher(work.Sessions, model.Tokens, OneRecWorkload.Model, options.Seed).At(0),
            model.T5.Options
        );
    }

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var loop = new OurOneRecLoop(OneRecWorkload.Load(options), options);
        return new StepSide(() => loop.Step(), loop);
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        set_num_threads(options.Threads);
        var work = OneRecWorkload.Load(options);
        using var model = work.MakeModel(options);
        var sizes = model.T5.Options with { Precision = Precision.Float32 };
        var reference = new TigerReference(T5ReferenceWeights.Of(model.T5), sizes, OneRecWorkload.LearningRate);
        var batcher = new OneRecBatcher(work.Sessions, model.Tokens, OneRecWorkload.Model, options.Seed);
        var step = 0L;
        return new StepSide(
            () =>
            {
                using var scope = NewDisposeScope();
                var batch = batcher.At(step++);
                var (ids, isReal, inputs, targets) = OneRecWorkload.Pad(batch);
                reference.SessionStep(ids, isReal, inputs, targets, batch.Items);
                return batch.Sessions;
            },
            reference
        );
    }
}

/// <summary>Our way, a step at a time: batches made ahead, seeded masks, the fused optimizer.</summary>
internal sealed class OurOneRecLoop : IDisposable
{
    private readonly OneRec model;
    private readonly FusedAdam optimizer;
    private readonly Prefetcher<OneRecBatch> batches;
    private readonly int seed;
    private long step;

    public OurOneRecLoop(OneRecWorkload work, BenchmarkOptions options)
    {
        MallocTuning.Apply();
        model = work.MakeModel(options);
        model.train();
        (optimizer, seed) = (new FusedAdam(model), options.Seed);
        batches = new Prefetcher<OneRecBatch>(
            new OneRecBatcher(work.Sessions, model.Tokens, OneRecWorkload.Model, options.Seed).At
        );
    }

    public int Step()
    {
        using var scope = NewDisposeScope();
        using var masks = new DropoutStream(seed, step).Enter();
        var batch = batches.Get(step++);
        var loss = model.Loss(batch);
        loss.backward();
        optimizer.Step(OneRecWorkload.LearningRate);
        optimizer.ZeroGrad();
        loss.item<float>();
        return batch.Sessions;
    }

    public void Dispose()
    {
        batches.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }
}
