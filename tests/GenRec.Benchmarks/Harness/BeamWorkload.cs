using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Decoding;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Harness;

/// <summary>What both sides of a beam search comparison share: ids, histories, weights.</summary>
/// <param name="Codes">Codes of the items.</param>
/// <param name="Batches">Token sequences of the users of each batch.</param>
internal sealed record BeamWorkload(ItemCodes Codes, int[][][] Batches)
{
    private const string Ids = "tiger-noname-rqvae-4x256";
    private const int CodebookSize = 256;
    private const int Levels = 4;
    private const int MostItems = 20; // of a history, as in TIGER
    private const int ReadyBatches = 24;

    /// <summary>Codes of all levels in one vocabulary; 0 is padding.</summary>
    public static TokenLayout Layout { get; } =
        TokenLayout.Joint([.. Enumerable.Repeat(CodebookSize, Levels)], first: 1);

    /// <summary>TIGER's T5 over that vocabulary.</summary>
    public static T5Options Model { get; } = new() { Vocabulary = 1 + Levels * CodebookSize };

    /// <summary>Why the ids are not there, or null.</summary>
    public static string? Unavailable(BenchmarkOptions options)
    {
        if (BenchmarkData.Unavailable(BenchmarkData.Beauty, options) is { } reason)
            return reason;
        return options.Synthetic || File.Exists(IdsPath())
            ? null
            : $"'{IdsPath()}' is missing. Or measure small generated data with --synthetic.";
    }

    /// <summary>Loads ids and draws batches of test histories.</summary>
    public static BeamWorkload Load(int batchSize, BenchmarkOptions options)
    {
        var cases = BenchmarkData.Load(BenchmarkData.Beauty, options).Test;
        var random = new Random(options.Seed);
        var codes = CodesOf(cases.ItemCount, options);
        var batches = Enumerable
            .Range(0, ReadyBatches)
            .Select(_ =>
                Enumerable
                    .Range(0, batchSize)
                    .Select(_ => Tokens(cases.Histories[random.Next(cases.Count)], codes))
                    .ToArray()
            )
            .ToArray();
        return new BeamWorkload(codes, batches);
    }

    /// <summary>The published ids, or random ones for generated data.</summary>
    public static ItemCodes CodesOf(int items, BenchmarkOptions options) =>
        options.Synthetic ? RandomCodes(items, options.Seed) : ItemCodesFile.ReadTable(IdsPath(), items);

    /// <summary>Different random ids.</summary>
    public static ItemCodes RandomCodes(int items, int seed)
    {
        var (random, taken) = (new Random(seed), new HashSet<uint>(items));
        var codes = new int[items * Levels];
        while (taken.Count < items)
        {
            var id = (uint)random.NextInt64(1L << 32);
            if (taken.Add(id))
                for (var level = 0; level < Levels; level++)
                    codes[(taken.Count - 1) * Levels + level] = (int)(id >> (8 * level)) & 255;
        }
        return new ItemCodes(Levels, codes);
    }

    /// <summary>Fresh weights, equal on all sides.</summary>
    public static T5 MakeModel(BenchmarkOptions options, Precision precision = Precision.Float32)
    {
        manual_seed(options.Seed);
        var model = new T5(Model with { Precision = precision });
        model.eval();
        return model;
    }

    private static int[] Tokens(ReadOnlySpan<int> history, ItemCodes codes)
    {
        var newest = history[Math.Max(0, history.Length - MostItems)..];
        var tokens = new int[newest.Length * Levels];
        for (var at = 0; at < newest.Length; at++)
        for (var level = 0; level < Levels; level++)
            tokens[at * Levels + level] = Layout.TokenOf(level, codes[newest[at]][level]);
        return tokens;
    }

    private static string IdsPath() =>
        Path.Combine(DataFolders.TryFind(BenchmarkData.Beauty) ?? BenchmarkData.Beauty, "sids", $"{Ids}.tsv.gz");
}
