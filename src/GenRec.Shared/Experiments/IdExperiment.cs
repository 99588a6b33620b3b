using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>What a record says of the runs that made it, besides their numbers.</summary>
/// <param name="System">The system's name in the records.</param>
/// <param name="Variant">Which form of it.</param>
/// <param name="Dataset">On what data.</param>
/// <param name="Preset">Name of the preset.</param>
internal sealed record RecordSubject(string System, string Variant, string Dataset, string Preset)
{
    /// <summary>How the data were divided.</summary>
    public string Split { get; init; } = "leave-one-out";

    /// <summary>How it was measured; ranked in full with seen items kept, unless said otherwise.</summary>
    public RecordedProtocol Protocol { get; init; } = RecordedProtocol.Of(EvaluationProtocol.Full);
}

/// <summary>What experiments that write semantic ids have in common: the ids, the road from training to a result, and the record.</summary>
internal static class IdExperiment
{
    private const string IdsName = "ids.json";

    /// <summary>The ids of a run: those in its folder, else of a file, else made now and kept in the folder.</summary>
    /// <param name="preset">How they are made.</param>
    /// <param name="file">Takes the place of the preset; null where there is none.</param>
    /// <param name="seed">Seed of the making.</param>
    /// <param name="folder">Keeps them; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="cancel">Stops the making.</param>
    public static SemanticIdTable Ids(
        SemanticIdPreset preset,
        string? file,
        long seed,
        RunFolder? folder,
        torch.Device? device,
        CancellationToken cancel
    ) => Kept(folder, () => file is null ? Make(preset, seed, device, cancel) : SemanticIdFile.Load(file));

    /// <summary>The ids in a run's folder; where there are none, they are made and kept there.</summary>
    /// <param name="folder">Keeps them; null keeps nothing.</param>
    /// <param name="make">Makes them.</param>
    public static SemanticIdTable Kept(RunFolder? folder, Func<SemanticIdTable> make)
    {
        var kept = folder is null ? null : PathIn(folder);
        if (File.Exists(kept))
            return SemanticIdFile.Load(kept);
        var ids = make();
        if (kept is not null)
            SemanticIdFile.Save(kept, ids);
        return ids;
    }

    /// <summary>The ids of a run that has made them.</summary>
    public static SemanticIdTable Of(RunFolder run) => SemanticIdFile.Load(PathIn(run));

    /// <summary>Trains and measures, or goes on from the folder's newest checkpoint, and ends the run.</summary>
    /// <param name="task">What is trained.</param>
    /// <param name="training">How; the folder is the run's.</param>
    /// <param name="folder">Where checkpoints and results go; null keeps nothing.</param>
    /// <param name="progress">Receives the trainer's events.</param>
    /// <param name="isTuning">End with the validation's metrics; nothing else is measured.</param>
    /// <param name="measure">Measures the trained model.</param>
    /// <param name="cancel">Stops after the current batch.</param>
    /// <exception cref="TrainingInterruptedException">It was cancelled while it trained.</exception>
    public static SeedResult Run(
        ITrainingTask task,
        TrainingOptions training,
        RunFolder? folder,
        IProgress<TrainingEvent>? progress,
        bool isTuning,
        Func<TrainingResult, SeedResult> measure,
        CancellationToken cancel
    )
    {
        var trained = Trainer.Fit(task, training with { Folder = folder?.CheckpointFolder }, progress, cancel);
        if (isTuning)
        {
            var validated = new SeedResult(training.Seed, trained.Metrics, trained.WeightsOfStep, trained.Seconds);
            folder?.CompleteUntested(validated);
            return validated;
        }
        var result = measure(trained);
        folder?.Complete(result);
        return result;
    }

    /// <summary>The committed record of finished runs, one a seed.</summary>
    /// <param name="subject">What was run on what.</param>
    /// <param name="parameters">Trained numbers, asked for once the runs are known to have ended.</param>
    /// <param name="runs">At least one, all tested.</param>
    /// <param name="note">What a reader must know besides.</param>
    /// <exception cref="ArgumentException">There is no run, or one has not finished.</exception>
    public static ResultRecord Record(
        RecordSubject subject,
        Func<long> parameters,
        IReadOnlyList<RunFolder> runs,
        string? note
    )
    {
        NextItemExperiment.NeedTested(runs);
        var first = runs[0].Description;
        return new ResultRecord
        {
            System = subject.System,
            Variant = subject.Variant,
            Dataset = subject.Dataset,
            Split = subject.Split,
            Protocol = subject.Protocol,
            Metrics = new Dictionary<string, SeedMean>(),
            Seeds = [],
            Steps = 0,
            Seconds = 0,
            Parameters = parameters(),
            Machine = first.Environment.Machine(),
            Commit = first.Environment.Commit,
            Command = $"genrec experiment run {subject.Preset} --seed {first.Seed}",
            Curve = NextItemExperiment.CurveOf(runs[0]),
            Note = note,
        }.WithSeeds([.. runs.Select(run => run.ReadResult())]);
    }

    private static string PathIn(RunFolder run) => Path.Combine(run.Path, IdsName);

    private static SemanticIdTable Make(
        SemanticIdPreset preset,
        long seed,
        torch.Device? device,
        CancellationToken cancel
    )
    {
        if (preset.PublishedFile is not null)
            return preset.LoadPublished(PublicDatasets.Load(preset.Dataset).Items.ItemCount);
        var (items, vectors) = preset.Load();
        var options = new FitOptions
        {
            Seed = seed,
            Collisions = preset.Collisions,
            Device = device,
            Cancellation = cancel,
        };
        using var fit = preset.CreateQuantiser(items)!.Fit(vectors, options);
        return fit.Ids;
    }
}
