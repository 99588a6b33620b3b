using GenRec.Shared.Decoding;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>Runs a preset of the backbone question from ids to measured numbers, and gathers runs into a record.</summary>
public static class BackboneExperiment
{
    /// <summary>Makes the ids, trains and measures, or goes on from the folder's newest checkpoint.</summary>
    /// <param name="preset">What to run.</param>
    /// <param name="seed">Seed of ids, weights, batches and dropout.</param>
    /// <param name="folder">Where ids, checkpoints and results go; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="progress">Receives the trainer's events.</param>
    /// <param name="isTuning">End with validation metrics and leave the test cases closed.</param>
    /// <param name="cancel">Stops after the current batch; a checkpoint is written first.</param>
    /// <returns>The test metrics by full ranking of the beams' items, or those of the validation.</returns>
    /// <exception cref="TrainingInterruptedException">It was cancelled while it trained.</exception>
    public static SeedResult Run(
        BackbonePreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        IProgress<TrainingEvent>? progress = null,
        bool isTuning = false,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        var split = preset.LoadSplit();
        var ids = Ids(preset, seed, folder, device, cancel);
        using var task = new BackboneTask(preset.Dataset, split, ids, preset.Model, seed, device);
        return IdExperiment.Run(
            task,
            preset.Training with
            {
                Seed = seed,
            },
            folder,
            progress,
            isTuning,
            trained => new SeedResult(seed, Measure(), trained.WeightsOfStep, trained.Seconds),
            cancel
        );

        IReadOnlyDictionary<string, double> Measure()
        {
            using var recommender = new GeneratorRecommender(
                task.Model,
                new BeamOptions { Width = preset.Model.Beams }
            );
            return ListRanking
                .Evaluate(
                    recommender,
                    split.Test,
                    options: new RankingOptions { TopK = Math.Min(20, preset.Model.Beams) },
                    cancel: cancel
                )
                .Means([.. NextItemExperiment.Reported.Where(metric => metric.Cutoff <= preset.Model.Beams)]);
        }
    }

    /// <summary>The ids of a run: those in its folder, else of the preset's file, else made now and kept in the folder.</summary>
    public static SemanticIdTable Ids(
        BackbonePreset preset,
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
    public static ResultRecord Record(BackbonePreset preset, IReadOnlyList<RunFolder> runs, string? note = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return IdExperiment.Record(
            new RecordSubject("backbone", preset.Variant, preset.Dataset, preset.Name),
            () =>
            {
                using var model = new Backbone(Ids(preset, runs[0].Description.Seed, runs[0]), preset.Model);
                return model.parameters().Sum(weight => weight.numel());
            },
            runs,
            note
        );
    }
}
