using GenRec.Shared.Data.Importers;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>Runs a OneRec preset from the feed's vectors to true utility, and gathers runs of several seeds into a record.</summary>
public static class OneRecExperiment
{
    /// <summary>Makes ids and sessions, pre-trains and measures, or goes on from the folder's newest checkpoint.</summary>
    /// <param name="preset">What to run.</param>
    /// <param name="seed">Seed of ids, weights, the order of sessions and dropout.</param>
    /// <param name="folder">Where ids, checkpoints and results go; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="progress">Receives the trainer's events.</param>
    /// <param name="isTuning">End with validation metrics and leave the oracle alone.</param>
    /// <param name="cancel">Stops after the current batch; a checkpoint is written first.</param>
    /// <returns>True utility and what goes with it, or the validation's metrics.</returns>
    /// <exception cref="TrainingInterruptedException">It was cancelled while it trained.</exception>
    public static SeedResult Run(
        OneRecPreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        IProgress<TrainingEvent>? progress = null,
        bool isTuning = false,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        var world = preset.LoadWorld();
        using var task = CreateTask(preset, world, Ids(preset, world, seed, folder), seed, device);
        return IdExperiment.Run(
            isTuning || preset.WatchedUsers == 0 ? task : new WatchedTask(task, world, preset.WatchedUsers),
            preset.Training with
            {
                Seed = seed,
            },
            folder,
            progress,
            isTuning,
            trained =>
            {
                var metrics = Measure(task.Model, world).ToDictionary();
                foreach (var (name, value) in trained.Metrics)
                    metrics[name] = value;
                return new SeedResult(seed, metrics, trained.Steps, trained.Seconds);
            },
            cancel
        );
    }

