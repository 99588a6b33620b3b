using System.Diagnostics;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>One call of <see cref="Trainer.Fit"/>: the loop of updates, and what happens between them.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly ITrainingTask task;
    private readonly TrainingOptions options;
    private readonly IProgress<TrainingEvent>? progress;
    private readonly FusedAdam optimizer;
    private readonly LossMeter meter = new();
    private readonly TrainingFolder? folder;
    private readonly Dictionary<string, Tensor> bestInMemory = [];
    private readonly Stopwatch all = Stopwatch.StartNew(); // this piece of the run
    private readonly Stopwatch training = new(); // updates only, since the last report
    private readonly UpdateClock updates; // updates only, of this piece
    private readonly RunIdentity identity;
    private readonly long totalSteps;
    private readonly long totalBatches;
    private readonly bool cheapToRead;
    private TrainingState state = new();
    private double secondsBefore;
    private double updateSecondsBefore;
    private long firstStep;
    private long? validatedBest; // a best validation whose checkpoint is still to be written
    private double? lastLoss;
    private long samplesSinceReport;
    private bool inHalves; // the task's own gradients keep a thread for each half of a batch; so does what follows them

    public TrainingRun(ITrainingTask task, TrainingOptions options, IProgress<TrainingEvent>? progress)
    {
        (this.task, this.options, this.progress) = (task, options, progress);
        updates = new UpdateClock(options.SecondsOf);
        MallocTuning.Apply();
        optimizer = new FusedAdam(task.ParameterGroups, options.Optimizer);
        var device = optimizer.Parameters.First().device;
        cheapToRead = device.type == TorchSharp.DeviceType.CPU;
        identity = RunIdentity.Of(task, options, device);
        totalSteps = options.TotalSteps(task.BatchesPerEpoch);
        totalBatches = options.Epochs is { } epochs
            ? epochs * task.BatchesPerEpoch
            : totalSteps * options.BatchesPerStep;
        try
        {
            folder = options.Folder is null ? null : new TrainingFolder(options.Folder, options);
        }
        catch
        {
            optimizer.Dispose();
            throw;
        }
    }

    private bool IsDone => state.StoppedEarly || IsLastStep;

    private bool IsLastStep => state.Step >= totalSteps || UpdateSeconds >= options.Seconds;

    private double UpdateSeconds => updateSecondsBefore + updates.Elapsed.TotalSeconds;

    public TrainingResult Run(CancellationToken cancellation)
    {
        var resumedFrom = Resume();
        Emit(new TrainingStarted(Position(), resumedFrom));
        using var pause = new CollectionPause();
        while (true)
        {
            if (IsValidationDue() && !Validate(cancellation))
                Interrupt(cancellation);
            if (IsCheckpointDue())
                WriteCheckpoint();
            if (IsDone)
                return Finish();
            if (cancellation.IsCancellationRequested)
                Interrupt(cancellation);
            CollectionPause.Collect();
            Update(state.Step + 1);
        }
    }

    public void Dispose()
    {
        optimizer.Dispose();
        meter.Dispose();
        folder?.Dispose();
        foreach (var tensor in bestInMemory.Values)
            tensor.Dispose();
    }

    private string? Resume()
    {
        if (folder is null)
            return null;
        var found = folder.Newest(identity, message => Emit(new TrainingNotice(Position(), message)));
        if (found is { } saved)
        {
            folder.Load(saved, task, optimizer);
            foreach (var difference in saved.Identity.EnvironmentDifferencesTo(identity))
                Emit(new TrainingNotice(Position(), $"The last bits of the weights may differ ({difference})."));
            state = saved;
            (meter.Sum, meter.Count) = (saved.LossSum, saved.LossCount);
        }
        (firstStep, secondsBefore, updateSecondsBefore) = (state.Step, state.Seconds, state.UpdateSeconds);
        state.Identity = identity;
        folder.OpenLogs(state.Step);
        return found is null ? null : folder.PathOf(state.Step);
    }

    private void Update(long step)
    {
        task.Model.train();
        training.Start();
        updates.Start();
        var rate = options.LearningRate * options.Schedule.FactorAt(step, totalSteps);
        var isReport = step % options.ReportEverySteps == 0 || step == totalSteps;
        var samples = Backward(step, rate);
        if (samples > 0)
        {
            using var scope = NewDisposeScope();
            var divisor = options.BatchesPerStep == 1 ? 1.0 : samples;
            var largest = options.ClipNorm ?? double.PositiveInfinity;
            if (options.ClipNorm is not null || divisor != 1 || isReport)
                meter.Add(
                    step,
                    rate,
                    inHalves
                        ? GradientNorm.ClipInHalves(optimizer.Gradients(), largest, divisor)
                        : GradientNorm.Clip(optimizer.Gradients(), largest, divisor)
                );
            optimizer.Step(rate, inHalves);
        }
        optimizer.ZeroGrad();
        state.Step = step;
        samplesSinceReport += samples;
        if (isReport || cheapToRead || meter.IsFull)
            meter.Read(LastCheckpoint);
        training.Stop();
        updates.Stop();
        if (isReport)
            Report();
    }

    private long Backward(long step, double rate)
    {
        var samples = 0L;
        var first = (step - 1) * options.BatchesPerStep;
        for (var batch = first; batch < Math.Min(first + options.BatchesPerStep, totalBatches); batch++)
        {
            using var scope = NewDisposeScope();
            var place = new TrainingStep(options.Seed, batch, task.BatchesPerEpoch, options.BatchesPerStep);
            Compute.Seed(place.BatchSeed);
            using var masks = place.NewDropoutStream().Enter();
            var loss = task.Loss(place);
            if (loss.Count <= 0)
                continue;
            // Sums are what batches of unequal size add up; the division by all samples follows before the update.
            loss.Backward(options.BatchesPerStep == 1 ? 1 : loss.Count);
            inHalves = loss.Own is not null && cheapToRead;
            meter.Add(step, rate, loss);
            samples += loss.Count;
        }
        return samples;
    }

    private void Report()
    {
        if (meter.Count == 0)
            return;
        var report = SinceLastReport();
        lastLoss = report.Loss;
        folder?.Log(report);
        (meter.Sum, meter.Count, samplesSinceReport) = (0, 0, 0);
        training.Reset();
        Emit(report);
    }

    private LossReported SinceLastReport()
    {
        var made = state.Step - firstStep;
        var remaining = all.Elapsed * ((double)(totalSteps - state.Step) / Math.Max(1, made));
        if (options.Seconds is { } bound && bound - UpdateSeconds < remaining.TotalSeconds)
            remaining = TimeSpan.FromSeconds(Math.Max(0, bound - UpdateSeconds));
        var speed = samplesSinceReport / Math.Max(1e-9, training.Elapsed.TotalSeconds);
        var rate = options.LearningRate * options.Schedule.FactorAt(state.Step, totalSteps);
        return new(Position(), meter.Sum / meter.Count, rate, meter.LastNorm, speed, remaining);
    }

    private bool IsValidationDue()
    {
        if (state.Step == 0 || state.ValidatedStep == state.Step)
            return false;
        if (IsLastStep)
            return true;
        if (options.EvaluateEverySteps is { } steps)
            return state.Step % steps == 0;
        if (options.EvaluateEveryEpochs is not { } epochs)
            return false;
        var every = epochs * task.BatchesPerEpoch;
        return state.Step * options.BatchesPerStep / every > (state.Step - 1) * options.BatchesPerStep / every;
    }

    /// <summary>False where it was cancelled; it is then still due.</summary>
    private bool Validate(CancellationToken cancellation)
    {
        meter.Read(LastCheckpoint);
        var clock = Stopwatch.StartNew();
        Dictionary<string, double> metrics;
        task.Model.eval();
        try
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            metrics = task.Validate(cancellation).ToDictionary();
        }
        catch (OperationCanceledException)
            when (cancellation.IsCancellationRequested || HostCancellation.Current.IsCancellationRequested)
        {
            return false;
        }
        state.ValidatedStep = state.Step;
        if (metrics.Count == 0 && options.Metric is null)
            return true;
        state.LastMetrics = metrics.Where(m => double.IsFinite(m.Value)).ToDictionary();
        var isBest = options.Metric is not null && Watch(options.Metric, metrics);
        var validated = new Validated(Position(), metrics, isBest, state.WithoutImprovement, clock.Elapsed)
        {
            UpdateSeconds = UpdateSeconds,
        };
        folder?.Log(validated);
        Emit(validated);
        return true;
    }

    private bool Watch(string metric, Dictionary<string, double> metrics)
    {
        if (!metrics.TryGetValue(metric, out var value))
            throw new ArgumentException(
                $"TrainingOptions.Metric is '{metric}', but the task's validation has "
                    + (metrics.Count == 0 ? "no metrics." : $"'{string.Join("', '", metrics.Keys)}'.")
            );
        if (value > (state.BestMetric ?? double.NegativeInfinity))
        {
            (state.BestMetric, state.BestStep, state.WithoutImprovement) = (value, state.Step, 0);
            state.BestMetrics = state.LastMetrics;
            if (folder is not null)
                validatedBest = state.Step;
            else if (options.RestoreBest)
                RememberBest();
            return true;
        }
        state.WithoutImprovement++;
        state.StoppedEarly = state.WithoutImprovement >= options.Patience;
        return false;
    }

    private void RememberBest()
    {
        using var _ = no_grad();
        foreach (var (name, tensor) in Safetensors.TensorsOf(task.Model))
            if (bestInMemory.TryGetValue(name, out var kept))
                kept.copy_(tensor);
            else
                bestInMemory[name] = tensor.detach().clone().DetachFromDisposeScope();
    }

    private bool IsCheckpointDue()
    {
        if (folder is null || folder.LastStep == state.Step)
            return false;
        if (validatedBest == state.Step || IsDone)
            return true;
        if (state.Step == 0)
            return false;
        return (options.CheckpointEverySteps is { } steps && state.Step % steps == 0)
            || (options.CheckpointEveryMinutes is { } minutes && folder.SinceLast.TotalMinutes >= minutes);
    }

    private string? LastCheckpoint => folder?.LastStep is { } step ? folder.PathOf(step) : null;

    private void WriteCheckpoint()
    {
        meter.Read(LastCheckpoint);
        using (no_grad())
        using (NewDisposeScope())
            if (!double.IsFinite(GradientNorm.Of([.. optimizer.Parameters]).item<float>()))
                throw new TrainingDivergedException("weights' norm", state.Step, options.LearningRate, LastCheckpoint);
        (state.LossSum, state.LossCount) = (meter.Sum, meter.Count);
        (state.Seconds, state.UpdateSeconds) = (secondsBefore + all.Elapsed.TotalSeconds, UpdateSeconds);
        folder!.Write(state, task, optimizer);
        Emit(new CheckpointWritten(Position(), folder.PathOf(state.Step)));
    }

    private void Interrupt(CancellationToken cancellation)
    {
        if (folder is not null && folder.LastStep != state.Step)
            WriteCheckpoint();
        meter.Read(LastCheckpoint);
        // Shown, not logged: the continued run reports these steps at their regular place.
        if (meter.Count > 0 && state.Step > firstStep)
            Emit(SinceLastReport());
        throw new TrainingInterruptedException(state.Step, LastCheckpoint, cancellation);
    }

    private TrainingResult Finish()
    {
        if (state.Step > firstStep)
            Report(); // stopped early between two reports
        var weightsOf = state.Step;
        if (options.RestoreBest && state.BestStep is { } best && best != state.Step)
        {
            weightsOf = best;
            if (folder is not null)
                Safetensors.LoadInto(folder.WeightsOf(best), task.Model);
            else
                using (no_grad())
                    foreach (var (name, tensor) in Safetensors.TensorsOf(task.Model))
                        tensor.copy_(bestInMemory[name]);
        }
        task.Model.eval();
        folder?.WriteFinalWeights(task.Model, weightsOf);
        var result = new TrainingResult
        {
            Steps = state.Step,
            StoppedEarly = state.StoppedEarly,
            WeightsOfStep = weightsOf,
            BestMetric = state.BestMetric,
            Metrics = weightsOf == state.BestStep ? state.BestMetrics : state.LastMetrics,
            Loss = lastLoss,
            Seconds = secondsBefore + all.Elapsed.TotalSeconds,
            Checkpoint = LastCheckpoint,
        };
        Emit(new TrainingFinished(Position(), result));
        return result;
    }

    private TrainingPosition Position() =>
        new(
            state.Step,
            totalSteps,
            Math.Min(state.Step * options.BatchesPerStep, totalBatches) / (double)task.BatchesPerEpoch
        );

    private void Emit(TrainingEvent happened) => progress?.Report(happened);
}
