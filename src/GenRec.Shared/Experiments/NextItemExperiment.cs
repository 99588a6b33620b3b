using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Models;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>Runs a preset from data to measured numbers, and gathers runs of several seeds into committed records.</summary>
public static class NextItemExperiment
{
    /// <summary>Metrics of a record; lists that are shorter leave out those that look further.</summary>
    internal static IReadOnlyList<Metric> Reported { get; } =
    [Metric.Recall(5), Metric.Ndcg(5), Metric.Recall(10), Metric.Ndcg(10), Metric.Recall(20), Metric.Ndcg(20)];

    /// <summary>Trains and measures, or goes on from the folder's newest checkpoint.</summary>
    /// <param name="preset">What to run.</param>
    /// <param name="seed">Seed of weights, batches and dropout.</param>
    /// <param name="folder">Where checkpoints and results go; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="progress">Receives the trainer's events.</param>
    /// <param name="cancel">Stops after the current batch; a checkpoint is written first.</param>
    /// <returns>The test metrics by protocol (see <see cref="NextItemPreset.Protocols"/>), the full ranking under "".</returns>
    /// <exception cref="TrainingInterruptedException">It was cancelled.</exception>
    public static IReadOnlyDictionary<string, SeedResult> Run(
        NextItemPreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        IProgress<TrainingEvent>? progress = null,
        CancellationToken cancel = default
    )
    {
        var (split, task, trained) = Train(preset, seed, folder, device, progress, cancel);
        using var disposing = task;
        var results = Measure(new ItemSequenceScorer(task.Model), preset, split, seed, trained, cancel);
        if (folder is not null)
        {
            foreach (var (suffix, result) in results.Where(result => result.Key.Length > 0))
                RecordFile.Write(Path.Combine(folder.Path, $"metrics{suffix}.json"), result, overwrite: true);
            folder.Complete(results[""]);
        }
        return results;
    }

    /// <summary>Trains and keeps the test cases closed: what a setting may be chosen by.</summary>
    /// <inheritdoc cref="Run" path="/param"/>
    /// <returns>The validation metrics of the best weights, full ranking without seen items.</returns>
    /// <exception cref="TrainingInterruptedException">It was cancelled.</exception>
    public static SeedResult Validate(
        NextItemPreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        IProgress<TrainingEvent>? progress = null,
        CancellationToken cancel = default
    )
    {
        var (_, task, trained) = Train(preset, seed, folder, device, progress, cancel);
        using var disposing = task;
        var result = new SeedResult(seed, trained.Metrics, trained.WeightsOfStep, trained.Seconds);
        folder?.CompleteUntested(result);
        return result;
    }

    private static (Split Split, ItemSequenceTask Task, TrainingResult Trained) Train(
        NextItemPreset preset,
        long seed,
        RunFolder? folder,
        torch.Device? device,
        IProgress<TrainingEvent>? progress,
        CancellationToken cancel
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        var split = preset.LoadSplit();
        // Validated without seen items: a model that ranks them high is right about the user and wrong about the task, and
        // NDCG with them stops improving long before the ranking of new items does.
        var unseen = EvaluationProtocol.Full with
        {
            SeenFilter = SeenFilter.History,
        };
        var task = preset.CreateTask(split, seed, unseen, device);
        try
        {
            var options = preset.Training with { Seed = seed, Folder = folder?.CheckpointFolder };
            return (split, task, Trainer.Fit(task, options, progress, cancel));
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    /// <summary>Measures a scorer on the test cases under every protocol of a preset.</summary>
    public static IReadOnlyDictionary<string, SeedResult> Measure(
        IFullScorer scorer,
        NextItemPreset preset,
        Split split,
        long seed,
        TrainingResult? trained = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(split);
        return preset.Protocols.ToDictionary(
            protocol => protocol.Suffix,
            protocol => new SeedResult(
                seed,
                Evaluator
                    .Evaluate(scorer, split.Test, protocol.Protocol, train: split.Train, cancel: cancel)
                    .Means([.. Reported]),
                trained?.Steps ?? 0,
                trained?.Seconds ?? 0
            )
        );
    }

    /// <summary>Makes the committed records, one a protocol, from finished runs of one preset.</summary>
    /// <param name="preset">The preset they ran.</param>
    /// <param name="runs">Finished run folders, one a seed.</param>
    /// <param name="note">What a reader must know besides.</param>
    /// <exception cref="ArgumentException">A run has not finished.</exception>
    public static IReadOnlyList<ResultRecord> Records(
        NextItemPreset preset,
        IReadOnlyList<RunFolder> runs,
        string? note = null
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        NeedTested(runs);
        return
        [
            .. preset.Protocols.Select(protocol =>
                new ResultRecord
                {
                    System = preset.System,
                    Variant = preset.Variant + protocol.Suffix,
                    Dataset = preset.Dataset,
                    Split = "leave-one-out",
                    Protocol = RecordedProtocol.Of(protocol.Protocol),
                    Metrics = new Dictionary<string, SeedMean>(),
                    Seeds = [],
                    Steps = 0,
                    Seconds = 0,
                    Parameters = CountParameters(preset),
                    Machine = runs[0].Description.Environment.Machine(),
                    Commit = runs[0].Description.Environment.Commit,
                    Command = $"genrec experiment run {preset.Name} --seed {runs[0].Description.Seed}",
                    Note = note,
                    Curve = protocol.Suffix.Length == 0 ? CurveOf(runs[0]) : null,
                }.WithSeeds([.. runs.Select(run => ResultOf(run, protocol.Suffix))])
            ),
        ];
    }

    /// <summary>The validations of a run, by step and by seconds of updates; null where it kept none.</summary>
    internal static CurvePoint[]? CurveOf(RunFolder run)
    {
        var log = Path.Combine(run.CheckpointFolder, MetricsLog.FileName);
        return File.Exists(log)
            ?
            [
                .. MetricsLog
                    .Read(log)
                    .Where(row => row.Kind == "validation")
                    .Select(row => new CurvePoint(row.Step, row.Values)),
            ]
            : null;
    }

    /// <summary>Throws where there is no run, or one was not measured on the test cases.</summary>
    internal static void NeedTested(IReadOnlyList<RunFolder> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0)
            throw new ArgumentException("A record needs at least one run.", nameof(runs));
        if (runs.FirstOrDefault(run => !run.IsTested) is { } untested)
            throw new ArgumentException(
                untested.IsComplete
                    ? $"The run in {untested.Path} left the test cases closed; run the chosen setting with 'run'."
                    : $"The run in {untested.Path} has not finished: resume it first.",
                nameof(runs)
            );
    }

    private static SeedResult ResultOf(RunFolder run, string suffix) =>
        suffix.Length == 0
            ? run.ReadResult()
            : RecordFile.Read<SeedResult>(Path.Combine(run.Path, $"metrics{suffix}.json"));

    private static long CountParameters(NextItemPreset preset)
    {
        using var task = preset.CreateTask(preset.LoadSplit(), seed: 0);
        return task.Model.parameters().Sum(weight => weight.numel());
    }
}
