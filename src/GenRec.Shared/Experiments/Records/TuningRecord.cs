using GenRec.Shared.Display;

namespace GenRec.Shared.Experiments.Records;

/// <summary>One setting that was tried.</summary>
/// <param name="Values">What it changes of the preset, by option.</param>
/// <param name="Metrics">Validation metrics of its best weights.</param>
/// <param name="Steps">Updates up to those weights.</param>
/// <param name="Seconds">Time of the entire training.</param>
public sealed record TuningTrial(
    IReadOnlyDictionary<string, string> Values,
    IReadOnlyDictionary<string, double> Metrics,
    long Steps,
    double Seconds
) : RichRecord;

/// <summary>How a preset's values were chosen: every setting tried, by validation metrics alone.</summary>
/// <remarks>Lies in <c>data/tuning/&lt;preset&gt;.json</c>. The test cases stay closed while settings are compared.</remarks>
public sealed record TuningRecord : RichRecord
{
    /// <summary>The preset whose values were varied.</summary>
    public required string Preset { get; init; }

    /// <summary>The validation metric that chose.</summary>
    public required string Metric { get; init; }

    /// <summary>Seed of all trials.</summary>
    public required long Seed { get; init; }

    /// <summary>Every setting, in the order tried.</summary>
    public required IReadOnlyList<TuningTrial> Trials { get; init; }

    /// <summary>Processor, cores and system.</summary>
    public required string Machine { get; init; }

    /// <summary>Git commit of the code.</summary>
    public required string Commit { get; init; }

    /// <summary>The command that runs it again.</summary>
    public required string Command { get; init; }

    /// <summary>The trial with the highest value of <see cref="Metric"/>; of equal ones the first.</summary>
    /// <exception cref="InvalidOperationException">There is no trial.</exception>
    public TuningTrial Best() =>
        Trials.MaxBy(trial => trial.Metrics[Metric]) ?? throw new InvalidOperationException($"{Preset}: no trial.");

    /// <summary>Writes the record to <c>&lt;folder&gt;/&lt;preset&gt;.json</c>.</summary>
    /// <exception cref="IOException">A record is there and must not be replaced.</exception>
    public string Save(string folder, bool overwrite = false)
    {
        var path = Path.Combine(folder, $"{Preset}.json");
        RecordFile.Write(path, this, overwrite);
        return path;
    }

    /// <summary>Reads a record.</summary>
    /// <exception cref="InvalidDataException">The file is no such record; the message names file and field.</exception>
    public static TuningRecord Read(string path) => RecordFile.Read<TuningRecord>(path);

    /// <summary>Every combination of the given values, the last option changing fastest.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Combinations(
        IReadOnlyList<(string Option, IReadOnlyList<string> Values)> varied
    )
    {
        ArgumentNullException.ThrowIfNull(varied);
        IEnumerable<Dictionary<string, string>> combinations =
        [
            [],
        ];
        foreach (var (option, values) in varied)
            combinations = combinations.SelectMany(
                _ => values,
                (chosen, value) => new Dictionary<string, string>(chosen) { [option] = value }
            );
        return [.. combinations];
    }
}
