using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.SemanticIds;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>What experiments that write semantic ids have in common: where the ids come from, and the record of finished runs.</summary>
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
    )
    {
        var kept = folder is null ? null : Path.Combine(folder.Path, IdsName);
        if (File.Exists(kept))
            return SemanticIdFile.Load(kept);
        var ids = file is null ? Make(preset, seed, device, cancel) : SemanticIdFile.Load(file);
        if (kept is not null)
            SemanticIdFile.Save(kept, ids);
        return ids;
    }

    /// <summary>The committed record of finished runs, one a seed, ranked in full with seen items kept.</summary>
    /// <param name="system">The system's name in the records.</param>
    /// <param name="preset">The preset's name, variant and data set.</param>
    /// <param name="parameters">Trained numbers.</param>
    /// <param name="runs">At least one, all tested.</param>
    /// <param name="note">What a reader must know besides.</param>
    /// <exception cref="ArgumentException">There is no run, or one has not finished.</exception>
    public static ResultRecord Record(
        string system,
        (string Name, string Variant, string Dataset) preset,
        Func<long> parameters,
        IReadOnlyList<RunFolder> runs,
        string? note
    )
    {
        NextItemExperiment.NeedTested(runs);
        var first = runs[0].Description;
        return new ResultRecord
        {
            System = system,
            Variant = preset.Variant,
            Dataset = preset.Dataset,
            Split = "leave-one-out",
            Protocol = RecordedProtocol.Of(EvaluationProtocol.Full),
            Metrics = new Dictionary<string, SeedMean>(),
            Seeds = [],
            Steps = 0,
            Seconds = 0,
            Parameters = parameters(),
            Machine = first.Environment.Machine(),
            Commit = first.Environment.Commit,
            Command = $"genrec experiment run {preset.Name} --seed {first.Seed}",
            Curve = NextItemExperiment.CurveOf(runs[0]),
            Note = note,
        }.WithSeeds([.. runs.Select(run => run.ReadResult())]);
    }

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
