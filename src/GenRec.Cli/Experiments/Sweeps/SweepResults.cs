using System.Text;
using System.Text.Json;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Runtime;
using Spectre.Console;

namespace GenRec.Cli.Experiments.Sweeps;

/// <summary>One setting over its seeds.</summary>
/// <param name="Values">What it changes of the preset.</param>
/// <param name="Seeds">The seeds that have ended.</param>
/// <param name="Metrics">Mean and standard error of each metric.</param>
/// <param name="Seconds">Training time, mean over the seeds.</param>
internal sealed record SweepResult(
    IReadOnlyDictionary<string, string> Values,
    IReadOnlyList<long> Seeds,
    IReadOnlyDictionary<string, SeedMean> Metrics,
    double Seconds
);

/// <summary>Gathers what has ended of a sweep.</summary>
internal static class SweepResults
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Settings with at least one ended run, in the plan's order.</summary>
    public static IReadOnlyList<SweepResult> Gather(string root, SweepPlan plan) =>
        [
            .. plan
                .Trials.Select(trial => (Trial: trial, Run: SweepPlan.Ended(root, trial)))
                .Where(trial => trial.Run is not null)
                .Select(trial =>
                    (trial.Trial, Result: plan.IsTested ? trial.Run!.ReadResult() : trial.Run!.ReadValidation())
                )
                .GroupBy(trial => string.Join('|', trial.Trial.Values.Select(value => $"{value.Key}={value.Value}")))
                .Select(setting => new SweepResult(
                    setting.First().Trial.Values,
                    [.. setting.Select(trial => trial.Trial.Seed)],
                    setting
                        .First()
                        .Result.Metrics.Keys.ToDictionary(
                            metric => metric,
                            metric => SeedMean.Of([.. setting.Select(trial => trial.Result.Metrics[metric])])
                        ),
                    setting.Average(trial => trial.Result.Seconds)
                )),
        ];

    /// <summary>Writes <c>results.json</c> into the sweep's folder, replacing what an earlier call gathered.</summary>
    public static void Save(string root, IReadOnlyList<SweepResult> results)
    {
        var text = JsonSerializer.Serialize(results, Json) + "\n";
        AtomicFile.Write(Path.Combine(root, "results.json"), file => file.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Writes the table, the best mean of the metric marked.</summary>
    /// <exception cref="UserError">The runs do not measure this metric.</exception>
    public static void Show(Terminal terminal, IReadOnlyList<SweepResult> results, string metric)
    {
        string[] metrics = [.. results[0].Metrics.Keys];
        if (!metrics.Contains(metric))
            throw new UserError(
                $"The runs do not measure '{metric}'; there are {string.Join(", ", metrics)}."
                    + NearestName.Question(metric, metrics)
            );
        string[] options = [.. results[0].Values.Keys];
        var best = results.MaxBy(result => result.Metrics[metric].Mean);
        var table = Terminal.Table([.. options, "seeds", .. metrics, "seconds", ""]);
        foreach (var result in results)
            table.AddRow([
                .. options.Select(option => Markup.Escape(result.Values[option])),
                $"{result.Seeds.Count}",
                .. metrics.Select(name => Cell(result.Metrics[name])),
                $"{result.Seconds:F0}",
                result == best ? "best" : "",
            ]);
        terminal.Styled.Write(table);
    }

    private static string Cell(SeedMean mean) =>
        mean.StandardError is { } error ? $"{mean.Mean:F4} ± {error:F4}" : $"{mean.Mean:F4}";
}
