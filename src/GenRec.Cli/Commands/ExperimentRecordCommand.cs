using System.CommandLine;
using GenRec.Cli.Experiments;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Records;

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
            var ways = runs.Select(RequestedRun.WayOf).Distinct().ToArray();
            if (ways.Length > 1)
                throw new UserError(
                    $"The runs are of different presets or options: {string.Join(", ", ways)}. Name runs of one."
                );
            var experiment = ExperimentCommand.Find(registry, ways[0].Split(' ')[0], null);
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
}
