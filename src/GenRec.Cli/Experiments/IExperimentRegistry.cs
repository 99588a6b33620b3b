using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Cli.Experiments;

/// <summary>The experiments that can be run by name.</summary>
internal interface IExperimentRegistry
{
    /// <summary>All experiments, in the order of the reading list.</summary>
    IReadOnlyList<IExperiment> Experiments { get; }
}

/// <summary>One preset: a system, a data set and every number of a run.</summary>
internal interface IExperiment
{
    /// <summary>What a user types: <c>sasrec-ce-beauty-tutorial</c>.</summary>
    string Name { get; }

    /// <summary>The reading list's name of the system.</summary>
    string System { get; }

    /// <summary>Name of the data set.</summary>
    string Dataset { get; }

    /// <summary><c>smoke</c>, <c>tutorial</c> or <c>paper</c>.</summary>
    string Scale { get; }

    /// <summary>Where the preset's values come from.</summary>
    string Source { get; }

    /// <summary>Seed of a run that names none.</summary>
    long Seed { get; }

    /// <summary>Whether a stopped run can be measured as it stands, see <see cref="ExperimentRequest.Finish"/>.</summary>
    bool CanFinish => false;

    /// <summary>Files that the data set's folder must hold besides those of the set itself.</summary>
    IReadOnlyList<string> Files => [];

    /// <summary>Every value of the run, as written into its record.</summary>
    object OptionsOf(ExperimentRequest request);

    /// <summary>Trains and measures on the test cases, or carries on where the folder holds a checkpoint.</summary>
    /// <param name="request">What the user asked for.</param>
    /// <param name="folder">The run's folder, begun or reopened.</param>
    /// <param name="progress">Told once an epoch, and more often if it likes.</param>
    /// <param name="cancel">When it fires, a checkpoint is saved and an unfinished result returned.</param>
    Task<ExperimentResult> RunAsync(
        ExperimentRequest request,
        RunFolder folder,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    );

    /// <summary>Gathers finished runs, one a seed, into the records that are committed.</summary>
    /// <param name="runs">Finished runs of this preset.</param>
    /// <param name="note">What a reader must know besides.</param>
    IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        throw new UserError($"Runs of {Name} are kept in their folders; {System} has no record to gather them in.");
}

/// <summary>What the user asked for; null leaves the preset's own value.</summary>
/// <param name="Experiment">Name of the preset.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Epochs">Number of epochs.</param>
/// <param name="Device"><c>cpu</c>, <c>cuda:0</c> ...</param>
/// <param name="Values">Other options by name, as text.</param>
/// <param name="TestClosed">End with validation metrics and leave the test cases closed, as settings are compared.</param>
internal sealed record ExperimentRequest(
    string Experiment,
    long Seed,
    int? Epochs,
    string? Device,
    IReadOnlyDictionary<string, string>? Values = null,
    bool TestClosed = false
)
{
    /// <summary>Train no further: measure the best weights so far. Said when a run is carried on, so not part of its record.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Finish { get; init; }
}

/// <summary>What a run's <c>config.json</c> holds: enough to resume it by its folder alone.</summary>
/// <param name="Request">What the user asked for.</param>
/// <param name="Options">Every value of the run.</param>
internal sealed record ExperimentConfig(ExperimentRequest Request, object Options);

/// <summary>How far a run is.</summary>
/// <param name="Done">Share of the work done, 0..1.</param>
/// <param name="Line">What to print for good, once an epoch; null to move the bar only.</param>
internal sealed record ExperimentProgress(double Done, string? Line);

/// <summary>How a run ended.</summary>
/// <param name="Finished">False when it was stopped; the folder then holds a checkpoint to resume from.</param>
/// <param name="Summary">Lines to print at the end: own numbers, and the published ones beside them.</param>
internal sealed record ExperimentResult(bool Finished, IReadOnlyList<string> Summary);
