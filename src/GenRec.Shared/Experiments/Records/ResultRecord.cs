using System.Globalization;
using System.Text.Json.Serialization;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Experiments.Records;

/// <summary>The protocol as records name it.</summary>
/// <param name="Ranking">For example <c>full</c>, see <see cref="EvaluationProtocol.Ranking"/>.</param>
/// <param name="SeenFilter">Which seen items are filtered.</param>
/// <param name="Level">What is ranked.</param>
public sealed record RecordedProtocol(string Ranking, SeenFilter SeenFilter, EvaluationLevel Level) : RichRecord
{
    /// <summary>Nothing is ranked: measures of something a recommender is made of, such as semantic ids.</summary>
    public static RecordedProtocol NoRanking { get; } = new("none", SeenFilter.None, EvaluationLevel.SemanticId);

    /// <summary>Names a protocol.</summary>
    public static RecordedProtocol Of(EvaluationProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        return new RecordedProtocol(protocol.Ranking, protocol.SeenFilter, protocol.Level);
    }

    /// <summary>In words, as <see cref="PublishedResult.Protocol"/> has them.</summary>
    /// <remarks>The seed that drew the negatives is left out; negatives are never seen items.</remarks>
    [JsonIgnore]
    public string Words
    {
        get
        {
            var seed = Ranking.IndexOf("-seed-", StringComparison.Ordinal);
            var ties = Ranking.EndsWith("-optimistic-ties", StringComparison.Ordinal) ? ", ties for the target" : "";
            var ranking =
                seed < 0 ? Ranking.Replace("-optimistic-ties", "", StringComparison.Ordinal) : Ranking[..seed];
            var words =
                ranking == PublishedResults.FullRanking
                    ? SeenFilter switch
                    {
                        SeenFilter.None => PublishedResults.FullRankingKept,
                        SeenFilter.History => PublishedResults.FullRankingUnseen,
                        _ => "full ranking, training items left out",
                    }
                    : PublishedResults.Rankings.GetValueOrDefault(ranking) ?? ranking;
            return words
                + ties
                + (Level == EvaluationLevel.SemanticId && Ranking != "none" ? ", match of semantic-id" : "");
        }
    }
}

/// <summary>What one seed gave.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Metrics">Test metrics by name.</param>
/// <param name="Steps">Updates made.</param>
/// <param name="Seconds">Training time.</param>
public sealed record SeedResult(long Seed, IReadOnlyDictionary<string, double> Metrics, long Steps, double Seconds)
    : RichRecord;

/// <summary>A point of a learning curve.</summary>
/// <param name="Step">Updates made so far.</param>
/// <param name="Values">Values by name: a loss, or a validation metric.</param>
public sealed record CurvePoint(long Step, IReadOnlyDictionary<string, double> Values) : RichRecord;

/// <summary>A system's result on a data set: the one schema of <c>data/results/&lt;system&gt;/&lt;dataset&gt;-&lt;variant&gt;.json</c>.</summary>
public sealed record ResultRecord : RichRecord
{
    private static readonly string[] ProtocolEndings = ["-unseen", "-sampled", "-popularity", "-popular", "-uniform"];

    /// <summary>What was run, lower case with hyphens, for example <c>sasrec</c>; the name of the folder.</summary>
    [JsonPropertyOrder(0)]
    public required string System { get; init; }

    /// <summary>Which form of it, lower case with hyphens, for example <c>ce</c>.</summary>
    [JsonPropertyOrder(1)]
    public required string Variant { get; init; }

    /// <summary>On what data, lower case with hyphens, for example <c>amazon-beauty</c>.</summary>
    [JsonPropertyOrder(2)]
    public required string Dataset { get; init; }

    /// <summary>How it was divided, for example <c>leave-one-out</c>.</summary>
    [JsonPropertyOrder(3)]
    public required string Split { get; init; }

