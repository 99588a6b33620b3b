using GenRec.Benchmarks.Harness;
using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>
/// How batches of different lengths are best computed: packed into shared rows behind a block-diagonal mask, sequences in any
/// order, against sorting them by length, so that the rows of a batch are equally long and nothing is packed or padded.
/// </summary>
internal sealed class BackbonePacking(string name, BackboneOptions model) : IPeerComparison
{
    private readonly BackboneOptions model = model;

    private const double LearningRate = 1e-3;

    private static readonly BackboneOptions Small = new()
    {
        HistoryLayers = 4,
        Width = 64,
        HeadWidth = 16,
        FeedForward = 204,
        Source = "the tutorial's sizes",
    };

    /// <summary>Rows of which every item is written.</summary>
    public static BackbonePacking Rows { get; } = new("backbone-packing-rows", Small);

    /// <summary>Windows of which the last item is written, by an encoder-decoder.</summary>
    public static BackbonePacking Windows { get; } =
        new(
            "backbone-packing-windows",
            Small with
            {
                History = AttentionDirection.Bidirectional,
                Supervision = Supervision.LastItem,
                Writer = CodeWriter.CrossAttention,
                HistoryLayers = 2,
                WriterLayers = 2,
                FeedForward = 160,
            }
        );

    /// <summary>The same, the windows of a batch in eight classes of length.</summary>
    public static BackbonePacking Classes { get; } =
        new("backbone-packing-classes", Windows.model with { LengthClasses = 8 });

    public string Name => name;

    public string Unit => "targets/s";

    public string EqualWork =>
        $"the gradient of one item's four codes, {model.BatchTargets} items a step, Beauty's lengths, at most {model.MaxItems} items read; "
        + "the same network and the same trainer, only the order of the sequences differs: shuffled and packed, or sorted by length";

    public string? Unavailable(BenchmarkOptions options) => BeamWorkload.Unavailable(options);

    public IComparisonSide Ours(BenchmarkOptions options) => Side(options, isSorted: false);

    public IComparisonSide Peer(BenchmarkOptions options) => Side(options, isSorted: true);

    private StepSide Side(BenchmarkOptions options, bool isSorted)
    {
        Compute.UseThreads(options.Threads);
        MallocTuning.Apply();
        var work = TigerWorkload.Load(options);
        Compute.Seed(options.Seed);
        var network = new Backbone(work.Ids, model);
        network.train();
        var batches = Batches(Sequences(work.Split.Train), isSorted, options.Seed);
        var ready = new Prefetcher<IReadOnlyList<BackboneBatch>>(step =>
            Pack(network, batches[(int)(step % batches.Length)])
        );
        var (optimizer, at) = (new FusedAdam(network), 0L);
        return new StepSide(Step, ready, optimizer, network);

        double Step()
        {
            using var scope = NewDisposeScope();
            using var masks = new DropoutStream(options.Seed, at).Enter();
            var batch = ready.Get(at++);
            var loss = network.Loss(batch);
            loss.backward();
            optimizer.Step(LearningRate);
            optimizer.ZeroGrad();
            _ = loss.item<float>();
            return batch.Sum(part => part.Targets);
        }
    }

    private int[][] Sequences(Interactions train)
    {
        var (read, found) = (model.MaxItems, new List<int[]>());
        for (var user = 0; user < train.Users; user++)
        {
            var items = train.ItemsOf(user);
            if (model.Supervision == Supervision.EveryItem && items.Length > 1)
                found.Add(items[..Math.Min(items.Length, read + 1)].ToArray());
            else if (model.Supervision == Supervision.LastItem)
                for (var target = 1; target < items.Length; target++)
                    found.Add(items[Math.Max(0, target - read)..(target + 1)].ToArray());
        }
        return [.. found];
    }

    private int[][][] Batches(int[][] sequences, bool isSorted, int seed)
    {
        var random = new Random(seed);
        random.Shuffle(sequences);
        if (isSorted)
            sequences = [.. sequences.OrderBy(sequence => sequence.Length)]; // stable: equal lengths stay shuffled
        var (batches, next, targets) = (new List<int[][]>(), new List<int[]>(), 0);
        foreach (var sequence in sequences)
        {
            next.Add(sequence);
            targets += model.Supervision == Supervision.EveryItem ? sequence.Length - 1 : 1;
            if (targets < model.BatchTargets)
                continue;
            batches.Add([.. next]);
            (next, targets) = ([], 0);
        }
        var mixed = batches.ToArray();
        random.Shuffle(mixed); // lengths in any order, as a training would have them
        return mixed;
    }

    private IReadOnlyList<BackboneBatch> Pack(Backbone network, int[][] batch) =>
        BackboneBatcher.InClasses(
            network,
            batch,
            [.. batch.Select(sequence => model.Supervision == Supervision.EveryItem ? 1 : sequence.Length - 1)]
        );
}
