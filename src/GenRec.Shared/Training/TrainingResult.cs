using GenRec.Shared.Display;

namespace GenRec.Shared.Training;

/// <summary>What a finished training came to.</summary>
public sealed record TrainingResult : RichRecord
{
    /// <summary>Updates made.</summary>
    public required long Steps { get; init; }

    /// <summary>Whether the metric stopped improving before the last step.</summary>
    public required bool StoppedEarly { get; init; }

    /// <summary>The step whose weights the model holds now.</summary>
    public required long WeightsOfStep { get; init; }

    /// <summary>The watched metric's best value; null where none was watched.</summary>
    public double? BestMetric { get; init; }

    /// <summary>Metrics of the validation at <see cref="WeightsOfStep"/>, or of the last one before it; empty without validation.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Mean loss of the last report; null where the run had been finished before.</summary>
    public double? Loss { get; init; }

    /// <summary>Seconds spent in updates, validations and checkpoints, over all resumed pieces.</summary>
    public required double Seconds { get; init; }

    /// <summary>The last checkpoint's folder; null without a folder.</summary>
    public string? Checkpoint { get; init; }
}

/// <summary>The training was cancelled; where there is a folder, a checkpoint was written first.</summary>
public sealed class TrainingInterruptedException : OperationCanceledException
{
    /// <summary>Makes the exception.</summary>
    public TrainingInterruptedException(long step, string? checkpoint, CancellationToken cancellation)
        : base(
            checkpoint is null
                ? $"Training was stopped after step {step}. Nothing was saved: no checkpoint folder was given."
                : $"Training was stopped after step {step}. Run it again with the same folder to go on from {checkpoint}.",
            cancellation
        ) => (Step, Checkpoint) = (step, checkpoint);

    /// <summary>Updates made.</summary>
    public long Step { get; }

    /// <summary>The folder to resume from; null where nothing was saved.</summary>
    public string? Checkpoint { get; }
}

/// <summary>The loss or the gradients are no longer numbers.</summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Makes the exception.</summary>
    public TrainingDivergedException(string what, long step, double learningRate, string? checkpoint)
        : base(
            $"The {what} at step {step} is not finite (learning rate {learningRate:G4}). "
                + "Try a lower learning rate, a longer warm-up or ClipNorm; the task's loss may also divide by zero."
                + (checkpoint is null ? "" : $" The last good checkpoint is {checkpoint}.")
        ) => (Step, LearningRate) = (step, learningRate);

    /// <summary>The update in which it happened.</summary>
    public long Step { get; }

    /// <summary>The learning rate of that update.</summary>
    public double LearningRate { get; }
}
