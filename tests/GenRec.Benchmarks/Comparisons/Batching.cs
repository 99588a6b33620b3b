using GenRec.Benchmarks.Harness;
using GenRec.Shared.Data;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Making training batches: our filled arrays, made ahead, against TorchSharp's data loader.</summary>
internal sealed class Batching : IPeerComparison
{
    private const int BatchSize = 128;
    private const int Length = 50;

    public string Name => "batching";

    public string Unit => "users/s";

    public string EqualWork =>
        $"the newest {Length} training items of one user, the item after each and one unseen negative each, as tensors of "
        + $"batches of {BatchSize}; the peer has as many workers as threads";

    public double? Goal => 20;

    public string? Unavailable(BenchmarkOptions options) => BenchmarkData.Unavailable(BenchmarkData.Beauty, options);

    /// <summary>The batches that both sides make, in our options.</summary>
    public static NextItemBatching Wanted(BenchmarkOptions options) =>
        new()
        {
            BatchSize = BatchSize,
            MaxLength = Length,
            Seed = (ulong)options.Seed,
        };

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var batcher = new NextItemBatcher(BenchmarkData.Load(BenchmarkData.Beauty, options).Train, Wanted(options));
        var batches = new Prefetcher<NextItemBatch>(batcher.At);
        var step = 0L;
        return new StepSide(Next, batches);

        double Next()
        {
            using var scope = NewDisposeScope();
            var batch = batches.Get(step);
            foreach (var grid in new[] { batch.Items, batch.Positions, batch.Segments })
                tensor(grid).view(batch.Rows, batch.Width);
            foreach (var list in new[] { batch.Cells, batch.Targets, batch.Negatives })
                tensor(list);
            step++;
            return Math.Min(BatchSize, batcher.Users - BatchSize * (double)((step - 1) % batcher.StepsPerEpoch));
        }
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var data = new PaddedHistories(BenchmarkData.Load(BenchmarkData.Beauty, options).Train, options.Seed);
        var loader = utils.data.DataLoader(data, BatchSize, shuffle: true, num_worker: options.Threads);
        var batches = loader.GetEnumerator();
        return new StepSide(Next, batches, loader);

        double Next()
        {
            using var scope = NewDisposeScope();
            if (!batches.MoveNext())
            {
                batches.Reset();
                batches.MoveNext();
            }
            var users = batches.Current["items"].shape[0];
            foreach (var part in batches.Current.Values)
                part.Dispose();
            return users;
        }
    }

    /// <summary>One user's tensors, as the loader wants them.</summary>
    private sealed class PaddedHistories(Interactions train, int seed) : utils.data.Dataset
    {
        private readonly int[][] rows =
        [
            .. Enumerable
                .Range(0, train.Users)
                .Select(user => train.ItemsOf(user).ToArray())
                .Where(row => row.Length > 1),
        ];
        private readonly ThreadLocal<Random> random = new(() => new Random(seed));

        public override long Count => rows.Length;

        public override Dictionary<string, Tensor> GetTensor(long index)
        {
            var row = rows[index];
            var (items, next, negatives) = (new long[Length], new long[Length], new long[Length]);
            var (met, generator) = (new HashSet<int>(row), random.Value!);
            for (var (from, cell) = (row.Length - 2, Length - 1); from >= 0 && cell >= 0; from--, cell--)
            {
                (items[cell], next[cell]) = (row[from], row[from + 1]);
                do negatives[cell] = generator.Next(1, train.ItemCount + 1);
                while (met.Contains((int)negatives[cell]));
            }
            return new()
            {
                ["items"] = tensor(items),
                ["next"] = tensor(next),
                ["negatives"] = tensor(negatives),
            };
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                random.Dispose();
            base.Dispose(disposing);
        }
    }
}
