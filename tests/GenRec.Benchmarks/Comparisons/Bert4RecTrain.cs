using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Training BERT4Rec on Beauty: ours against the authors' loop, written for TorchSharp; both see the same masks.</summary>
internal sealed class Bert4RecTrain : IPeerComparison
{
    public const double LearningRate = 1e-3;

    /// <summary>The paper's sizes and the authors' masks of Beauty: 0.6 of a sequence, at most 30.</summary>
    public static Bert4RecOptions Model { get; } =
        new()
        {
            MaskRate = 0.6,
            MaxMasks = 30,
            Dropout = 0.5,
            AttentionDropout = 0.2,
            Source = "Sun et al., section 4.3; run_beauty.sh",
        };

    public string Name => "bert4rec-train";

    public string Unit => "masked items/s";

    public string EqualWork =>
        $"the gradient of one masked item by the full softmax; {Model.BatchSize} sequences a step, length {Model.MaxLength}, width "
        + $"{Model.Hidden}, {Model.Blocks} blocks, {Model.Heads} heads, Adam, float32; the peer scores masked cells only, as the authors do";

    public string? Unavailable(BenchmarkOptions options) => BenchmarkData.Unavailable(BenchmarkData.Beauty, options);

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var loop = new OurBert4RecLoop(options);
        return new StepSide(() => loop.Step(), loop);
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        set_num_threads(options.Threads);
        var train = BenchmarkData.Load(BenchmarkData.Beauty, options).Train;
        using var start = Fresh(train, Model, options);
        var reference = new Bert4RecReference(start, LearningRate);
        var (batches, step) = (Model.Batches(train, (ulong)options.Seed), 0L);
        return new StepSide(
            () =>
            {
                var batch = Pad(batches.At(step++), Model.MaxLength);
                reference.Step(batch);
                return batch.Cells.Length;
            },
            reference
        );
    }

    /// <summary>A model with the weights that both sides start from.</summary>
    public static Bert4Rec Fresh(Interactions train, Bert4RecOptions sizes, BenchmarkOptions options)
    {
        Compute.Seed(options.Seed);
        return new Bert4Rec(train.ItemCount, sizes);
    }

    /// <summary>The sequences of packed rows, each in a row of its own; ours put the newest item at position L - 1, the left end is padding.</summary>
    public static Bert4RecReferenceBatch Pad(NextItemBatch batch, int length)
    {
        var rows = new Dictionary<(int Row, long Segment), int>();
        var placeOf = new long[batch.Items.Length];
        for (var cell = 0; cell < batch.Items.Length; cell++)
            if (batch.Segments[cell] != 0)
            {
                var sequence = (cell / batch.Width, batch.Segments[cell]);
                if (!rows.TryGetValue(sequence, out var row))
                    rows[sequence] = row = rows.Count;
                placeOf[cell] = (long)row * length + batch.Positions[cell];
            }
        var ids = new long[rows.Count * length];
        for (var cell = 0; cell < batch.Items.Length; cell++)
            if (batch.Segments[cell] != 0)
                ids[placeOf[cell]] = batch.Items[cell];
        return new Bert4RecReferenceBatch(ids, Array.ConvertAll(batch.Cells, cell => placeOf[cell]), batch.Targets);
    }
}

/// <summary>Our way, a step at a time: packed rows made ahead, seeded masks, the fused softmax and optimizer.</summary>
internal sealed class OurBert4RecLoop : IDisposable
{
    private readonly Bert4Rec model;
    private readonly FusedAdam optimizer;
    private readonly Prefetcher<NextItemBatch> batches;
    private readonly int seed;
    private long step;

    public OurBert4RecLoop(BenchmarkOptions options)
    {
        MallocTuning.Apply();
        var train = BenchmarkData.Load(BenchmarkData.Beauty, options).Train;
        model = Bert4RecTrain.Fresh(train, Bert4RecTrain.Model, options);
        model.train();
        optimizer = new FusedAdam(model);
        seed = options.Seed;
        batches = new Prefetcher<NextItemBatch>(Bert4RecTrain.Model.Batches(train, (ulong)options.Seed).At);
    }

    public int Step()
    {
        using var scope = NewDisposeScope();
        using var masks = new DropoutStream(seed, step).Enter();
        var batch = batches.Get(step++);
        var loss = ItemSequenceObjective.Loss(model, batch);
        loss.backward();
        optimizer.Step(Bert4RecTrain.LearningRate);
        optimizer.ZeroGrad();
        _ = loss.item<float>();
        return batch.Targets.Length;
    }

    public void Dispose()
    {
        batches.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }
}
