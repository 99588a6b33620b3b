using System.Diagnostics;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Models.Baselines;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Measures;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>Makes or reads the ids of a preset, measures them, and gathers runs of several seeds into a committed record.</summary>
public static class SemanticIdExperiment
{
    private const string ParametersKey = "parameters";

    /// <summary>Fits and measures, or goes on from the folder's newest checkpoint.</summary>
    /// <param name="preset">What to run.</param>
    /// <param name="seed">Seed of everything random.</param>
    /// <param name="folder">Where checkpoints, ids (<c>ids.json</c>), codebooks and metrics go; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="progress">Told what happens.</param>
    /// <param name="isTuning">End the run as one of a comparison of settings.</param>
    /// <param name="cancel">Stops; trained quantisers write a checkpoint first.</param>
    /// <returns>The measures by name, and the report they come from.</returns>
    /// <exception cref="TrainingInterruptedException">It was cancelled while training.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static (SeedResult Result, SemanticIdReport Report) Run(
        SemanticIdPreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        IProgress<FitProgress>? progress = null,
        bool isTuning = false,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        var clock = Stopwatch.StartNew();
        var (items, vectors) = preset.Load();
        var evidence = new SemanticIdEvidence { Vectors = vectors, Categories = ItemCategories.Of(items).Labels };
        var collaborative = preset.LoadCollaborative(items.ItemCount);
        var fitting = new FitOptions
        {
            Seed = seed,
            Collaborative = collaborative,
            Categories = evidence.Categories,
            Collisions = preset.Collisions,
            Device = device,
            Folder = preset.Training is null ? null : folder?.CheckpointFolder,
            Progress = progress,
            Cancellation = cancel,
        };
        using var fit = preset.CreateQuantiser(items)?.Fit(vectors, fitting);
        var ids = fit?.Ids ?? preset.LoadPublished(items.ItemCount);
        if (fit is not null)
            evidence = evidence with { Codec = fit.Codec, Collisions = fit.Collisions };
        var report = SemanticIdReport.Of(preset.Variant, ids, evidence);
        var own = fit?.OwnIds ?? ids.ContentIds();
        var recall = CollisionRecall.Of(own, preset.LoadSplit(), train => new ItemNeighbours(train));
        var metrics = new Dictionary<string, double>(report.Metrics())
        {
            ["itemknn-recall-10-by-tuple"] = recall.ByTuple,
            ["itemknn-recall-10-by-member"] = recall.ByMember,
            ["itemknn-recall-10-by-list"] = recall.ByList,
            [ParametersKey] = fit?.Codec.Parameters ?? 0,
        };
        if (collaborative is not null)
            metrics["neighbour-share-collaborative"] = SemanticIdMeasures.Neighbours(ids, collaborative, evidence);
        var result = new SeedResult(
            seed,
            metrics,
            fit?.Training?.WeightsOfStep ?? 0,
            fit?.Training?.Seconds ?? fit?.Seconds ?? clock.Elapsed.TotalSeconds
        );
        if (folder is not null)
            Keep(folder, ids, fit?.Codec, result, isTuning);
        return (result, report);
    }

    /// <summary>Gathers finished runs of one preset, one a seed, into a record.</summary>
    /// <param name="preset">The preset they ran.</param>
    /// <param name="runs">Finished runs.</param>
    /// <param name="note">What a reader must know besides.</param>
    /// <exception cref="ArgumentException">There is no run, or one has not finished.</exception>
    public static ResultRecord Record(SemanticIdPreset preset, IReadOnlyList<RunFolder> runs, string? note = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0)
            throw new ArgumentException("A record needs at least one run.", nameof(runs));
        if (runs.FirstOrDefault(run => !run.IsTested) is { } unfinished)
            throw new ArgumentException(
                $"The run in {unfinished.Path} has not finished: resume it first.",
                nameof(runs)
            );
        var results = runs.Select(run => run.ReadResult()).ToArray();
        return new ResultRecord
        {
            System = "semantic-ids",
            Variant = preset.Variant,
            Dataset = preset.Dataset,
            Split = "all items",
            Protocol = RecordedProtocol.NoRanking,
            Metrics = new Dictionary<string, SeedMean>(),
            Seeds = [],
            Steps = 0,
            Seconds = 0,
            Parameters = (long)results[0].Metrics[ParametersKey],
            Machine = runs[0].Description.Environment.Machine(),
            Commit = runs[0].Description.Environment.Commit,
            Command = $"genrec experiment run {preset.Name} --seed {runs[0].Description.Seed}",
            Note = note is null ? $"{preset.Settings}." : $"{preset.Settings}. {note}",
        }.WithSeeds([
            .. results.Select(result =>
                result with
                {
                    Metrics = result
                        .Metrics.Where(metric => metric.Key != ParametersKey)
                        .ToDictionary(metric => metric.Key, metric => metric.Value),
                }
            ),
        ]);
    }

    private static void Keep(RunFolder folder, SemanticIdTable ids, ICodec? codec, SeedResult result, bool isTuning)
    {
        SemanticIdFile.Save(Path.Combine(folder.Path, "ids.json"), ids, overwrite: true);
        switch (codec)
        {
            case RqVaeCodec trained:
                trained.Save(Path.Combine(folder.Path, "rq-vae.safetensors"));
                break;
            case ResidualCodebooks books:
                books.Save(Path.Combine(folder.Path, "codebooks.safetensors"));
                break;
        }
        if (isTuning)
            folder.CompleteUntested(result);
        else
            folder.Complete(result);
    }
}
