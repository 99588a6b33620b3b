using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Training;

/// <summary>The learning rate over time, as a factor on the option <see cref="TrainingOptions.LearningRate"/>.</summary>
[JsonDerivedType(typeof(ConstantSchedule), "constant")]
[JsonDerivedType(typeof(InverseSquareRootSchedule), "inverse-square-root")]
[JsonDerivedType(typeof(CosineSchedule), "cosine")]
[JsonDerivedType(typeof(LinearSchedule), "linear")]
public abstract record LearningRateSchedule : RichRecord
{
    /// <summary>Updates during which the factor grows linearly from <c>1 / WarmupSteps</c> to 1. 0 or more.</summary>
    [Range(0, int.MaxValue)]
    public int WarmupSteps { get; init; }

    /// <summary>Whether the factor depends on the length of the training.</summary>
    [JsonIgnore]
    public abstract bool DependsOnLength { get; }

    /// <summary>The factor of one update.</summary>
    /// <param name="step">The update, counted from 1.</param>
    /// <param name="totalSteps">Updates of the entire training.</param>
    /// <returns><c>0..1</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public double FactorAt(long step, long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return step < WarmupSteps ? (double)step / WarmupSteps : AfterWarmup(step, totalSteps);
    }

    /// <summary>The factor once the warm-up is over; 1 at <c>step = WarmupSteps</c>.</summary>
    protected abstract double AfterWarmup(long step, long totalSteps);

    /// <summary>How far the time after the warm-up has passed, <c>0..1</c>; 1 at the last update.</summary>
    protected double Progress(long step, long totalSteps) =>
        totalSteps <= WarmupSteps ? 1 : Math.Clamp((double)(step - WarmupSteps) / (totalSteps - WarmupSteps), 0, 1);
}

/// <summary>1 after the warm-up.</summary>
public sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override bool DependsOnLength => false;

    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long totalSteps) => 1;
}

/// <summary><c>sqrt(WarmupSteps / step)</c> after the warm-up.</summary>
/// <remarks>Vaswani et al., NeurIPS 2017, section 5.3, scaled to 1 at its peak; T5 and TIGER use it with 10,000 steps.</remarks>
public sealed record InverseSquareRootSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override bool DependsOnLength => false;

    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long totalSteps) =>
        Math.Sqrt(Math.Max(1, WarmupSteps) / (double)step);
}

/// <summary>Half a cosine from 1 down to <see cref="Floor"/> at the last update.</summary>
/// <remarks>Loshchilov and Hutter, "SGDR", ICLR 2017, Eq. (5), one period.</remarks>
public sealed record CosineSchedule : LearningRateSchedule
{
    /// <summary>Factor at the end, <c>0..1</c>.</summary>
    [Range(0.0, 1.0)]
    public double Floor { get; init; }

    /// <inheritdoc/>
    public override bool DependsOnLength => true;

    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long totalSteps) =>
        Floor + (1 - Floor) * 0.5 * (1 + Math.Cos(Math.PI * Progress(step, totalSteps)));
}

/// <summary>A straight line from 1 down to <see cref="Floor"/> at the last update.</summary>
public sealed record LinearSchedule : LearningRateSchedule
{
    /// <summary>Factor at the end, <c>0..1</c>.</summary>
    [Range(0.0, 1.0)]
    public double Floor { get; init; }

    /// <inheritdoc/>
    public override bool DependsOnLength => true;

    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long totalSteps) => 1 - (1 - Floor) * Progress(step, totalSteps);
}
