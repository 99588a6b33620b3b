using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>Runs a model that writes semantic ids from its ids to measured numbers, and gathers runs of several seeds into a record.</summary>
public static class GenerativeExperiment
{
    /// <summary>Makes the ids, trains and measures, or goes on from the folder's newest checkpoint.</summary>
    /// <param name="preset">What to run.</param>
    /// <param name="seed">Seed of ids, weights, batches and dropout.</param>
    /// <param name="folder">Where ids, checkpoints and results go; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="progress">Receives the trainer's events.</param>
    /// <param name="isTuning">End with validation metrics and leave the test cases closed.</param>
    /// <param name="finish">Train no further than the folder's newest checkpoint, and measure the best weights so far.</param>
    /// <param name="cancel">Stops after the current batch; a checkpoint is written first.</param>
    /// <returns>The test metrics, or those of the validation.</returns>
    /// <exception cref="TrainingInterruptedException">It was cancelled while it trained.</exception>
    public static SeedResult Run(
        GenerativePreset preset,
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
        using var task = preset.CreateTask(split, ids, seed, device);
        return IdExperiment.Run(
            task,
            preset.Training with
            {
                Seed = seed,
            },
            folder,
            progress,
            isTuning,
            trained =>
            {
                var metrics = task.Test(split.Test, NextItemExperiment.Reported, cancel);
                return new SeedResult(seed, metrics, trained.Steps, trained.Seconds);
            },
            cancel
        );
    }

    /// <summary>The ids of a run: those in its folder, else of the preset's file, else made now and kept in the folder.</summary>
    public static SemanticIdTable Ids(
        GenerativePreset preset,
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
    public static ResultRecord Record(GenerativePreset preset, IReadOnlyList<RunFolder> runs, string? note = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return IdExperiment.Record(
            new RecordSubject(preset.System, preset.Variant, preset.Dataset, preset.Name),
            () =>
            {
                using var model = preset.CreateModel(Ids(preset, runs[0].Description.Seed, runs[0]));
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
        return training with { Steps = step, Epochs = null, Seconds = null };
    }
}
