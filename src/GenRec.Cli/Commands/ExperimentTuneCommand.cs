using System.CommandLine;
using GenRec.Cli.Experiments;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Records;
using Spectre.Console;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment tune</c>: tries settings of a preset by validation alone and keeps the table of all.</summary>
/// <remarks>One folder a setting: what has ended is not run again, what was stopped goes on.</remarks>
internal static class ExperimentTuneCommand
{
    public static Command Create(Terminal terminal, IExperimentRegistry registry)
    {
        var preset = new Argument<string>("preset") { Description = "Name of a preset, see 'genrec experiment list'" };
        var vary = new Option<string[]>("--vary")
        {
            Description = "Values to try as name=a,b,c; repeated, every combination is tried",
            Required = true,
        };
        var metric = new Option<string>("--metric")
        {
            Description = "Validation metric that chooses",
            DefaultValueFactory = _ => "NDCG@10",
        };
        var seed = NumberOption.Whole("--seed", "Seed of all trials instead of the preset's");
        var device = new Option<string>("--device") { Description = "cpu, cuda, cuda:0 ... or mps" };
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "Folder of the trials; default runs/<preset>-tuning",
        };
        var record = new Option<bool>("--record")
        {
            Description = "Write the table to data/tuning, replacing an older",
        };
        var command = new Command("tune", "Compare settings of a preset by validation, the test cases closed")
        {
            preset,
            vary,
            metric,
            seed,
            device,
            output,
            record,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var found = ExperimentCommand.Find(registry, parsed.GetRequiredValue(preset), null);
                var settings = TuningRecord.Combinations(Varied(parsed.GetRequiredValue(vary)));
                var requests = settings
                    .Select(values => new ExperimentRequest(
                        found.Name,
                        parsed.GetValue(seed) ?? found.Seed,
                        null,
                        parsed.GetValue(device),
                        values,
                        TestClosed: true
                    ))
                    .ToArray();
                foreach (var request in requests)
                    found.OptionsOf(request); // a wrong name or value is told before hours are spent
                var root =
                    parsed.GetValue(output)?.FullName ?? Path.Combine(Repository.Root, "runs", $"{found.Name}-tuning");
                var again = string.Join(
                    ' ',
                    [
                        $"genrec experiment tune {found.Name} --seed {requests[0].Seed}",
                        .. parsed.GetRequiredValue(vary).Select(values => $"--vary {Quoted(values)}"),
                        .. Given(parsed, metric, "NDCG@10"),
                        .. Given(parsed, device, null),
                    ]
                );
                var elsewhere = parsed.GetValue(output) is { } named ? $" --output {Quoted(named.FullName)}" : "";
                var trials = new List<TuningTrial>();
                RunFolder? folder = null;
                foreach (var request in requests)
                {
                    folder = Folder(root, found, request);
                    if (!folder.IsComplete)
                    {
                        var code = await ExperimentCommand.WatchAsync(
                            terminal,
                            found,
                            request,
                            folder,
                            cancel,
                            again + elsewhere
                        );
                        if (code != ExitCode.Done)
                            return code;
                    }
                    var result = folder.ReadValidation();
                    NeedMetric(parsed.GetRequiredValue(metric), result.Metrics);
                    trials.Add(new TuningTrial(request.Values!, result.Metrics, result.Steps, result.Seconds));
                }
                var environment = folder!.Description.Environment;
                var tuning = new TuningRecord
                {
                    Preset = found.Name,
                    Metric = parsed.GetRequiredValue(metric),
                    Seed = requests[0].Seed,
                    Trials = trials,
                    Machine = environment.Machine(),
                    Commit = environment.Commit,
                    Command = again,
                };
                Show(terminal, tuning);
                if (parsed.GetValue(record))
                {
                    var path = tuning.Save(Path.Combine(Repository.Root, "data", "tuning"), overwrite: true);
                    terminal.Out.WriteLine($"wrote {Repository.Shown(path)}");
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static List<(string, IReadOnlyList<string>)> Varied(IEnumerable<string> given)
    {
        var varied = new List<(string Name, IReadOnlyList<string>)>();
        foreach (var text in given)
        {
            var (name, list) = ExperimentCommand.NameAndValue(text);
            var values = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (values.Length == 0)
                throw new UserError($"--vary {text} names no value, as in --vary {name}=0.1,0.3.");
            if (varied.Any(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                throw new UserError($"--vary gives '{name}' twice; name all its values at once, as in {name}=0.1,0.3.");
            varied.Add((name, [.. values.Distinct()]));
        }
        return varied;
    }

    // After the first trial, not after the last: only then is it known what validation measures.
    private static void NeedMetric(string metric, IReadOnlyDictionary<string, double> measured)
    {
        if (!measured.ContainsKey(metric))
            throw new UserError(
                $"Validation does not measure '{metric}'; there are {string.Join(", ", measured.Keys)}."
            );
    }

    private static IEnumerable<string> Given(ParseResult parsed, Option<string> option, string? usual) =>
        parsed.GetValue(option) is { } value && value != usual ? [$"{option.Name} {value}"] : [];

    private static string Quoted(string text) => text.Contains(' ', StringComparison.Ordinal) ? $"\"{text}\"" : text;

    private static RunFolder Folder(string root, IExperiment experiment, ExperimentRequest request)
    {
        var name =
            string.Join('_', request.Values!.Select(value => $"{value.Key}-{value.Value}")) + $"_seed-{request.Seed}";
        var config = new ExperimentConfig(request, experiment.OptionsOf(request));
        var path = Path.Combine(root, name);
        if (!File.Exists(Path.Combine(path, "run.json")))
            return RunFolder.Create(root, name, config, request.Seed);
        var there = RunFolder.Open(path);
        return there.IsComplete ? there : ExperimentCommand.Reopen(path, config);
    }

    private static void Show(Terminal terminal, TuningRecord tuning)
    {
        var options = tuning.Trials[0].Values.Keys.ToArray();
        var metrics = tuning.Trials[0].Metrics.Keys.ToArray();
        var best = tuning.Best();
        var table = Terminal.Table([.. options, .. metrics, "step", "seconds", ""]);
        foreach (var trial in tuning.Trials)
            table.AddRow([
                .. options.Select(option => Markup.Escape(trial.Values[option])),
                .. metrics.Select(metric => $"{trial.Metrics[metric]:F4}"),
                $"{trial.Steps}",
                $"{trial.Seconds:F0}",
                trial == best ? "best" : "",
            ]);
        terminal.Styled.Write(table);
    }
}
