namespace GenRec.Shared.Training;

/// <summary>Something that happened in a training run; the command line and notebooks draw them each in their way.</summary>
/// <param name="Step">Updates made so far.</param>
/// <param name="TotalSteps">Updates of the entire training.</param>
/// <param name="Epoch">Passes over the data so far, with a fraction.</param>
public abstract record TrainingEvent(long Step, long TotalSteps, double Epoch);

/// <summary>The run begins, or goes on from a checkpoint.</summary>
/// <param name="ResumedFrom">The checkpoint's folder; null for a new run.</param>
public sealed record TrainingStarted(long Step, long TotalSteps, double Epoch, string? ResumedFrom)
    : TrainingEvent(Step, TotalSteps, Epoch);

/// <summary>Loss and speed since the last report.</summary>
/// <param name="Loss">Mean loss of the samples since the last report.</param>
/// <param name="LearningRate">Of the last update, before group factors.</param>
/// <param name="GradientNorm">Of the last update, before clipping.</param>
/// <param name="SamplesPerSecond">Training time only; validation and checkpoints are not counted.</param>
/// <param name="Remaining">Estimated time to the last step, validations included.</param>
public sealed record LossReported(
    long Step,
    long TotalSteps,
    double Epoch,
    double Loss,
    double LearningRate,
    double GradientNorm,
    double SamplesPerSecond,
    TimeSpan Remaining
) : TrainingEvent(Step, TotalSteps, Epoch);

/// <summary>The model was validated.</summary>
/// <param name="Metrics">Named metrics, higher is better.</param>
/// <param name="IsBest">Whether the watched metric is the best so far.</param>
/// <param name="WithoutImprovement">Validations in a row without a better metric.</param>
/// <param name="Duration">Time the validation took.</param>
public sealed record Validated(
    long Step,
    long TotalSteps,
    double Epoch,
    IReadOnlyDictionary<string, double> Metrics,
    bool IsBest,
    int WithoutImprovement,
    TimeSpan Duration
) : TrainingEvent(Step, TotalSteps, Epoch);

/// <summary>A checkpoint is on disk.</summary>
/// <param name="Path">Its folder.</param>
public sealed record CheckpointWritten(long Step, long TotalSteps, double Epoch, string Path)
    : TrainingEvent(Step, TotalSteps, Epoch);

/// <summary>Something the user should know, though training goes on.</summary>
/// <param name="Message">A sentence.</param>
public sealed record TrainingNotice(long Step, long TotalSteps, double Epoch, string Message)
    : TrainingEvent(Step, TotalSteps, Epoch);

/// <summary>The run is over; the model holds the final weights.</summary>
/// <param name="Result">What came of it.</param>
public sealed record TrainingFinished(long Step, long TotalSteps, double Epoch, TrainingResult Result)
    : TrainingEvent(Step, TotalSteps, Epoch);
