using System.Text.Json;
using GenRec.Shared.Experiments;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Experiments.Sweeps;

/// <summary>One run of a sweep: a setting and a seed.</summary>
/// <param name="Name">Name of its folder below the sweep's.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Values">What it changes of the preset.</param>
internal sealed record SweepTrial(string Name, long Seed, IReadOnlyDictionary<string, string> Values);

/// <summary>All runs of a sweep, written once to <c>sweep.json</c>; each run has a folder of its own beside it.</summary>
/// <param name="Preset">The preset that is varied.</param>
/// <param name="Device">Where the runs compute; null for the usual device.</param>
/// <param name="IsTested">Whether the runs are measured on the test cases; else by validation alone.</param>
/// <param name="Trials">The runs, in the order of their numbers.</param>
internal sealed record SweepPlan(string Preset, string? Device, bool IsTested, IReadOnlyList<SweepTrial> Trials)
{
    private const string FileName = "sweep.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Every setting with every seed.</summary>
    public static SweepPlan Of(
        string preset,
        string? device,
        bool isTested,
        IReadOnlyList<IReadOnlyDictionary<string, string>> settings,
        IReadOnlyList<long> seeds
    ) =>
        new(
            preset,
            device,
            isTested,
            [.. settings.SelectMany(values => seeds.Select(seed => new SweepTrial(NameOf(values, seed), seed, values)))]
        );

    /// <summary>Begins a sweep in a folder, or goes on with the same one.</summary>
    /// <exception cref="UserError">The folder holds another sweep.</exception>
    public SweepPlan Claim(string root)
    {
        var file = Path.Combine(root, FileName);
        var text = JsonSerializer.Serialize(this, Json);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(root);
            AtomicFile.Write(file, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
            return this;
        }
        return JsonSerializer.Serialize(Read(root), Json) == text
            ? this
            : throw new UserError($"{root} holds another sweep; name a folder of its own with --output.");
    }

    /// <summary>Reads the plan of a folder.</summary>
    /// <exception cref="UserError">There is none, or it is damaged.</exception>
    public static SweepPlan Read(string root)
    {
        var file = Path.Combine(root, FileName);
        if (!File.Exists(file))
            throw new UserError($"{root} holds no sweep: there is no {FileName}.");
        try
        {
            return JsonSerializer.Deserialize<SweepPlan>(File.ReadAllText(file), Json)
                ?? throw new UserError($"{file} holds null, need a sweep.");
        }
        catch (JsonException error)
        {
            throw new UserError($"{file}:{error.LineNumber + 1}: {error.Message}");
        }
    }

    /// <summary>What a trial asks of its experiment.</summary>
    public ExperimentRequest RequestOf(SweepTrial trial) =>
        new(Preset, trial.Seed, null, Device, trial.Values.Count > 0 ? trial.Values : null, !IsTested);

    /// <summary>Begins the run of a trial, or reopens it.</summary>
    public RunFolder Open(string root, SweepTrial trial, IExperiment experiment)
    {
        var request = RequestOf(trial);
        var config = new ExperimentConfig(request, experiment.OptionsOf(request));
        var path = Path.Combine(root, trial.Name);
        if (File.Exists(Path.Combine(path, "run.json")))
            return Commands.ExperimentCommand.Reopen(path, config);
        var run = RunFolder.Create(root, trial.Name, config, trial.Seed);
        if (Path.GetFileName(run.Path) == trial.Name)
            return run;
        run.DiscardUnlessBegun();
        throw new UserError($"{path} is there and holds no run; move it away.");
    }

    /// <summary>The run of a trial where it has ended, or null.</summary>
    public static RunFolder? Ended(string root, SweepTrial trial)
    {
        var path = Path.Combine(root, trial.Name);
        return File.Exists(Path.Combine(path, "run.json")) && RunFolder.Open(path) is { IsComplete: true } run
            ? run
            : null;
    }

    /// <summary>Numbers of the trials that have not ended.</summary>
    public IReadOnlyList<int> Unfinished(string root) =>
        [.. Trials.Index().Where(trial => Ended(root, trial.Item) is null).Select(trial => trial.Index)];

    private static string NameOf(IReadOnlyDictionary<string, string> values, long seed)
    {
        var parts = values.Select(value => $"{value.Key}-{value.Value}").Append($"seed-{seed}");
        var letters = string.Join('_', parts)
            .Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '-');
        return string.Concat(letters);
    }
}