    /// <summary>Training and held-out pairs of a preset: sessions, or the single items of the same sessions.</summary>
    /// <param name="preset">Rules, and session-wise or point-wise.</param>
    /// <param name="world">Its feed.</param>
    public static (SessionExamples Train, SessionExamples HeldOut) Sessions(OneRecPreset preset, FeedWorld world)
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(world);
        var (train, heldOut) = SessionExamples
            .Of(world.Slates, world.Dataset.Interactions.ItemCount, preset.Rules)
            .HoldOutLast();
        return preset.IsPointWise ? (train.PointWise(), heldOut.PointWise()) : (train, heldOut);
    }

    /// <summary>The pre-training of a preset, ready for <see cref="Trainer.Fit"/>; owned by the caller, with its model.</summary>
    /// <param name="preset">What to train.</param>
    /// <param name="world">Its feed.</param>
    /// <param name="ids">Ids of its videos, see <see cref="Ids"/>.</param>
    /// <param name="seed">Seed of weights and the order of sessions.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    public static OneRecTask CreateTask(
        OneRecPreset preset,
        FeedWorld world,
        SemanticIdTable ids,
        long seed,
        torch.Device? device = null
    )
    {
        var (train, heldOut) = Sessions(preset, world);
        return new OneRecTask(world.Dataset.Name, train, heldOut, ids, preset.Model, seed, device);
    }

    /// <summary>The ids of a run: those in its folder, else made from the feed's vectors and kept there.</summary>
    /// <param name="preset">How they are made.</param>
    /// <param name="world">Its feed.</param>
    /// <param name="seed">Seed of the clustering.</param>
    /// <param name="folder">Where they are kept; null keeps nothing.</param>
    /// <returns>Ids that no two videos share: the last code of those that did was dealt out anew.</returns>
    public static SemanticIdTable Ids(OneRecPreset preset, FeedWorld world, long seed, RunFolder? folder = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(world);
        return IdExperiment.Kept(
            folder,
            () =>
            {
                using var fit = new ResidualKMeans(preset.Ids).Fit(
                    Vectors(world),
                    new FitOptions { Seed = seed, Collisions = CollisionPolicy.FreeCode }
                );
                return fit.Ids;
            }
        );
    }

    /// <summary>The observed vectors of a feed's videos, row <c>i</c> for item <c>i + 1</c>.</summary>
    public static EmbeddingMatrix Vectors(FeedWorld world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var width = FeedWorld.VectorLength;
        return new EmbeddingMatrix(world.Vectors.Length / width - 1, width, world.Vectors[width..].ToArray());
    }

    /// <summary>True utility of what a model serves, and the logging pipeline's beside it.</summary>
    /// <param name="model">Trained.</param>
    /// <param name="world">The feed it was trained on.</param>
    public static IReadOnlyDictionary<string, double> Measure(OneRec model, FeedWorld world)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(world);
        model.ResetExpertLoad();
        var policy = new OneRecRecommender(model, FeedEvaluation.PopularItems(world));
        var metrics = FeedEvaluation.Measure(world, policy).Metrics().ToDictionary();
        metrics["utilityOfLogger"] = FeedEvaluation.Logged(world).Utility;
        var load = model.ExpertLoad;
        for (var layer = 0; layer < load.Tokens.Count; layer++)
            metrics[$"effectiveExperts{layer + 1}"] = load.EffectiveExperts(layer);
        return metrics;
    }

    /// <summary>Makes the committed record from finished runs of one preset.</summary>
    /// <param name="preset">The preset they ran.</param>
    /// <param name="runs">Finished run folders, one a seed.</param>
    /// <param name="note">What a reader must know besides.</param>
    /// <exception cref="ArgumentException">There is no run, or one has not finished.</exception>
    public static ResultRecord Record(OneRecPreset preset, IReadOnlyList<RunFolder> runs, string? note = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return IdExperiment.Record(
            Subject(preset.Variant, preset.Dataset, preset.Scale, preset.Name),
            () => Parameters(preset, runs[0]),
            runs,
            note
        );
    }

    /// <summary>Trained numbers of a preset's model with the ids of a run.</summary>
    internal static long Parameters(OneRecPreset preset, RunFolder run)
    {
        using var model = new OneRec(IdExperiment.Of(run), preset.Model);
        return model.parameters().Sum(weight => weight.numel());
    }

    /// <summary>What records on the embedded feed are of: scales other than the notebook's stand in the variant.</summary>
    internal static RecordSubject Subject(string variant, string dataset, string scale, string preset) =>
        new("onerec", scale == "tutorial" ? variant : $"{variant}-{scale}", $"world-{dataset}", preset)
        {
            Split = "last good session of each user held out; every user served once after the log",
            Protocol = RecordedProtocol.NoRanking,
        };

    /// <summary>Rows evenly spread over those that there are; all of them where none or more are wanted.</summary>
    internal static int[] Spread(int count, int wanted)
    {
        var taken = wanted == 0 ? count : Math.Min(wanted, count);
        return [.. Enumerable.Range(0, taken).Select(at => (int)((long)at * count / taken))];
    }

    /// <summary>The same training; what some users would be served is put beside each validation.</summary>
    private sealed class WatchedTask(OneRecTask task, FeedWorld world, int users) : ITrainingTask
    {
        private readonly int[] watched = Spread(world.Preset.Users, users);
        private readonly OneRecRecommender policy = new(task.Model, FeedEvaluation.PopularItems(world));

        public torch.nn.Module Model => task.Model;

        public long BatchesPerEpoch => task.BatchesPerEpoch;

        public IReadOnlyList<ParameterGroup> ParameterGroups => task.ParameterGroups;

        public IReadOnlyDictionary<string, string> Identity => task.Identity;

        public IReadOnlyDictionary<string, torch.Tensor> Baggage => task.Baggage;

        public BatchLoss Loss(TrainingStep step) => task.Loss(step);

        public IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation)
        {
            var metrics = task.Validate(cancellation).ToDictionary();
            if (metrics.Count > 0)
                metrics["utilityOfWatched"] = FeedEvaluation.Measure(world, policy, users: watched).Utility;
            return metrics;
        }
    }
}
