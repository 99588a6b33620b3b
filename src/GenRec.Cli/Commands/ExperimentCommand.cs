using System.CommandLine;
using System.Text.Json.Nodes;
using GenRec.Cli.Experiments;
using GenRec.Shared.Data;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Runtime;
using Spectre.Console;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment</c>: the commands that list, run and resume; the others have files of their own.</summary>
internal static class ExperimentCommand
{
    private static readonly string[] Scales = ["smoke", "tutorial", "longer", "large", "paper"];

    public static Command Create(Terminal terminal, IExperimentRegistry registry)
    {
        var command = new Command("experiment", "Rerun the papers' experiments")
        {
            List(terminal, registry),
            ExperimentShowCommand.Create(terminal, registry),
            Run(terminal, registry),
            Resume(terminal, registry),
            ExperimentTuneCommand.Create(terminal, registry),
            ExperimentSweepCommand.Create(terminal, registry),
            ExperimentTrialCommand.Create(terminal, registry),
            ExperimentRecordCommand.Create(terminal, registry),
        };
        foreach (var comparison in ExperimentCompareCommand.Create(terminal, registry))
            command.Add(comparison);
        return command;
    }

    private static Command List(Terminal terminal, IExperimentRegistry registry)
    {
        var command = new Command("list", "Show all presets");
        command.SetAction(_ =>
        {
            var table = Terminal.Table("preset", "system", "data", "scale", "values from");
            foreach (var preset in registry.Experiments)
                table.AddRow(
                    new[] { preset.Name, preset.System, preset.Dataset, preset.Scale, preset.Source }
                        .Select(Markup.Escape)
                        .ToArray()
                );
            if (registry.Experiments.Count == 0)
                terminal.Out.WriteLine("There are no presets yet.");
            else
                terminal.Styled.Write(table);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Run(Terminal terminal, IExperimentRegistry registry)
    {
        var preset = new Argument<string>("preset") { Description = "Name of a preset, see 'genrec experiment list'" };
        var scale = new Option<string?>("--scale") { Description = "Take the preset of this scale" };
        scale.AcceptOnlyFromAmong(Scales);
        var seed = NumberOption.Whole("--seed", "Seed instead of the preset's");
        var epochs = NumberOption.AtLeast("--epochs", 1, "Epochs instead of the preset's");
        var device = new Option<string?>("--device") { Description = "cpu, cuda, cuda:0 ... or mps" };
        var set = new Option<string[]>("--set") { Description = "Another option as name=value; may be repeated" };
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "Folder of the run record; default runs/<preset>",
        };
        var command = new Command("run", "Train and evaluate a preset; Ctrl+C saves and prints how to resume")
        {
            preset,
            scale,
            seed,
            epochs,
            device,
            set,
            output,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                var found = Find(registry, parsed.GetRequiredValue(preset), parsed.GetValue(scale));
                var request = new ExperimentRequest(
                    found.Name,
                    parsed.GetValue(seed) ?? found.Seed,
                    parsed.GetValue(epochs),
                    parsed.GetValue(device),
                    Values(parsed.GetValue(set))
                );
                Options(found, request); // a wrong name or value is told before anything is looked at
                TellNeeds(terminal, found, request, parsed.GetValue(output)?.FullName);
                var folder = NewFolder(parsed.GetValue(output)?.FullName, found, request);
                return WatchAsync(terminal, found, request, folder, cancel);
            }
        );
        return command;
    }

    private static Command Resume(Terminal terminal, IExperimentRegistry registry)
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "Folder of a run that was stopped" };
        var finish = new Option<bool>("--finish") { Description = "Train no further: measure the best weights so far" };
        var command = new Command("resume", "Carry on a run from its last checkpoint") { folder, finish };
        command.SetAction(
            (parsed, cancel) =>
            {
                var path = parsed.GetRequiredValue(folder).FullName;
                var request = RunFolder.Open(path).ReadConfig<RecordedConfig>().Request;
                if (request?.Experiment is null)
                    throw new UserError($"{path} holds a run, but not one of 'genrec experiment run'.");
                var found = Find(registry, request.Experiment, null);
                var run = Reopen(path, new ExperimentConfig(request, found.OptionsOf(request)));
                if (parsed.GetValue(finish) && !found.CanFinish)
                    throw new UserError(
                        $"A run of {found.System} ends when its training has ended; resume it without --finish."
                    );
                TellNeeds(terminal, found, request, path);
                return WatchAsync(terminal, found, request with { Finish = parsed.GetValue(finish) }, run, cancel);
            }
        );
        return command;
    }

    private static void TellNeeds(Terminal terminal, IExperiment experiment, ExperimentRequest request, string? folder)
    {
        var isLong = experiment.Scale is "paper" or "longer" or "large" && DataFolders.Repository is not null;
        var records = isLong ? ExperimentCompareCommand.Records(null) : [];
        var disk = folder ?? DataFolders.Repository ?? Environment.CurrentDirectory;
        foreach (var line in RunNeeds.Check(experiment, request, disk, records))
            terminal.Out.WriteLine(line);
    }

    /// <summary>The options of a request; a mistyped name is told with the nearest one.</summary>
    internal static object Options(IExperiment experiment, ExperimentRequest request)
    {
        var there = OptionText
            .All(experiment.OptionsOf(request with { Values = null }))
            .SelectMany(option => new[] { option.Path, option.Path.Split('.')[^1] })
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var name in (request.Values?.Keys ?? []).Where(name => !there.Contains(name)))
            throw new UserError(
                $"{experiment.Name} has no option '{name}'.{NearestName.Question(name, there)}"
                    + $" Run 'genrec experiment show {experiment.Name}' to see all."
            );
        return experiment.OptionsOf(request);
    }

    /// <summary>Reads <c>--set</c>; null where it is not given.</summary>
    internal static Dictionary<string, string>? Values(string[]? given)
    {
        if (given is null or [])
            return null;
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in given.Select(NameAndValue))
            if (!values.TryAdd(name, value))
                throw new UserError($"--set gives '{name}' twice.");
        return values;
    }

    /// <summary>Reads <c>name=value</c>.</summary>
    internal static (string Name, string Value) NameAndValue(string text) =>
        text.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } value]
            ? (name.Trim(), value.Trim())
            : throw new UserError($"'{text}' is not of the form name=value, as in dropout=0.3.");

    /// <summary>Finds a preset, or says which name was meant.</summary>
    internal static IExperiment Find(IExperimentRegistry registry, string name, string? scale)
    {
        var wanted = scale is null || name.EndsWith($"-{scale}", StringComparison.Ordinal) ? name : $"{name}-{scale}";
        return registry.Experiments.FirstOrDefault(preset =>
                preset.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase)
            )
            ?? throw new UserError(
                $"No preset is called '{wanted}'."
                    + NearestName.Question(wanted, registry.Experiments.Select(preset => preset.Name))
                    + " Run 'genrec experiment list' to see all."
            );
    }

    private static RunFolder NewFolder(string? output, IExperiment experiment, ExperimentRequest request)
    {
        if (output is null)
            output = Path.Combine(Repository.Root, "runs", experiment.Name);
        var path = Path.TrimEndingDirectorySeparator(output);
        if (Path.GetDirectoryName(path) is not { } root || Path.GetFileName(path) is not { Length: > 0 } name)
            throw new UserError($"--output {output} is no folder that a run could have for itself; name a new one.");
        return RunFolder.Create(root, name, new ExperimentConfig(request, experiment.OptionsOf(request)), request.Seed);
    }

    /// <summary>Goes on with a run; that it has ended, or began otherwise, is the user's to know.</summary>
    internal static RunFolder Reopen(string path, ExperimentConfig config)
    {
        try
        {
            return RunFolder.Resume(path, config);
        }
        catch (InvalidOperationException refused)
        {
            throw new UserError(refused.Message);
        }
    }

    /// <summary>Runs with progress; prints the summary, or how to carry on.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="experiment">What to run.</param>
    /// <param name="request">How.</param>
    /// <param name="folder">The run's folder, begun or reopened.</param>
    /// <param name="cancel">Asks the run to save and stop.</param>
    /// <param name="resume">The command that carries on; 'experiment resume' with the folder where null.</param>
    internal static async Task<int> WatchAsync(
        Terminal terminal,
        IExperiment experiment,
        ExperimentRequest request,
        RunFolder folder,
        CancellationToken cancel,
        string? resume = null
    )
    {
        try
        {
            Compute.UseThreads();
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentOutOfRangeException)
        {
            throw new UserError($"{Compute.ThreadsVariable}: {CommandLine.WithoutParameter(wrong)}");
        }
        var shown = Repository.Shown(folder.Path);
        resume ??= ResumeCommand(shown);
        terminal.Out.WriteLine($"{experiment.Name}: {experiment.System} on {experiment.Dataset}, in {shown}");
        var minute = new FirstMinute(TimeProvider.System, () => Environment.WorkingSet);
        ExperimentResult result;
        try
        {
            result = await ProgressBar.ShowAsync(
                terminal,
                experiment.Name,
                report =>
                    experiment.RunAsync(
                        request,
                        folder,
                        new Direct<ExperimentProgress>(news =>
                        {
                            report(news.Done, news.Line);
                            if (minute.Observe(news.Done) is { } estimate)
                                report(news.Done, estimate);
                        }),
                        cancel
                    )
            );
        }
        catch (Exception error)
            // Told as it is where nothing is there to go on from, or where going on would fail in the same way.
            when (!folder.DiscardUnlessBegun() && error is not (InvalidDataException or ArgumentException or UserError))
        {
            throw new FailedRun(error, $"What was computed is kept. Carry on with: {resume}");
        }
        foreach (var line in result.Summary)
            terminal.Out.WriteLine(line);
        if (result.Finished)
            return ExitCode.Done;
        terminal.Out.WriteLine("Stopped; a checkpoint is saved. Carry on with:");
        terminal.Out.WriteLine($"  {resume}");
        return ExitCode.Failed;
    }

    private static string ResumeCommand(string folder) =>
        $"genrec experiment resume {(folder.Contains(' ', StringComparison.Ordinal) ? $"\"{folder}\"" : folder)}";

    // The options are compared, not read: their type belongs to the experiment.
    private sealed record RecordedConfig(ExperimentRequest? Request, JsonNode? Options);
}
