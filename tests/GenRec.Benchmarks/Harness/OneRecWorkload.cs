using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Harness;

/// <summary>What both sides of a OneRec comparison share: sessions of the embedded feed, random ids, fresh weights.</summary>
/// <param name="Sessions">Histories of at most 256 videos and sessions of five, all that the feed has.</param>
/// <param name="Ids">Three codes of 256 for each of its videos, none shared.</param>
internal sealed record OneRecWorkload(SessionExamples Sessions, SemanticIdTable Ids)
{
    public const double LearningRate = 2e-4; // the paper's
    public const int Beams = 16;
    public const int Users = 64;
    private const int Levels = 3;

    /// <summary>24 experts of which two work, m = 5, n = 256, as the paper; width and layers ours.</summary>
    public static OneRecOptions Model { get; } =
        new()
        {
            MaxHistory = 256,
            BatchSize = 32, // padded to 256 videos, more do not fit into the memory of a small machine
            MeasureIllegalEvery = 0,
            Precision = Precision.BFloat16,
            Source = "OneRec, section 5.1.1; width 128, 4 + 4 layers ours",
        };

    /// <summary>The same with shorter histories: the peer keeps a copy of the encoder's keys and values for each beam.</summary>
    public static OneRecOptions Served { get; } = Model with { MaxHistory = 50 };

    /// <summary>The small feed for generated data, else the notebooks'.</summary>
    public static OneRecWorkload Load(BenchmarkOptions options)
    {
        var world = FeedWorld.Create(options.Synthetic ? FeedPreset.Smoke : FeedPreset.Feed);
        var items = world.Dataset.Interactions.ItemCount;
        var rules = SessionRules.KeepAll with { MaxHistory = Model.MaxHistory };
        return new OneRecWorkload(
            SessionExamples.Of(world.Slates, items, rules),
            SemanticIdTable.From(RandomCodes(items, options.Seed), [256, 256, 256])
        );
    }

    /// <summary>A model with fresh weights, equal on both sides.</summary>
    public OneRec MakeModel(BenchmarkOptions options, OneRecOptions? sizes = null)
    {
        Compute.Seed(options.Seed);
        return new OneRec(Ids, sizes ?? Model);
    }

    /// <summary>Histories of a batch of users, the same on both sides; the model cuts them.</summary>
    public Histories HistoriesAt(int step)
    {
        var rows = Enumerable
            .Range(0, Users)
            .Select(user => (int)(((long)step * Users + user) * 7919 % Sessions.Count));
        return Sessions.Batch([.. rows]).Histories;
    }

    /// <summary>A batch as a plain loop has it: histories padded on the right to the longest.</summary>
    public static (Tensor Ids, Tensor IsReal, Tensor Inputs, Tensor Targets) Pad(OneRecBatch batch)
    {
        var (count, longest) = (batch.Order.Length, batch.Groups.Max(group => group.Length));
        var (ids, isReal) = (new long[count * longest], new bool[count * longest]);
        var (row, at) = (0, 0);
        foreach (var group in batch.Groups)
            for (var one = 0; one < group.Count; one++, row++, at += group.Length)
            {
                batch.Ids.AsSpan(at, group.Length).CopyTo(ids.AsSpan(row * longest));
                isReal.AsSpan(row * longest, group.Length).Fill(true);
            }
        return (
            tensor(ids).view(count, longest),
            tensor(isReal).view(count, longest),
            tensor(batch.Inputs).view(batch.Sessions, -1),
            tensor(batch.Targets).view(batch.Sessions, -1)
        );
    }

    private static ItemCodes RandomCodes(int items, int seed)
    {
        var (random, taken, codes) = (new Random(seed), new HashSet<int>(items), new List<int>());
        while (taken.Count < items)
            if (random.Next(1 << 24) is var id && taken.Add(id))
                codes.AddRange([id & 255, (id >> 8) & 255, id >> 16]);
        return new ItemCodes(Levels, [.. codes]);
    }
}
