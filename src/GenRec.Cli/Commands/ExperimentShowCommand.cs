using System.CommandLine;
using GenRec.Cli.Experiments;
using GenRec.Shared.Data;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Reading;
using Spectre.Console;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment show</c>: every value of a preset, its data, and what is recorded and published of it.</summary>
internal static class ExperimentShowCommand
{
    public static Command Create(Terminal terminal, IExperimentRegistry registry)
    {
        var preset = new Argument<string>("preset") { Description = "Name of a preset, see 'genrec experiment list'" };
        var set = new Option<string[]>("--set") { Description = "Show it with another value, as name=value" };
        var command = new Command("show", "Show a preset's values, its data, and what is known of its results")
        {
            preset,
            set,
        };
        command.SetAction(parsed =>
        {
            var found = ExperimentCommand.Find(registry, parsed.GetRequiredValue(preset), null);
            var values = ExperimentCommand.Values(parsed.GetValue(set));
            var request = new ExperimentRequest(found.Name, found.Seed, null, null, values);
            var options = ExperimentCommand.Options(found, request);
            terminal.Out.WriteLine($"{found.Name}: {found.System} on {found.Dataset}, scale {found.Scale}");
            terminal.Out.WriteLine($"values from: {found.Source}");
            terminal.Out.WriteLine($"data: {Data(found.Dataset)}");
            terminal.Out.WriteLine("options, changed with --set name=value:");
            var table = Terminal.Table("option", "value");
            foreach (var (path, value) in OptionText.All(options))
                table.AddRow(Markup.Escape(path), Markup.Escape(value));
            terminal.Styled.Write(table);
            foreach (var known in Known(found))
                terminal.Out.WriteLine(known + "\n");
            return ExitCode.Done;
        });
        return command;
    }

    private static string Data(string dataset) =>
        PublicDatasets.Find(dataset) is not { } set ? $"{dataset}, the embedded world or a set of its own"
        : set.IsAvailable ? $"{dataset}, on this machine ({set.Users:N0} users, {set.Items:N0} items)"
        : $"{dataset}, not on this machine: genrec data get {set.Folder}";

    private static IEnumerable<string> Known(IExperiment experiment)
    {
        var folder = ComparedRow.FolderName(experiment.System);
        var all = DataFolders.Repository is null ? [] : ExperimentCompareCommand.Records(null);
        var records = all.Where(record => record.System == folder).ToArray();
        var published = PublishedResults
            .LoadAll()
            .Values.Where(file => ComparedRow.FolderName(file.System) == folder)
            .SelectMany(file => file.Rows)
            .ToArray();
        return ResultComparison
            .Of(records, published, experiment.Dataset)
            .Concat(ResultComparison.OfFeeds(records, $"world-{experiment.Dataset}"))
            .Select(table => table.ToText());
    }
}
