using System.Runtime.CompilerServices;
using System.Threading.Channels;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Training;

/// <summary>Trains a model so that a run can be killed at any moment and continued to the identical result.</summary>
/// <remarks>
/// <code>
/// var options = new TrainingOptions { Epochs = 200, Metric = "NDCG@10", Patience = 10, Folder = "runs/sasrec" };
/// var result = Trainer.Fit(task, options, new Progress&lt;TrainingEvent&gt;(Console.WriteLine));
/// </code>
/// Nothing random has a state: batches, negatives, noise and dropout masks are functions of (seed, batch). A checkpoint is
/// therefore weights, optimizer moments and a few counters, and the resumed run ends with bit-equal weights on the same
/// device with the same number of threads. One caution: torch's own generators are shared by the whole process. The trainer
/// seeds them before each batch, but a task that draws from them while another thread does so too is not repeatable;
/// <see cref="TrainingStep.Random"/> and <see cref="Runtime.SeededDropout"/> on the CPU have no such weakness.
/// </remarks>
public static class Trainer
{
    /// <summary>Trains on the calling thread, from the newest checkpoint in the folder where there is one.</summary>
    /// <param name="task">Model, batches, loss and validation.</param>
    /// <param name="options">How long and how.</param>
    /// <param name="progress">Receives events, on the calling thread.</param>
    /// <param name="cancellation">Stops after the current batch; a checkpoint is written first. A notebook's interrupt does
    /// the same without it (<see cref="HostCancellation"/>).</param>
    /// <returns>What came of it; the model is left in evaluation mode with the final (or best) weights.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or the checkpoint in the folder was made with others.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is of a model with other shapes, or all are damaged.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the gradients are no longer finite.</exception>
    /// <exception cref="TrainingInterruptedException">It was cancelled; says where to resume from.</exception>
    /// <exception cref="IOException">A checkpoint could not be written, or another process trains in the folder.</exception>
    public static TrainingResult Fit(
        ITrainingTask task,
        TrainingOptions options,
        IProgress<TrainingEvent>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(task.BatchesPerEpoch, 1, "task.BatchesPerEpoch");
        using var run = new TrainingRun(task, options, progress);
        using var stop = HostCancellation.Link(cancellation);
        return run.Run(stop.Token);
    }

    /// <summary>Trains on a thread of its own, because tensors and their dispose scopes belong to one thread.</summary>
    /// <inheritdoc cref="Fit"/>
    public static Task<TrainingResult> FitAsync(
        ITrainingTask task,
        TrainingOptions options,
        IProgress<TrainingEvent>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var done = new TaskCompletionSource<TrainingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(Work) { IsBackground = true, Name = "GenRec training" }.Start();
        return done.Task;

        void Work()
        {
            try
            {
                done.SetResult(Fit(task, options, progress, cancellation));
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }
    }

    /// <summary>Trains on a thread of its own and yields the events; the last one is <see cref="TrainingFinished"/>.</summary>
    /// <remarks>Leaving the loop early cancels the run, which writes a checkpoint first.</remarks>
    /// <inheritdoc cref="Fit"/>
    public static async IAsyncEnumerable<TrainingEvent> Stream(
        ITrainingTask task,
        TrainingOptions options,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        var events = Channel.CreateUnbounded<TrainingEvent>(new() { SingleReader = true, SingleWriter = true });
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var training = FitAsync(task, options, new ToChannel(events.Writer), leaving.Token);
        var closing = training.ContinueWith(
            _ => events.Writer.TryComplete(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        try
        {
            await foreach (var happened in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                yield return happened;
            await training.ConfigureAwait(false);
        }
        finally
        {
            await leaving.CancelAsync().ConfigureAwait(false);
            await closing.ConfigureAwait(false);
        }
    }

    private sealed class ToChannel(ChannelWriter<TrainingEvent> events) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value) => events.TryWrite(value);
    }
}
