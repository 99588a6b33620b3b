using System.Diagnostics;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Training;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>RQ-VAE behind the quantisers' interface; the project's trainer trains it.</summary>
/// <remarks>
/// With a folder in the <see cref="FitOptions"/> a stopped fit goes on from its last checkpoint to the identical codes.
/// </remarks>
public sealed class RqVaeQuantiser : RichObject, IQuantiser
{
    private readonly RqVaeOptions options;
    private readonly TrainingOptions training;

    /// <summary>Takes sizes and variants, and how long to train.</summary>
    /// <param name="options">Sizes and variants; TIGER's where null.</param>
    /// <param name="training">
    /// Steps, learning rate and what to keep; <see cref="DefaultTraining"/> where null. Seed and folder come from the fit's
    /// options.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public RqVaeQuantiser(RqVaeOptions? options = null, TrainingOptions? training = null)
    {
        (this.options, this.training) = (options ?? new RqVaeOptions(), training ?? DefaultTraining);
        this.options.Validate();
        this.training.Validate();
    }

    /// <summary>AdamW at 1e-3 with weight decay 1e-4, as LC-Rec's index/run.sh; the length is ours.</summary>
    public static TrainingOptions DefaultTraining { get; } =
        new()
        {
            Epochs = 500,
            LearningRate = 1e-3,
            Optimizer = AdamOptions.AdamW(1e-4),
            EvaluateEveryEpochs = 50,
            RestoreBest = false,
        };

    /// <inheritdoc/>
    public string Method => $"rq-vae {options.Levels}x{options.Codes}";

    /// <inheritdoc/>
    /// <exception cref="TrainingInterruptedException">It was cancelled; says where to resume from.</exception>
    public QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null)
    {
        var (clock, fitting) = (Stopwatch.StartNew(), options ?? new FitOptions());
        var learned = FitSteps.Check(embeddings, this.options.Codes, fitting);
        var task = new RqVaeTask(
            learned,
            this.options,
            fitting.Seed,
            fitting.Device,
            Collaborative(embeddings, fitting),
            Categories(embeddings, fitting)
        );
        RqVaeCodec? codec = null;
        try
        {
            var result = Trainer.Fit(
                task,
                training with
                {
                    Seed = fitting.Seed,
                    Folder = fitting.Folder,
                },
                fitting.Progress is { } progress ? new Bridge(progress) : null,
                fitting.Cancellation
            );
            codec = task.TakeCodec();
            return FitSteps.Finish(this, embeddings, fitting, codec, codec.Assign(embeddings), clock) with
            {
                Training = result,
            };
        }
        catch
        {
            if (codec is null)
                task.Model.Dispose();
            else
                codec.Dispose();
            throw;
        }
        finally
        {
            task.DisposeButModel();
        }
    }

    private static EmbeddingMatrix? Collaborative(EmbeddingMatrix embeddings, FitOptions fitting)
    {
        if (fitting.Collaborative is not { } vectors || fitting.LearnFrom is not { } items)
            return fitting.Collaborative;
        return vectors.Rows == embeddings.Rows
            ? FitSteps.Rows(vectors, items)
            : throw new ArgumentException(
                $"FitOptions.Collaborative has vectors of {vectors.Rows} items, the embeddings are of {embeddings.Rows}.",
                nameof(fitting)
            );
    }

    private static IReadOnlyList<int>? Categories(EmbeddingMatrix embeddings, FitOptions fitting)
    {
        if (fitting.Categories is not { } categories || fitting.LearnFrom is not { } items)
            return fitting.Categories;
        return categories.Count == embeddings.Rows
            ? [.. items.Select(item => categories[item - 1])]
            : throw new ArgumentException(
                $"FitOptions.Categories has {categories.Count} categories, the embeddings are of {embeddings.Rows} items.",
                nameof(fitting)
            );
    }

    private sealed class Bridge(IProgress<FitProgress> progress) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value) =>
            progress.Report(new FitProgress((double)value.At.Step / Math.Max(1, value.At.TotalSteps), null, value));
    }
}
