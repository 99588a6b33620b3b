using System.Globalization;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Decoding;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Constrained beam search with TIGER's T5 on Beauty's ids: ours against the reference's way, in TorchSharp or in PyTorch.</summary>
internal sealed class ConstrainedBeam(
    string name,
    int beams,
    int batch,
    bool inPython,
    Precision precision = Precision.Float32
) : IPeerComparison
{
    public static ConstrainedBeam One { get; } = new("constrained-beam", 50, 1, inPython: true);

    /// <summary>What fewer bits in our products buy; the peer's stay float32.</summary>
    public static ConstrainedBeam Narrow { get; } =
        new("constrained-beam-bf16", 50, 1, inPython: true, Precision.BFloat16);

    public static ConstrainedBeam Batch { get; } = new("constrained-beam-batch", 10, 32, inPython: true);

    public static ConstrainedBeam OnePort { get; } = new("constrained-beam-port", 50, 1, inPython: false);

    public static ConstrainedBeam BatchPort { get; } = new("constrained-beam-batch-port", 10, 32, inPython: false);

    public string Name => name;

    public string Unit => "users/s";

    public string EqualWork =>
        $"the {beams} best ids of one user under the trie by beam search, {batch} users a step, equal weights and histories; "
        + "histories of at most 20 items, the peer's padded to the longest of the batch"
        + (precision == Precision.Float32 ? "" : "; our products in bfloat16, so the lists differ");

    public double? Goal => inPython && precision == Precision.Float32 ? 6 : null;

    /// <summary>Beams of a user.</summary>
    public int Beams => beams;

    /// <summary>Users of a step.</summary>
    public int BatchSize => batch;

    public string? Unavailable(BenchmarkOptions options) =>
        BeamWorkload.Unavailable(options) ?? (inPython && Python.WithTorch is null ? Python.Missing : null);

    public double FlopsPerUnit(BenchmarkOptions options) =>
        BeamFlops.PerUser(BeamWorkload.Load(batch, options), beams, BeamWorkload.Model);

    public string? Remark(BenchmarkOptions options)
    {
        if (precision == Precision.Float32)
            return null; // `verify` asks for equal lists
        var work = BeamWorkload.Load(batch, options);
        using var model = BeamWorkload.MakeModel(options, precision);
        using var process = StartPython(work, T5ReferenceWeights.Of(model), options);
        var (shared, difference) = (new List<double>(), 0.0);
        for (var at = 0; at < work.Batches.Length; at++)
        {
            var (ours, theirs) = (OurLists(work, model, at), ListsOf(process, at));
            for (var from = 0; from < theirs.Items.Length; from += beams)
            {
                var scores = theirs
                    .Items.Skip(from)
                    .Take(beams)
                    .Zip(theirs.Scores.Skip(from))
                    .ToDictionary(pair => pair.First, pair => pair.Second);
                var both = Enumerable
                    .Range(from, beams)
                    .Where(place => scores.ContainsKey(ours.Items[place]))
                    .ToArray();
                shared.Add((double)both.Length / beams);
                foreach (var place in both)
                    difference = Math.Max(difference, Math.Abs(ours.Scores[place] - scores[ours.Items[place]]));
            }
        }
        return string.Create(
            CultureInfo.InvariantCulture,
            $"with fresh weights, overlap@{beams} with the peer's lists {shared.Average():P1} in the mean and {shared.Min():P1} at "
                + $"least, of {shared.Count} users; largest difference of an item's score {difference:F3}"
        );
    }

    /// <summary>Items and scores of a batch's users, list after list.</summary>
    public (int[] Items, float[] Scores) OurLists(BeamWorkload work, T5 model, int at)
    {
        using var scope = NewDisposeScope();
        using var trie = PrefixTrie.Build(work.Codes, BeamWorkload.Layout);
        using var histories = TokenBatch.Pack(work.Batches[at]);
        using var decoder = new T5StepDecoder(model, histories);
        using var ids = new BeamSearch(trie.All, new BeamOptions { Width = beams }).Run(decoder);
        using var lists = ids.ToItems(beams);
        return (
            [.. lists.Items.data<long>().ToArray().Select(item => (int)item)],
            lists.Scores.data<float>().ToArray()
        );
    }

    /// <summary>The same of the script.</summary>
    public static (int[] Items, float[] Scores) ListsOf(SideProcess process, int at)
    {
        var words = process.Ask($"lists {at.ToString(CultureInfo.InvariantCulture)}").Split(' ');
        var count = words.Length / 2;
        return (
            [.. words[..count].Select(word => int.Parse(word, CultureInfo.InvariantCulture))],
            [.. words[count..].Select(word => float.Parse(word, CultureInfo.InvariantCulture))]
        );
    }

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var work = BeamWorkload.Load(batch, options);
        var model = BeamWorkload.MakeModel(options, precision);
        var trie = PrefixTrie.Build(work.Codes, BeamWorkload.Layout);
        var search = new BeamSearch(trie.All, new BeamOptions { Width = beams });
        var step = 0;
        return new StepSide(
            () =>
            {
                using var scope = NewDisposeScope();
                using var histories = TokenBatch.Pack(work.Batches[step++ % work.Batches.Length]);
                using var decoder = new T5StepDecoder(model, histories);
                using var ids = search.Run(decoder);
                using var lists = ids.ToItems(beams);
                return lists.Items.cpu().shape[0];
            },
            model,
            trie
        );
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var work = BeamWorkload.Load(batch, options);
        using var model = BeamWorkload.MakeModel(options);
        var weights = T5ReferenceWeights.Of(model);
        if (inPython)
        {
            var process = StartPython(work, weights, options);
            return new StepSide(() => process.Run(1).Units, process);
        }
        var search = new BeamReference(
            new T5Reference(weights, BeamWorkload.Model),
            BeamWorkload.Model,
            work.Codes,
            BeamWorkload.Layout
        );
        var step = 0;
        return new StepSide(() =>
        {
            search.Run(work.Batches[step++ % work.Batches.Length], beams);
            return batch;
        });
    }

    /// <summary>Starts the script with everything it needs; it has read all when this returns.</summary>
    public SideProcess StartPython(BeamWorkload work, Dictionary<string, Tensor> weights, BenchmarkOptions options)
    {
        var interpreter = Python.WithTorch ?? throw new BenchmarkException(Python.Missing);
        var folder = Directory.CreateTempSubdirectory("beam-reference-").FullName;
        try
        {
            T5ReferenceWeights.Write(weights, Path.Combine(folder, "weights.f32"), Path.Combine(folder, "weights.txt"));
            File.WriteAllLines(
                Path.Combine(folder, "ids.txt"),
                Enumerable
                    .Range(1, work.Codes.ItemCount)
                    .Select(item =>
                        Line(
                            work.Codes[item].ToArray().Select((code, level) => BeamWorkload.Layout.TokenOf(level, code))
                        )
                    )
            );
            File.WriteAllLines(
                Path.Combine(folder, "histories.txt"),
                work.Batches.SelectMany(users => users.Select(tokens => Line(tokens)))
            );
            return SideProcess.Start(
                name,
                interpreter,
                [
                    Path.Combine(AppContext.BaseDirectory, "Reference", "beam_reference.py"),
                    folder,
                    Number(beams),
                    Number(batch),
                    Number(BeamWorkload.Model.Heads),
                    Number(options.Threads),
                ]
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static string Line(IEnumerable<int> tokens) => string.Join(' ', tokens.Select(Number));
        static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
