using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Training TIGER's T5 on Beauty's windows: ours against the loop of the repositories, written for TorchSharp.</summary>
internal sealed class TigerTrain : IPeerComparison
{
    public string Name => "tiger-train";

    public string Unit => "samples/s";

    public string EqualWork =>
        "the gradient of one window's four codes; T5 4+4, width 128, 6 heads of 64, 1,024 inner, dropout 0.1, batches of 256 windows "
        + "of at most 20 items, Adam; ours in length groups, multiplies in bfloat16 where the processor does so faster";

    public double? Goal => 8;

    public string? Unavailable(BenchmarkOptions options) => BeamWorkload.Unavailable(options);

    public double FlopsPerUnit(BenchmarkOptions options)
    {
        var work = TigerWorkload.Load(options);
        using var model = work.MakeModel(options);
        return TigerFlops.PerSample(work.MakeBatcher(model, options).At(0), model.T5.Options);
    }

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var loop = new OurTigerLoop(TigerWorkload.Load(options), options);
        return new StepSide(() => loop.Step(), loop);
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        set_num_threads(options.Threads);
        var loop = new TigerReferenceLoop(TigerWorkload.Load(options), options);
        return new StepSide(() => loop.Step(), loop);
    }
}

/// <summary>A way of training TIGER, a step at a time.</summary>
internal interface ITigerLoop : IDisposable
{
    /// <summary>Whether dropout is on; it is when a loop is made.</summary>
    bool Training { set; }

    /// <summary>One update.</summary>
    /// <returns>Windows in it.</returns>
    int Step();

    /// <summary>The mean loss of a batch as the model stands.</summary>
    float LossOf(TigerBatch batch);
}

/// <summary>Our way, a step at a time: length groups made ahead, seeded masks, the fused optimizer.</summary>
internal sealed class OurTigerLoop : ITigerLoop
{
    private readonly FusedAdam optimizer;
    private readonly Prefetcher<TigerBatch> batches;
    private readonly int seed;
    private long step;

    public OurTigerLoop(TigerWorkload work, BenchmarkOptions options)
    {
        MallocTuning.Apply();
        Model = work.MakeModel(options);
        Model.train();
        optimizer = new FusedAdam(Model);
        seed = options.Seed;
        batches = new Prefetcher<TigerBatch>(work.MakeBatcher(Model, options).At);
    }

    public Tiger Model { get; }

    public double LastLoss { get; private set; } = double.NaN;

    public bool Training
    {
        set => Model.train(value);
    }

    public float LossOf(TigerBatch batch) => Model.Loss(batch).item<float>();

    public int Step()
    {
        using var scope = NewDisposeScope();
        using var masks = new DropoutStream(seed, step).Enter();
        var batch = batches.Get(step++);
        var loss = Model.Loss(batch);
        loss.backward();
        optimizer.Step(TigerWorkload.LearningRate);
        optimizer.ZeroGrad();
        LastLoss = loss.item<float>();
        return batch.Rows;
    }

    public void Dispose()
    {
        batches.Dispose();
        optimizer.Dispose();
        Model.Dispose();
    }
}

/// <summary>The repositories' way, a step at a time, on the same windows.</summary>
internal sealed class TigerReferenceLoop : ITigerLoop
{
    private readonly TigerBatcher batcher;
    private long step;

    public TigerReferenceLoop(TigerWorkload work, BenchmarkOptions options)
    {
        using var model = work.MakeModel(options);
        var sizes = model.T5.Options with { Precision = Precision.Float32 };
        Reference = new TigerReference(T5ReferenceWeights.Of(model.T5), sizes, TigerWorkload.LearningRate);
        batcher = work.MakeBatcher(model, options);
    }

    public TigerReference Reference { get; }

    public double LastLoss { get; private set; } = double.NaN;

    public bool Training
    {
        set => Reference.Training = value;
    }

    public float LossOf(TigerBatch batch)
    {
        var (ids, isReal, targets) = TigerWorkload.Pad(batch);
        return Reference.Loss(ids, isReal, targets).item<float>();
    }

    public int Step()
    {
        using var scope = NewDisposeScope();
        var batch = batcher.At(step++);
        var (ids, isReal, targets) = TigerWorkload.Pad(batch);
        LastLoss = Reference.Step(ids, isReal, targets);
        return batch.Rows;
    }

    public void Dispose() => Reference.Dispose();
}
