using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenRec.Shared.Training;

/// <summary>What a checkpoint knows besides tensors; state.json.</summary>
internal sealed record TrainingState
{
    public const int CurrentFormat = 1;

    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            AllowDuplicateProperties = false,
            Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
        };

    public int Format { get; init; } = CurrentFormat;
    public long Step { get; set; }
    public long ValidatedStep { get; set; }
    public bool StoppedEarly { get; set; }
    public double? BestMetric { get; set; }
    public long? BestStep { get; set; }
    public Dictionary<string, double> BestMetrics { get; set; } = [];
    public Dictionary<string, double> LastMetrics { get; set; } = [];
    public int WithoutImprovement { get; set; }
    public double LossSum { get; set; }
    public long LossCount { get; set; }
    public double Seconds { get; set; }
    public double UpdateSeconds { get; set; }
    public RunIdentity Identity { get; set; } = new();
    public Dictionary<string, FileSeal> Files { get; set; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    public static TrainingState FromJson(string json) =>
        JsonSerializer.Deserialize<TrainingState>(json, Json) ?? throw new JsonException("The state is null.");
}

/// <summary>Length and SHA-256 of a checkpoint's file.</summary>
internal sealed record FileSeal(long Bytes, string Sha256);

/// <summary>What must be the same for a run to go on, and what is good to know when it is not.</summary>
internal sealed record RunIdentity
{
    private static readonly string[] withoutInfluence =
    [
        nameof(TrainingOptions.Folder),
        nameof(TrainingOptions.Seconds),
        nameof(TrainingOptions.SecondsOf),
        nameof(TrainingOptions.Resume),
        nameof(TrainingOptions.ReportEverySteps),
        nameof(TrainingOptions.CheckpointEverySteps),
        nameof(TrainingOptions.CheckpointEveryMinutes),
        nameof(TrainingOptions.KeepCheckpoints),
        nameof(TrainingOptions.TensorBoard),
    ];

    public JsonObject Options { get; init; } = [];
    public SortedDictionary<string, string> Task { get; init; } = [];
    public SortedDictionary<string, string> Environment { get; init; } = [];

    public static RunIdentity Of(ITrainingTask task, TrainingOptions options, TorchSharp.torch.Device device)
    {
        var chosen = JsonSerializer.SerializeToNode(options, TrainingState.Json)!.AsObject();
        foreach (var name in withoutInfluence)
            chosen.Remove(JsonNamingPolicy.CamelCase.ConvertName(name));
        if (!options.Schedule.DependsOnLength) // such a run may be made longer afterwards
        {
            chosen.Remove("steps");
            chosen.Remove("epochs");
        }
        return new RunIdentity
        {
            Options = chosen,
            Task = new(task.Identity.ToDictionary()) { ["batchesPerEpoch"] = task.BatchesPerEpoch.ToString() },
            Environment = new()
            {
                ["device"] = device.ToString(),
                ["threads"] = TorchSharp.torch.get_num_threads().ToString(),
                ["libtorch"] = TorchSharp.torch.__version__,
                ["processor"] = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString(),
            },
        };
    }

    /// <summary>Sentences for everything that differs: "learningRate: 0.001 in the checkpoint, 0.002 now".</summary>
    public IEnumerable<string> DifferencesTo(RunIdentity now) =>
        Differences(Flat(Options), Flat(now.Options)).Concat(Differences(Task, now.Task));

    public IEnumerable<string> EnvironmentDifferencesTo(RunIdentity now) => Differences(Environment, now.Environment);

    private static IEnumerable<string> Differences(
        IDictionary<string, string> saved,
        IDictionary<string, string> now
    ) =>
        saved
            .Keys.Union(now.Keys)
            .Where(key => saved.TryGetValue(key, out var a) != now.TryGetValue(key, out var b) || a != b)
            .Select(key => $"{key}: {Shown(saved, key)} in the checkpoint, {Shown(now, key)} now");

    private static string Shown(IDictionary<string, string> all, string key) =>
        all.TryGetValue(key, out var v) ? v : "absent";

    private static SortedDictionary<string, string> Flat(JsonObject node, string prefix = "")
    {
        var flat = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in node)
            if (value is JsonObject inner)
                foreach (var (key, text) in Flat(inner, $"{prefix}{name}."))
                    flat[key] = text;
            else
                flat[prefix + name] = value?.ToJsonString() ?? "null";
        return flat;
    }
}
