using System.CommandLine;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Downloads;
using Spectre.Console;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec data download</c>: fetches public files from their official homes into <c>data/cache</c>.</summary>
internal static class DataDownloadCommand
{
    public static Command Create(Terminal terminal)
    {
        var names = new Argument<string[]>("name")
        {
            Description = "Data sets or single sources of the catalogue; none lists the catalogue",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var folder = new Option<DirectoryInfo?>("--folder") { Description = "Where to put them; default data/cache" };
        var all = new Option<bool>("--all")
        {
            Description = "Also what a set can be read without: vectors, other texts",
        };
        var own = new Option<FileInfo?>("--catalogue")
        {
            Description = "A catalogue of your own, in the form of data/downloads.json",
        };
        var command = new Command("download", "Fetch public data with checksums; goes on where it was interrupted")
        {
            names,
            folder,
            all,
            own,
        };
        command.Aliases.Add("get");
        command.SetAction(
            async (parsed, cancel) =>
            {
                var catalogue = parsed.GetValue(own) is { } file
                    ? DownloadCatalogue.Load(file.FullName)
                    : DownloadCatalogue.Load();
                if (parsed.GetValue(names) is not { Length: > 0 } asked)
                    return List(terminal, catalogue);
                var sources = asked
                    .SelectMany(name => Chosen(catalogue, name, parsed.GetValue(all)))
                    .Distinct()
                    .ToArray();
                return await GetAsync(terminal, sources, parsed.GetValue(folder)?.FullName, cancel);
            }
        );
        return command;
    }

    // A set's name stands for what its reader reads; a source's own name for that source.
    private static IEnumerable<DownloadSource> Chosen(DownloadCatalogue catalogue, string name, bool all)
    {
        var found = catalogue.Find(name);
        var needed = found.Where(source => !source.Extra || source.Name == name).ToArray();
        return all || needed.Length == 0 ? found : needed;
    }

    private static async Task<int> GetAsync(
        Terminal terminal,
        DownloadSource[] sources,
        string? folder,
        CancellationToken cancel
    )
    {
        var target = folder ?? DataFolders.Cache;
        var failed = 0;
        try
        {
            foreach (var source in sources)
                try
                {
                    await FetchAsync(terminal, source, target, cancel);
                }
                catch (Exception error) when (error is DownloadException or InvalidDataException && sources.Length > 1)
                {
                    terminal.Error.WriteLine($"error: {source.Name}: {error.Message}");
                    failed++; // the others may be all that a reader needs
                }
            foreach (var dataset in sources.Select(source => source.Dataset).Distinct())
                Finish(terminal, dataset, target, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            terminal.Error.WriteLine("Stopped. What came in is kept; run the same command to go on.");
            return ExitCode.Failed;
        }
        if (failed > 0)
            terminal.Error.WriteLine($"{failed} of {sources.Length} files could not be had; see above.");
        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Finish(Terminal terminal, string dataset, string target, CancellationToken cancel)
    {
        var folder = Path.Combine(target, dataset);
        foreach (var line in RawFiles.Prepare(folder, cancel))
            terminal.Out.WriteLine($"{dataset}: {line}");
        var readable = PublicDatasets
            .All.Where(set =>
                set.Folder == dataset && (Holds(set.Files) || set.Substitutes.Count > 0 && Holds(set.Substitutes))
            )
            .Select(set => set.Name)
            .ToArray();
        if (readable.Length == 0)
            return;
        terminal.Out.WriteLine($"{dataset} can be read: 'genrec data show {readable[0]}'.");
        if (!DataFolders.Roots.Contains(Path.GetFullPath(target)))
            terminal.Out.WriteLine($"Set {DataFolders.Variable}={target} so that it is found there.");

        bool Holds(IReadOnlyList<string> files) => files.All(file => File.Exists(Path.Combine(folder, file)));
    }

    private static int List(Terminal terminal, DownloadCatalogue catalogue)
    {
        var table = Terminal.Table("data set", "source", "what", "checksum");
        foreach (var source in catalogue.Sources)
            table.AddRow(
                source.Dataset,
                source.Name,
                Markup.Escape(source.Title),
                source.IsPinned ? "pinned" : "not known"
            );
        terminal.Styled.Write(table);
        return ExitCode.Done;
    }

    private static async Task FetchAsync(
        Terminal terminal,
        DownloadSource source,
        string folder,
        CancellationToken cancel
    )
    {
        using var downloader = new Downloader(new DownloadOptions { Folder = folder });
        downloader.Warned += (about, warning) => terminal.Error.WriteLine($"warning: {about.Name}: {warning}");
        var file = await ProgressBar.ShowAsync(
            terminal,
            source.Name,
            report =>
            {
                downloader.Progressed += progress =>
                    report(progress.Total is > 0 ? (double)progress.Bytes / progress.Total.Value : 0, null);
                return downloader.FetchAsync(source, cancel);
            }
        );
        terminal.Out.WriteLine(
            $"{source.Name}: {Repository.Shown(file.Path)}, {file.Bytes:N0} bytes, sha256 {file.Sha256} ({source.Terms})"
        );
    }
}