    /// <summary>How it was measured.</summary>
    [JsonPropertyOrder(4)]
    public required RecordedProtocol Protocol { get; init; }

    /// <summary>Test metrics by name, over the seeds.</summary>
    [JsonPropertyOrder(5)]
    public required IReadOnlyDictionary<string, SeedMean> Metrics { get; init; }

    /// <summary>The seeds, distinct, at least one.</summary>
    [JsonPropertyOrder(6)]
    public required IReadOnlyList<long> Seeds { get; init; }

    /// <summary>Updates of a run, mean over the seeds; 0 for what is not trained by steps.</summary>
    [JsonPropertyOrder(7)]
    public required double Steps { get; init; }

    /// <summary>Training time of a run in seconds, mean over the seeds.</summary>
    [JsonPropertyOrder(8)]
    public required double Seconds { get; init; }

    /// <summary>Trained numbers in the model.</summary>
    [JsonPropertyOrder(9)]
    public required long Parameters { get; init; }

    /// <summary>Processor or accelerator, cores and system, see <see cref="RunEnvironment.Machine"/>.</summary>
    [JsonPropertyOrder(10)]
    public required string Machine { get; init; }

    /// <summary>Git commit of the code.</summary>
    [JsonPropertyOrder(11)]
    public required string Commit { get; init; }

    /// <summary>The command that runs it again.</summary>
    [JsonPropertyOrder(12)]
    public required string Command { get; init; }

