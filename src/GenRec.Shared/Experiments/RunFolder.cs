using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Shared.Display;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Shared.Experiments;

/// <summary>What a run is: written once, when it begins.</summary>
/// <param name="Name">The run's name, also its folder's.</param>
/// <param name="Seed">The seed everything random follows from.</param>
/// <param name="Started">When it began, UTC.</param>
/// <param name="Command">The command line.</param>
/// <param name="Environment">Where it runs, and which code.</param>
public sealed record RunDescription(
    string Name,
    long Seed,
    DateTime Started,
    string Command,
    RunEnvironment Environment
) : RichRecord;

/// <summary>A folder that holds all of one run.</summary>
/// <remarks>
/// <c>run.json</c> says what ran where, <c>config.json</c> holds the options, <c>metrics.jsonl</c> the curves (the
/// trainer's file, one JSON object a line), <c>metrics.json</c> the final metrics (<c>validation.json</c> in their place
/// where the test cases were left closed), <c>checkpoints</c> what a killed run goes on from. A folder in use is never taken over: a new run gets a new name, and going on is asked for by name.
/// </remarks>
public sealed class RunFolder : RichObject
{
    private const string RunFile = "run.json";

    private RunFolder(string path, RunDescription description) => (Path, Description) = (path, description);

    /// <summary>The folder, an absolute path.</summary>
    public string Path { get; }

    /// <summary>What runs here.</summary>
    public RunDescription Description { get; }

    /// <summary>The options.</summary>
    public string ConfigPath => Within("config.json");

    /// <summary>The curves, one JSON object a line.</summary>
    public string CurvesPath => Within("metrics.jsonl");

    /// <summary>The final metrics; there only when the run has ended.</summary>
    public string MetricsPath => Within("metrics.json");

    /// <summary>The validation metrics of a run that left the test cases closed; there only when it has ended.</summary>
    public string ValidationPath => Within("validation.json");

    /// <summary>Where checkpoints go.</summary>
    public string CheckpointFolder => Within("checkpoints");

    /// <summary>Whether the run has ended.</summary>
    public bool IsComplete => IsTested || File.Exists(ValidationPath);

    /// <summary>Whether the run has ended and was measured on the test cases.</summary>
    public bool IsTested => File.Exists(MetricsPath);

