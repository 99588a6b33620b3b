using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Training;

/// <summary>How long and how to train, and what to keep.</summary>
public sealed record TrainingOptions : RichRecord
{
    /// <summary>Updates to make. At least 1. Give this or <see cref="Epochs"/>.</summary>
    [Range(1, long.MaxValue)]
    public long? Steps { get; init; }

    /// <summary>Passes over the data. At least 1. Give this or <see cref="Steps"/>.</summary>
    [Range(1, int.MaxValue)]
    public int? Epochs { get; init; }

    /// <summary>
    /// End after that many seconds of updates, validations and checkpoints not counted, should the steps not have ended
    /// before; null sets no bound. For comparisons at equal time; such an end is not repeatable. Above 0.
    /// </summary>
    [Range(1e-3, 1e9)]
    public double? Seconds { get; init; }

    /// <summary>What <see cref="Seconds"/>, and the seconds in the log of validations, are counted by.</summary>
    public TimeMeasure SecondsOf { get; init; }

    /// <summary>Peak learning rate. Above 0, at most 10.</summary>
    [Range(1e-12, 10.0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The learning rate over time. Constant by default.</summary>
    public LearningRateSchedule Schedule { get; init; } = new ConstantSchedule();

    /// <summary>Adam's or AdamW's constants and weight decay.</summary>
    public AdamOptions Optimizer { get; init; } = new();

    /// <summary>Largest norm of all gradients together; null does not clip. Above 0.</summary>
    [Range(1e-9, 1e9)]
    public double? ClipNorm { get; init; }

    /// <summary>Batches whose gradients make one update, each weighed by its samples. 1 to 65,536.</summary>
    [Range(1, 65_536)]
    public int BatchesPerStep { get; init; } = 1;

    /// <summary>Seed of everything random in training. Weights are made before, by the model's own seed.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Format of matrix products; the task hands it to its model. Part of what a checkpoint must agree on.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Validate after this many updates; null with <see cref="EvaluateEveryEpochs"/> null means at the end only.</summary>
    [Range(1, long.MaxValue)]
    public long? EvaluateEverySteps { get; init; }

    /// <summary>Validate after this many passes over the data. Ignored where <see cref="EvaluateEverySteps"/> is given.</summary>
    [Range(1, int.MaxValue)]
    public int? EvaluateEveryEpochs { get; init; } = 1;

    /// <summary>The metric, higher is better, that names the best weights and may stop the training early; null watches none.</summary>
    public string? Metric { get; init; }

    /// <summary>Stop after this many validations in a row without a better metric; null never does. At least 1.</summary>
    [Range(1, int.MaxValue)]
    public int? Patience { get; init; }

    /// <summary>End with the weights of the best validation instead of the last ones; needs <see cref="Metric"/>.</summary>
    public bool RestoreBest { get; init; } = true;

    /// <summary>Report the loss after this many updates; on a GPU each report waits for the device. At least 1.</summary>
    [Range(1, int.MaxValue)]
    public int ReportEverySteps { get; init; } = 50;

    /// <summary>Folder for checkpoints and logs; null writes nothing.</summary>
    public string? Folder { get; init; }

    /// <summary>Write a checkpoint after this many updates; null does so by time only. At least 1.</summary>
    [Range(1, long.MaxValue)]
    public long? CheckpointEverySteps { get; init; }

    /// <summary>Write a checkpoint when this many minutes have passed since the last; null does so by steps only.</summary>
    [Range(0.0, 100_000.0)]
    public double? CheckpointEveryMinutes { get; init; } = 5;

    /// <summary>How many checkpoints to keep besides the best one. At least 1.</summary>
    [Range(1, 1000)]
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>Continue from the newest checkpoint in the folder; false refuses a folder that holds one.</summary>
    public bool Resume { get; init; } = true;

    /// <summary>Write TensorBoard event files into the folder, besides metrics.jsonl.</summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, its value and the range.</exception>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        if (Steps is null == Epochs is null)
            throw new ArgumentException(
                $"Give either Steps or Epochs; Steps is {Shown(Steps)}, Epochs is {Shown(Epochs)}."
            );
        if (Seconds is not null && Schedule.DependsOnLength)
            throw new ArgumentException(
                $"Seconds is {Seconds}, and the schedule depends on the number of steps, which time leaves open."
            );
        if (Patience is not null && Metric is null)
            throw new ArgumentException(
                $"Patience is {Patience}, but Metric is not given: which metric is to improve?"
            );
        if (Folder is not null && string.IsNullOrWhiteSpace(Folder))
            throw new ArgumentException("Folder is empty; give a path, or null to write nothing.");

        static string Shown(object? value) => value?.ToString() ?? "not given";
    }

    /// <summary>Updates of the entire training.</summary>
    /// <param name="batchesPerEpoch">Batches in one pass over the data.</param>
    public long TotalSteps(long batchesPerEpoch) =>
        Steps ?? (checked(Epochs!.Value * batchesPerEpoch) + BatchesPerStep - 1) / BatchesPerStep;
}
