using GenRec.Shared.Display;

namespace GenRec.Shared.Training;

/// <summary>How far a training run is.</summary>
/// <param name="Step">Updates made so far.</param>
/// <param name="TotalSteps">Updates of the entire training.</param>
/// <param name="Epoch">Passes over the data so far, with a fraction.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct TrainingPosition(long Step, long TotalSteps, double Epoch) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();
}

/// <summary>Something that happened in a training run; the command line and notebooks draw them each in their way.</summary>
/// <param name="At">How far the run was.</param>
public abstract record TrainingEvent(TrainingPosition At) : RichRecord;

/// <summary>The run begins, or goes on from a checkpoint.</summary>
/// <param name="At">How far the run is.</param>
/// <param name="ResumedFrom">The checkpoint's folder; null for a new run.</param>
public sealed record TrainingStarted(TrainingPosition At, string? ResumedFrom) : TrainingEvent(At);

/// <summary>Loss and speed since the last report.</summary>
/// <param name="At">How far the run is.</param>
/// <param name="Loss">Mean loss of the samples since the last report.</param>
/// <param name="LearningRate">Of the last update, before group factors.</param>
/// <param name="GradientNorm">Of the last update, before clipping.</param>
/// <param name="SamplesPerSecond">Training time only: validation and checkpoints are not counted.</param>
/// <param name="Remaining">Estimated time to the last step, validations included.</param>
public sealed record LossReported(
    TrainingPosition At,
    double Loss,
    double LearningRate,
    double GradientNorm,
    double SamplesPerSecond,
    TimeSpan Remaining
) : TrainingEvent(At);

/// <summary>The model was validated.</summary>
/// <param name="At">How far the run is.</param>
/// <param name="Metrics">Named metrics, higher is better.</param>
/// <param name="IsBest">Whether the watched metric is the best so far; false where none is watched.</param>
/// <param name="WithoutImprovement">Validations in a row without a better metric.</param>
/// <param name="Duration">Time the validation took.</param>
public sealed record Validated(
    TrainingPosition At,
    IReadOnlyDictionary<string, double> Metrics,
    bool IsBest,
    int WithoutImprovement,
    TimeSpan Duration
) : TrainingEvent(At)
{
    /// <summary>
    /// Seconds spent in updates so far, over all resumed pieces, as <see cref="TrainingOptions.SecondsOf"/> counts them;
    /// validations and checkpoints are not counted.
    /// </summary>
    public double UpdateSeconds { get; init; }
}

/// <summary>A checkpoint is on disk.</summary>
/// <param name="At">How far the run is.</param>
/// <param name="Path">The checkpoint's folder.</param>
public sealed record CheckpointWritten(TrainingPosition At, string Path) : TrainingEvent(At);

/// <summary>Something the user should know, though training goes on.</summary>
/// <param name="At">How far the run is.</param>
/// <param name="Message">A sentence.</param>
public sealed record TrainingNotice(TrainingPosition At, string Message) : TrainingEvent(At);

/// <summary>The run is over; the model holds the final weights.</summary>
/// <param name="At">How far the run came.</param>
/// <param name="Result">What came of it.</param>
public sealed record TrainingFinished(TrainingPosition At, TrainingResult Result) : TrainingEvent(At);
