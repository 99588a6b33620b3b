using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>Runs a TIGER preset from text vectors to measured numbers, and gathers runs of several seeds into a record.</summary>
public static class TigerExperiment
{
    /// <summary>Makes the ids, trains and measures, or goes on from the folder's newest checkpoint.</summary>
    /// <param name="preset">What to run.</param>
    /// <param name="seed">Seed of ids, weights, windows and dropout.</param>
    /// <param name="folder">Where ids, checkpoints and results go; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="progress">Receives the trainer's events.</param>
    /// <param name="isTuning">End with validation metrics and leave the test cases closed.</param>
    /// <param name="finish">Train no further than the folder's newest checkpoint, and measure the best weights so far.</param>
    /// <param name="cancel">Stops after the current batch; a checkpoint is written first.</param>
    /// <returns>The test metrics, or those of the validation.</returns>
    /// <exception cref="TrainingInterruptedException">It was cancelled while it trained.</exception>
    public static SeedResult Run(
        TigerPreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        IProgress<TrainingEvent>? progress = null,
        bool isTuning = false,
        bool finish = false,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        if (finish)
            preset = preset with { Training = EndedAt(preset.Training, folder) };
        var split = preset.LoadSplit();
        var ids = Ids(preset, seed, folder, device, cancel);
        using var task = new TigerTask(preset.Dataset, split, ids, preset.Model, seed, device);
        return IdExperiment.Run(
            task,
            preset.Training with
            {
                Seed = seed,
            },
            folder,
            progress,
            isTuning,
            trained => new SeedResult(seed, Measure(task.Model, split.Test, cancel), trained.Steps, trained.Seconds),
            cancel
        );
    }

    /// <summary>Measures a model on cases: ranking of items, of ids, and the share of invalid ids without the trie.</summary>
    /// <param name="model">Trained.</param>
    /// <param name="cases">Usually the test cases.</param>
    /// <param name="cancel">Stops between blocks.</param>
    /// <returns>Metrics by name. <c>invalidIds</c> is there where the model searches without the trie.</returns>
    public static IReadOnlyDictionary<string, double> Measure(
        Tiger model,
        NextItemCases cases,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cases);
        using var recommender = new TigerRecommender(model);
        var ranked = ListRanking.Evaluate(
            recommender,
            cases,
            options: new RankingOptions { TopK = Math.Min(model.Options.Beams, 20) },
            cancel: cancel
        );
        var metrics = ranked
            .Means([.. NextItemExperiment.Reported.Where(metric => metric.Cutoff <= model.Options.Beams)])
            .ToDictionary();
        if (TigerMeasures.AtIdLevel(ranked, cases, model.Tokens.Ids) is var byId && model.Options.Beams >= 10)
            metrics["recallOfContentCodes10"] = byId[Metric.Recall(10)];
        if (model.Options.Constraint != Decoding.IdConstraint.Trie)
            metrics["invalidIds"] = recommender.InvalidShare;
        return metrics;
    }

    /// <summary>The ids of a run: those in its folder, else of the preset's file, else made now and kept in the folder.</summary>
    public static SemanticIdTable Ids(
        TigerPreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        return IdExperiment.Ids(preset.Ids, preset.IdsFile, seed, folder, device, cancel);
    }

    /// <summary>Makes the committed record from finished runs of one preset.</summary>
    /// <param name="preset">The preset they ran.</param>
    /// <param name="runs">Finished run folders, one a seed.</param>
    /// <param name="note">What a reader must know besides.</param>
    /// <exception cref="ArgumentException">There is no run, or one has not finished.</exception>
    public static ResultRecord Record(TigerPreset preset, IReadOnlyList<RunFolder> runs, string? note = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return IdExperiment.Record(
            new RecordSubject("tiger", preset.Variant, preset.Dataset, preset.Name),
            () =>
            {
                using var model = new Tiger(Ids(preset, runs[0].Description.Seed, runs[0]), preset.Model);
                return model.parameters().Sum(weight => weight.numel());
            },
            runs,
            note
        );
    }

    private static TrainingOptions EndedAt(TrainingOptions training, RunFolder? folder)
    {
        if (training.Schedule.DependsOnLength)
            throw new ArgumentException(
                $"The schedule {training.Schedule.GetType().Name} depends on the number of steps: such a run cannot end early."
            );
        if (folder is null || CheckpointStore.NewestStep(folder.CheckpointFolder) is not { } step)
            throw new ArgumentException("There is no checkpoint yet that could be measured.");
        return training with { Steps = step, Epochs = null };
    }
}
