using System.CommandLine;
using System.Text.Json;
using GenRec.Cli.Experiments;
using GenRec.Shared.Experiments;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment record</c>: gathers finished runs of one preset into records under <c>data/results</c>.</summary>
internal static class ExperimentRecordCommand
{
    public static Command Create(Terminal terminal)
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
            var names = runs.Select(run => run.ReadConfig<RunConfig>().Request.Experiment).Distinct().ToArray();
            if (names.Length > 1)
                throw new UserError(
                    $"The runs are of different presets: {string.Join(", ", names)}. Name runs of one."
                );
            foreach (var record in Records(names[0], runs, parsed.GetValue(note)))
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

    private static IReadOnlyList<ResultRecord> Records(string name, RunFolder[] runs, string? note) =>
        SemanticIdPreset.All.FirstOrDefault(preset => preset.Name == name) is { } ids
            ? [SemanticIdExperiment.Record(ids, runs, note)]
        : BackbonePreset.All.FirstOrDefault(preset => preset.Name == name) is { } shape
            ? [BackboneExperiment.Record(shape, runs, note)]
        : NextItemExperiment.Records(NextItemPresets.Find(name), runs, note);

    private sealed record RunConfig(ExperimentRequest Request, JsonElement Options);
}
