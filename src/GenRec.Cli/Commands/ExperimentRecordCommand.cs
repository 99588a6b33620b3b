using System.CommandLine;
using System.Text.Json;
using GenRec.Cli.Experiments;
using GenRec.Shared.Experiments;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment record</c>: gathers finished runs of one preset into records under <c>data/results</c>.</summary>
internal static class ExperimentRecordCommand
{
    public static Command Create(Terminal terminal, IExperimentRegistry registry)
    {
        var folders = new Argument<DirectoryInfo[]>("runs")
        {
            Description = "Folders of finished runs of one preset, one a seed",
            Arity = ArgumentArity.OneOrMore,
        };
        var note = new Option<string?>("--note") { Description = "What a reader must know besides, in a sentence" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace records that exist" };
        var command = new Command("record", "Write the small records that are committed") { folders, note, overwrite };
        command.SetAction(parsed =>
        {
            var runs = parsed.GetRequiredValue(folders).Select(folder => RunFolder.Open(folder.FullName)).ToArray();
            var names = runs.Select(PresetOf).Distinct().ToArray();
            if (names.Length > 1)
                throw new UserError(
                    $"The runs are of different presets: {string.Join(", ", names)}. Name runs of one."
                );
            var experiment = ExperimentCommand.Find(registry, names[0], null);
            foreach (var record in experiment.Records(runs, parsed.GetValue(note)))
            {
                var path = ResultRecords.Save(
                    Path.Combine(Repository.Root, "data", "results"),
                    record,
                    parsed.GetValue(overwrite)
                );
                terminal.Out.WriteLine($"wrote {Repository.Shown(path)}");
            }
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The preset that a run ran.</summary>
    internal static string PresetOf(RunFolder run) => run.ReadConfig<RunConfig>().Request.Experiment;

    private sealed record RunConfig(ExperimentRequest Request, JsonElement Options);
}
