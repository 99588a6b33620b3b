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
        var command = new Command("download", "Fetch public data with checksums; goes on where it was interrupted")
        {
            names,
            folder,
        };
        command.Aliases.Add("get");
        command.SetAction(
            async (parsed, cancel) =>
            {
                var catalogue = DownloadCatalogue.Load();
                if (parsed.GetValue(names) is not { Length: > 0 } asked)
                    return List(terminal, catalogue);
                var sources = asked.SelectMany(catalogue.Find).Distinct().ToArray();
                var target = parsed.GetValue(folder)?.FullName ?? DataFolders.Cache;
                foreach (var source in sources)
                    await FetchAsync(terminal, source, target, cancel);
                return ExitCode.Done;
            }
        );
        return command;
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