    /// <summary>Each metric's values in the order of the seeds, for paired comparisons; null where not kept.</summary>
    [JsonPropertyOrder(13), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, IReadOnlyList<double>>? PerSeed { get; init; }

    /// <summary>Learning curve of the first seed; null where not kept.</summary>
    [JsonPropertyOrder(14), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CurvePoint>? Curve { get; init; }

    /// <summary>What a reader must know besides, in a sentence or two.</summary>
    [JsonPropertyOrder(15), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    /// <summary>What a variant begins with that stands for runs that are not committed as a record.</summary>
    public const string UnrecordedMark = "run-";

    /// <summary>The variant without that mark, and without the ending that names the protocol: <c>ce</c> of <c>ce-unseen</c>.</summary>
    [JsonIgnore]
    public string BaseVariant
    {
        get
        {
            var variant = Variant.StartsWith(UnrecordedMark, StringComparison.Ordinal)
                ? Variant[UnrecordedMark.Length..]
                : Variant;
            return
                ProtocolEndings.FirstOrDefault(ending => variant.EndsWith(ending, StringComparison.Ordinal))
                    is { } found
                ? variant[..^found.Length]
                : variant;
        }
    }

    /// <summary>The record's place below the results folder: <c>system/dataset-variant.json</c>.</summary>
    [JsonIgnore]
    public string RelativePath => Path.Combine(System, $"{Dataset}-{Variant}.json");

    /// <summary>Fills everything that follows from the seeds' results; the metrics keep the order of the first.</summary>
    /// <exception cref="ArgumentException">There is no run, or the runs name different metrics.</exception>
    public ResultRecord WithSeeds(IReadOnlyList<SeedResult> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0)
            throw new ArgumentException("A record needs at least one run.", nameof(runs));
        var perSeed = new Dictionary<string, IReadOnlyList<double>>();
        foreach (var run in runs)
            if (!run.Metrics.Keys.ToHashSet().SetEquals(runs[0].Metrics.Keys))
                throw new ArgumentException(
                    $"Seed {run.Seed} names {string.Join(", ", run.Metrics.Keys)};"
                        + $" seed {runs[0].Seed} names {string.Join(", ", runs[0].Metrics.Keys)}.",
                    nameof(runs)
                );
        foreach (var name in runs[0].Metrics.Keys)
            perSeed[name] = [.. runs.Select(run => run.Metrics[name])];
        return this with
        {
            Metrics = perSeed.ToDictionary(metric => metric.Key, metric => SeedMean.Of(metric.Value)),
            PerSeed = perSeed,
            Seeds = [.. runs.Select(run => run.Seed)],
            Steps = runs.Average(run => (double)run.Steps),
            Seconds = Math.Round(runs.Average(run => run.Seconds), 3),
        };
    }

    /// <summary>What is wrong with the record, one sentence each; empty for a sound record.</summary>
    public IReadOnlyList<string> Problems()
    {
        var found = new List<string>();
        foreach (var (name, value) in new[] { ("system", System), ("variant", Variant), ("dataset", Dataset) })
            Need(
                value.Length > 0
                    && value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'),
                $"{name} is '{value}'; use lower case letters, digits, hyphens and points."
            );
        foreach (var (name, value) in new[] { ("split", Split), ("machine", Machine), ("commit", Commit) })
            Need(!string.IsNullOrWhiteSpace(value), $"{name} is empty.");
        Need(!string.IsNullOrWhiteSpace(Command), "command is empty.");
        Need(!string.IsNullOrWhiteSpace(Protocol.Ranking), "protocol.ranking is empty.");
        Need(Seeds.Count > 0 && Seeds.Distinct().Count() == Seeds.Count, "seeds must be distinct, and at least one.");
        Need(Steps >= 0 && double.IsFinite(Steps), $"steps is {Steps}.");
        Need(Seconds >= 0 && double.IsFinite(Seconds), $"seconds is {Seconds}.");
        Need(Parameters >= 0, $"parameters is {Parameters}.");
        Need(Metrics.Count > 0, "metrics is empty.");
        foreach (var (name, value) in Metrics)
        {
            Need(
                IsCanonical(name),
                $"metrics names '{name}'; metrics are spelled as in Recall@10, HR@10, NDCG@10, MRR."
            );
            Need(double.IsFinite(value.Mean), $"metrics.{name}.mean is {value.Mean}.");
            Need(
                value.StandardError is null == (Seeds.Count == 1) && !(value.StandardError < 0),
                $"metrics.{name}.standardError is {value.StandardError?.ToString() ?? "null"} with {Seeds.Count} seeds;"
                    + " it is null for one seed and a number for several."
            );
        }
        foreach (var (name, values) in PerSeed ?? new Dictionary<string, IReadOnlyList<double>>())
            Need(
                Metrics.TryGetValue(name, out var mean)
                    && values.Count == Seeds.Count
                    && Math.Abs(values.Average() - mean.Mean) <= 1e-9 * Math.Max(1, Math.Abs(mean.Mean)),
                $"perSeed.{name} does not fit the seeds and metrics.{name}."
            );
        return found;

        void Need(bool holds, string problem)
        {
            if (!holds)
                found.Add(problem);
        }
    }

    /// <summary>The metrics with their standard errors, and what was run on what.</summary>
    protected override Table AsTable()
    {
        var errors = Metrics
            .Where(metric => metric.Value.StandardError is not null)
            .ToDictionary(metric => metric.Key, metric => metric.Value.StandardError!.Value);
        var means = Metrics.ToDictionary(metric => metric.Key, metric => metric.Value.Mean);
        var facts = string.Create(
            CultureInfo.InvariantCulture,
            $"{Protocol.Ranking} ranking, seen items filtered: {Protocol.SeenFilter}; {Split}; {Seeds.Count} seeds; "
                + $"{Parameters:N0} parameters; {Steps:N0} steps in {Seconds:N0} s on {Machine}. {Note}"
        );
        return Tables
            .Metrics([new MetricRow($"{System}, {Variant}", means, errors)])
            .Titled($"{System} on {Dataset}", facts.TrimEnd());
    }

    /// <summary>A ranking metric must have its own spelling; other names (a loss, a win rate) are free.</summary>
    private static bool IsCanonical(string name)
    {
        try
        {
            return Metric.Parse(name).Name == name;
        }
        catch (FormatException)
        {
            return name.Length > 0 && !name.Contains('@');
        }
    }
}
