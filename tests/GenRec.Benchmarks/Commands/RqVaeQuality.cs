using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Text;
using GenRec.Shared.Training;
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
        var command = new Command("rqvae", "RQ-VAE by the reference loop and by ours: error and usage at equal steps.")
        {
            steps,
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
            var vectors = Load(options);
            foreach (var side in Enum.GetValues<SideKind>())
            {
                using var task = new RqVaeTask(vectors, RqVaeTrain.Options, options.Seed);
                var clock = Stopwatch.StartNew();
                if (side == SideKind.Ours)
                    TrainOurs(task, parsed.GetValue(steps), options.Seed);
                else
                    TrainReference(task, vectors, parsed.GetValue(steps), options.Seed);
                var seconds = clock.Elapsed.TotalSeconds;
                Console.WriteLine(
                    $"{side} rqvae {vectors.Rows}x{vectors.Columns} steps={parsed.GetValue(steps)} seed={options.Seed} "
                        + string.Join(' ', task.Validate(default).Select(one => $"{one.Key}={Fixed(one.Value)}"))
                        + $" seconds={Fixed(seconds)}"
                );
            }
            return 0;
        });
        return command;
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
        var options = RqVaeTrain.Options;
        using var items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        int[] widths = [vectors.Columns, .. options.Hidden, options.Latent];
        using var loop = new RqVaeReference(items, widths, options.Levels, options.Codes, options.BatchSize, seed);
        for (var step = 0; step < steps; step++)
            loop.Step();
        using var none = no_grad();
        var weights = task.Model.named_parameters().ToDictionary(one => one.name, one => one.parameter);
        for (var layer = 0; layer < loop.Encoder.Count; layer++)
            foreach (var (side, layers) in new[] { ("encoder", loop.Encoder), ("decoder", loop.Decoder) })
            {
                weights[$"{side}.{layer}.weight"].copy_(layers[layer].weight!);
                weights[$"{side}.{layer}.bias"].copy_(layers[layer].bias!);
            }
        for (var level = 0; level < options.Levels; level++)
            task.Model.Codebook(level).copy_(loop.Codebooks[level]);
        task.Model.eval();
    }

    private static string Fixed(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}
