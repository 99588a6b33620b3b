using System.CommandLine;
using GenRec.Cli.Experiments;
using GenRec.Shared.Display;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Reading;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment compare</c> and <c>report</c>: published and own numbers side by side.</summary>
internal static class ExperimentCompareCommand
{
    public static IEnumerable<Command> Create(Terminal terminal, IExperimentRegistry registry) =>
        [Compare(terminal, registry), Report(terminal)];

    /// <summary>The committed records, or those below a folder.</summary>
    public static IReadOnlyList<ResultRecord> Records(DirectoryInfo? folder)
    {
        if (folder is { Exists: false })
            throw new UserError($"{folder.FullName} is no folder; --results names one that holds records.");
        return ResultRecords.Load(folder?.FullName ?? Path.Combine(Repository.Root, "data", "results"));
    }

    private static Command Compare(Terminal terminal, IExperimentRegistry registry)
    {
        var runs = new Argument<DirectoryInfo[]>("runs")
        {
            Description = "Folders of finished runs to compare besides the records, one a seed",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var dataset = new Option<string?>("--dataset")
        {
            Description = "One data set instead of all that we have runs on",
        };
        var system = new Option<string?>("--system") { Description = "One system of the reading list" };
        var metric = new Option<string[]>("--metric")
        {
            Description = "Metrics to show; Recall and NDCG at 5 and 10 else",
        };
        var results = Results();
        var command = new Command("compare", "Published and own numbers side by side, one table a protocol")
        {
            runs,
            dataset,
            system,
            metric,
            results,
        };
        command.SetAction(parsed =>
        {
            var (records, published) = (Records(parsed.GetValue(results)), PublishedResults.LoadAll());
            records = [.. records, .. Gathered(parsed.GetValue(runs) ?? [], registry)];
            var files = Files(published, parsed.GetValue(system));
            var rows = files.SelectMany(file => file.Rows).ToArray();
            var folders = files.Select(file => ComparedRow.FolderName(file.System)).ToHashSet();
            if (parsed.GetValue(system) is not null)
                records = [.. records.Where(record => folders.Contains(record.System))];
            var metrics = Metrics(records, rows, parsed.GetValue(metric));
            var (one, isOneSystem) = (parsed.GetValue(dataset), parsed.GetValue(system) is not null);
            Table[] tables =
            [
                .. Datasets(records, rows, one).SelectMany(name => ResultComparison.Of(records, rows, name, metrics)),
                .. ResultComparison.OfFeeds(records, one, metrics),
                .. isOneSystem && one is null ? ResultComparison.Unranked(rows) : [],
            ];
            foreach (var table in tables)
                terminal.Out.WriteLine(table.ToText() + "\n");
            if (tables.Length == 0)
                terminal.Out.WriteLine(
                    "Neither a record nor a published number that a ranking measured is there to show."
                );
            var statuses = files.Select(file => Reproduction.Of(file, records)).ToArray();
            terminal.Out.WriteLine(ReproductionTables.Of(statuses).ToText());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Report(Terminal terminal)
    {
        var metric = new Option<string>("--metric")
        {
            Description = "What the charts show",
            DefaultValueFactory = _ => "NDCG@10",
        };
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "Folder of the report; default runs/report-<time>",
        };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a report that is there" };
        var results = Results();
        var command = new Command("report", "Write the comparison of everything recorded as HTML and Markdown")
        {
            metric,
            output,
            overwrite,
            results,
        };
        command.SetAction(parsed =>
        {
            var (records, published) = (Records(parsed.GetValue(results)), PublishedResults.LoadAll());
            var chosen = parsed.GetRequiredValue(metric);
            Metrics(records, [.. published.Values.SelectMany(file => file.Rows)], [chosen]);
            var folder = parsed.GetValue(output)?.FullName ?? Repository.NewRunFolder("report");
            foreach (
                var file in new ComparisonReport(records, published, chosen).Save(folder, parsed.GetValue(overwrite))
            )
                terminal.Out.WriteLine($"wrote {Repository.Shown(file)}");
            return ExitCode.Done;
        });
        return command;
    }

    // Runs of one preset with the same options are one record; its variant says that it is not a committed one.
    private static IEnumerable<ResultRecord> Gathered(DirectoryInfo[] folders, IExperimentRegistry registry) =>
        folders
            .Select(folder => RunFolder.Open(folder.FullName))
            .GroupBy(RequestedRun.WayOf)
            .SelectMany(runs => ExperimentCommand.Find(registry, runs.Key.Split(' ')[0], null).Records([.. runs], null))
            .Select(record => record with { Variant = ResultRecord.UnrecordedMark + record.Variant });

    private static Option<DirectoryInfo?> Results() =>
        new("--results") { Description = "Folder of records instead of data/results" };

    private static IReadOnlyList<PublishedFile> Files(
        IReadOnlyDictionary<string, PublishedFile> published,
        string? system
    )
    {
        if (system is null)
            return [.. published.Values];
        return
            published.Values.FirstOrDefault(file =>
                ComparedRow.FolderName(file.System) == ComparedRow.FolderName(system)
            )
                is { } found
            ? [found]
            : throw new UserError(
                $"The reading list has no system '{system}'."
                    + NearestName.Question(system, published.Values.Select(file => file.System))
            );
    }

    private static IReadOnlyList<string> Datasets(
        IReadOnlyList<ResultRecord> records,
        IReadOnlyList<PublishedResult> rows,
        string? dataset
    )
    {
        string[] all = [.. records.Select(record => record.Dataset).Concat(rows.Select(row => row.Dataset)).Distinct()];
        if (dataset is null)
            return new Leaderboard(records).Datasets;
        return all.Contains(dataset)
            ? [dataset]
            : throw new UserError($"Nothing is known of a data set '{dataset}'.{NearestName.Question(dataset, all)}");
    }

    private static IReadOnlyList<string>? Metrics(
        IReadOnlyList<ResultRecord> records,
        IReadOnlyList<PublishedResult> rows,
        string[]? wanted
    )
    {
        if (wanted is null or [])
            return null;
        string[] all =
        [
            .. records.SelectMany(record => record.Metrics.Keys).Concat(rows.Select(row => row.Metric)).Distinct(),
        ];
        foreach (var name in wanted.Where(name => !all.Contains(name)))
            throw new UserError($"No record and no source has a metric '{name}'.{NearestName.Question(name, all)}");
        return wanted;
    }
}