    /// <summary>Begins a run in a folder of its own: <c>name</c>, or <c>name-2</c>, <c>name-3</c> ... where that is taken.</summary>
    /// <param name="root">Folder of all runs; made where missing.</param>
    /// <param name="name">Letters, digits, hyphens, points and underscores.</param>
    /// <param name="config">The options; must serialise to a JSON object.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="command">The command that runs it; this process's where null.</param>
    /// <param name="environment">Where it runs; looked up where null.</param>
    /// <exception cref="ArgumentException">The name is no plain folder name.</exception>
    public static RunFolder Create(
        string root,
        string name,
        object config,
        long seed,
        string? command = null,
        RunEnvironment? environment = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(config);
        if (name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
            throw new ArgumentException(
                $"'{name}' names no run; use letters, digits, hyphens, points and underscores, no point first.",
                nameof(name)
            );
        var options = Json(config);
        environment ??= RunEnvironment.Capture();
        command ??= string.Join(' ', Environment.GetCommandLineArgs());
        Directory.CreateDirectory(root);
        for (var number = 1; ; number++)
        {
            var free = number == 1 ? name : $"{name}-{number}";
            var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, free));
            if (!Claim(path))
                continue;
            var description = new RunDescription(free, seed, DateTime.UtcNow, command, environment);
            var folder = new RunFolder(path, description);
            try
            {
                RecordFile.Write(folder.ConfigPath, options, overwrite: false);
                RecordFile.Write(folder.Within(RunFile), description, overwrite: true); // last: now it is a run
            }
            catch
            {
                folder.Discard(); // a full disk must not leave a name taken by half a run
                throw;
            }
            return folder;
        }
    }

    /// <summary>Opens a run to read it, or to go on with it.</summary>
    /// <param name="path">The run's folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no run here.</exception>
    /// <exception cref="InvalidDataException"><c>run.json</c> is damaged.</exception>
    public static RunFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = System.IO.Path.GetFullPath(path);
        var file = System.IO.Path.Combine(full, RunFile);
        if (!File.Exists(file))
            throw new DirectoryNotFoundException($"{full} holds no run: there is no {RunFile}.");
        return new RunFolder(full, RecordFile.Read<RunDescription>(file));
    }

    /// <summary>Goes on with a run, by the same options.</summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="config">The options it goes on with.</param>
    /// <exception cref="InvalidOperationException">The run has ended, or began with other options; names those.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no run here.</exception>
    public static RunFolder Resume(string path, object config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var run = Open(path);
        if (run.IsComplete)
            throw new InvalidOperationException($"The run in {run.Path} has ended; begin a new one.");
        var (before, now) = (run.ReadConfig<JsonObject>(), Json(config));
        var changed = Differences("", before, now).ToList();
        if (changed.Count > 0)
            throw new InvalidOperationException(
                $"The run in {run.Path} began with other options: {string.Join("; ", changed)}."
                    + " Go on with the same, or begin a new run."
            );
        return run;
    }

    /// <summary>Where two sets of options differ, in words; nothing where they are alike.</summary>
    internal static IEnumerable<string> Differences(string name, JsonNode? before, JsonNode? now)
    {
        if (JsonNode.DeepEquals(before, now))
            return [];
        if (before is not JsonObject then || now is not JsonObject today)
            return [$"{name} was {Shown(before)} and is {Shown(now)}"];
        return then.Select(option => option.Key)
            .Union(today.Select(option => option.Key))
            .SelectMany(option =>
                Differences(name.Length == 0 ? option : $"{name}.{option}", then[option], today[option])
            );

        static string Shown(JsonNode? node) => node?.ToJsonString() ?? "nothing";
    }

    /// <summary>Reads the options.</summary>
    /// <exception cref="InvalidDataException">They are not of this type; the message names file and field.</exception>
    public T ReadConfig<T>() => RecordFile.Read<T>(ConfigPath);

    /// <summary>Adds a point to the curves, for a system that no trainer trains.</summary>
    public void AppendCurve(CurvePoint point) =>
        File.AppendAllText(CurvesPath, JsonSerializer.Serialize(point, RecordFile.Line) + "\n");

    /// <summary>Ends the run: writes its final metrics.</summary>
    /// <exception cref="IOException">The run has ended before.</exception>
    public void Complete(SeedResult result) => End(MetricsPath, result);

    /// <summary>Ends a run that leaves the test cases closed: writes its validation metrics.</summary>
    /// <exception cref="IOException">The run has ended before.</exception>
    public void CompleteUntested(SeedResult validation) => End(ValidationPath, validation);

    /// <summary>The final metrics of a run that has ended.</summary>
    /// <exception cref="FileNotFoundException">The run has not ended, or left the test cases closed.</exception>
    public SeedResult ReadResult() => RecordFile.Read<SeedResult>(MetricsPath);

    /// <summary>The validation metrics of a run that left the test cases closed.</summary>
    /// <exception cref="FileNotFoundException">The run has not ended, or was measured on the test cases.</exception>
    public SeedResult ReadValidation() => RecordFile.Read<SeedResult>(ValidationPath);

    /// <summary>Removes a run in which nothing has been computed: there is neither a curve nor a checkpoint.</summary>
    /// <returns>False where there is something; nothing was removed then.</returns>
    public bool DiscardUnlessBegun()
    {
        var own = new[] { ConfigPath, Within(RunFile) };
        if (!Directory.EnumerateFileSystemEntries(Path).All(own.Contains))
            return false;
        Discard();
        return true;
    }

    private void Discard()
    {
        File.Delete(ConfigPath);
        File.Delete(Within(RunFile));
        Directory.Delete(Path);
    }

    private void End(string path, SeedResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (IsComplete)
            throw new IOException(
                $"{(IsTested ? MetricsPath : ValidationPath)} is there already: the run has ended before."
            );
        RecordFile.Write(path, result, overwrite: false);
    }

    /// <summary>Takes a new or empty folder; of two processes that try, one succeeds.</summary>
    private static bool Claim(string path)
    {
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
            return false;
        Directory.CreateDirectory(path);
        var file = System.IO.Path.Combine(path, RunFile);
        try
        {
            new FileStream(file, FileMode.CreateNew).Dispose();
            return true;
        }
        catch (IOException) when (File.Exists(file))
        {
            return false; // another process was quicker
        }
    }

    private string Within(string file) => System.IO.Path.Combine(Path, file);

    private static JsonObject Json(object config) =>
        JsonSerializer.SerializeToNode(config, config.GetType(), RecordFile.Options) as JsonObject
        ?? throw new ArgumentException($"{config.GetType().Name} is no JSON object.", nameof(config));
}
