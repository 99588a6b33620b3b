using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Text;
using GenRec.Shared.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>reference rqvae</c>: both sides of <c>rqvae-train</c> for equally many steps; do they end with the same quality?</summary>
internal static class RqVaeQuality
{
    private const string Vectors = "text-use512.f16.npy"; // Beauty's sentence vectors

    public static Command Make()
    {
        var steps = new Option<int>("--steps")
        {
            Description = "Updates of each side.",
            DefaultValueFactory = _ => 2000,
        }.AtLeast(1);
        var seeds = new Option<int>("--seeds")
        {
            Description = "Pairs of trainings, with the seeds from --seed on; several end with the paired difference.",
            DefaultValueFactory = _ => 1,
        }.AtLeast(1);
        var components = new Option<int?>("--components")
        {
            Description = "Keep so many principal components of the vectors, for many short trainings.",
        };
        var hidden = new Option<int[]>("--hidden")
        {
            Description = "Widths of the hidden layers.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. RqVaeTrain.Options.Hidden],
        };
        var command = new Command("rqvae", "RQ-VAE by the reference loop and by ours: error and usage at equal steps.")
        {
            steps,
            seeds,
            components,
            hidden,
        };
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            var options = common.Apply(parsed);
            Console.WriteLine(MachineInfo.Line(options.Threads));
            if (!options.Synthetic && BenchmarkData.Unavailable(BenchmarkData.Beauty, options) is { } reason)
            {
                Console.Error.WriteLine(reason);
                return 2;
            }
            var vectors = Load(options, parsed.GetValue(components));
            var model = RqVaeTrain.Options with { Hidden = parsed.GetValue(hidden)! };
            var ends = new Dictionary<SideKind, List<IReadOnlyDictionary<string, double>>>();
            for (var seed = options.Seed; seed < options.Seed + parsed.GetValue(seeds); seed++)
                foreach (var side in Enum.GetValues<SideKind>())
                {
                    using var task = new RqVaeTask(vectors, model, seed);
                    var clock = Stopwatch.StartNew();
                    if (side == SideKind.Ours)
                        TrainOurs(task, parsed.GetValue(steps), seed);
                    else
                        TrainReference(task, vectors, parsed.GetValue(steps), seed);
                    var seconds = clock.Elapsed.TotalSeconds;
                    var metrics = task.Validate(default);
                    if (!ends.TryGetValue(side, out var known))
                        ends[side] = known = [];
                    known.Add(metrics);
                    Console.WriteLine(
                        $"{side} rqvae {vectors.Rows}x{vectors.Columns} steps={parsed.GetValue(steps)} seed={seed} "
                            + string.Join(' ', metrics.Select(one => $"{one.Key}={Fixed(one.Value)}"))
                            + $" seconds={Fixed(seconds)}"
                    );
                }
            if (parsed.GetValue(seeds) > 1)
                foreach (var metric in new[] { "explained", "usage", "unique" })
                    Console.WriteLine(Compare(metric, ends[SideKind.Ours], ends[SideKind.Peer]));
            return 0;
        });
        return command;
    }

    /// <summary>Means of both sides, and the mean of the differences seed by seed with its standard error.</summary>
    private static string Compare(
        string metric,
        List<IReadOnlyDictionary<string, double>> ours,
        List<IReadOnlyDictionary<string, double>> theirs
    )
    {
        var differences = ours.Zip(theirs, (own, other) => own[metric] - other[metric]).ToArray();
        var mean = differences.Average();
        var variance = differences.Sum(one => (one - mean) * (one - mean)) / (differences.Length - 1);
        return $"# {metric}: ours {Fixed(ours.Average(one => one[metric]))}, reference {Fixed(theirs.Average(one => one[metric]))}, "
            + $"difference {Fixed(mean)} +- {Fixed(Math.Sqrt(variance / differences.Length))} over {differences.Length} seeds";
    }

    private static EmbeddingMatrix Load(BenchmarkOptions options, int? components)
    {
        var vectors = Load(options);
        if (components is not { } width)
            return vectors;
        var projected = EmbeddingSteps.Learn(vectors, EmbeddingStep.Project(width)).Apply(vectors);
        var squares = 0.0;
        foreach (var value in projected.Values)
            squares += (double)value * value;
        var scale = (float)Math.Sqrt(projected.Values.Length / squares); // columns keep their proportions
        return new EmbeddingMatrix(
            projected.Rows,
            width,
            [.. projected.Values.ToArray().Select(value => value * scale)]
        );
    }

    private static EmbeddingMatrix Load(BenchmarkOptions options)
    {
        if (options.Synthetic)
            return RqVaeTrain.Vectors(options);
        var items = BenchmarkData.Load(BenchmarkData.Beauty, options).Test.ItemCount;
        var path = Path.Combine(DataFolders.TryFind(BenchmarkData.Beauty) ?? BenchmarkData.Beauty, Vectors);
        var vectors = EmbeddingFile.Read(path, items);
        return EmbeddingSteps.Learn(vectors, EmbeddingStep.Standardise).Apply(vectors);
    }

    private static void TrainOurs(RqVaeTask task, int steps, int seed) =>
        Trainer.Fit(
            task,
            new TrainingOptions
            {
                Steps = steps,
                EvaluateEveryEpochs = null,
                LearningRate = 1e-3,
                Optimizer = AdamOptions.AdamW(1e-4),
                ClipNorm = 1,
                ReportEverySteps = int.MaxValue,
                Seed = seed,
            }
        );

    /// <summary>Trains the reference and puts its weights into the task's model, so that both are measured alike.</summary>
    private static void TrainReference(RqVaeTask task, EmbeddingMatrix vectors, int steps, int seed)
    {
        var options = task.Model.Options;
        using var items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        int[] widths = [vectors.Columns, .. options.Hidden, options.Latent];
        using var loop = new RqVaeReference(items, widths, options.Levels, options.Codes, options.BatchSize, seed);
        for (var step = 0; step < steps; step++)
            loop.Step();
        CopyWeights(loop, task.Model);
        task.Model.eval();
    }

    /// <summary>Writes the reference's weights into our model.</summary>
    internal static void CopyWeights(RqVaeReference from, RqVae to)
    {
        using var none = no_grad();
        foreach (var (ours, theirs) in Pairs(from, to))
            ours.copy_(theirs);
    }

    /// <summary>Parameters of our model, each with the reference's.</summary>
    internal static IEnumerable<(Parameter Ours, Parameter Theirs)> Pairs(RqVaeReference reference, RqVae model)
    {
        var weights = model.named_parameters().ToDictionary(one => one.name, one => one.parameter);
        for (var layer = 0; layer < reference.Encoder.Count; layer++)
            foreach (var (side, layers) in new[] { ("encoder", reference.Encoder), ("decoder", reference.Decoder) })
            {
                yield return (weights[$"{side}.{layer}.weight"], layers[layer].weight!);
                yield return (weights[$"{side}.{layer}.bias"], layers[layer].bias!);
            }
        for (var level = 0; level < reference.Codebooks.Count; level++)
            yield return (model.Codebook(level), reference.Codebooks[level]);
    }

    private static string Fixed(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}
