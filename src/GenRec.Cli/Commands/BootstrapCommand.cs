using System.CommandLine;
using GenRec.Notebooks.Hosts;

namespace GenRec.Cli.Commands;

/// <summary>The hidden command that the build runs: writes the script that notebooks import in other hosts.</summary>
internal static class BootstrapCommand
{
    public static Command Create(Terminal terminal)
    {
        var notebooks = new Argument<DirectoryInfo>("notebooks");
        var library = new Argument<DirectoryInfo>("library");
        var command = new Command("bootstrap", "Write bootstrap.csx beside the notebooks") { notebooks, library };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var (folder, source) = (
                parsed.GetRequiredValue(notebooks).FullName,
                parsed.GetRequiredValue(library).FullName
            );
            foreach (var file in BootstrapFile.Write(folder, source))
                terminal.Out.WriteLine(Repository.Shown(file));
            return ExitCode.Done;
        });
        return command;
    }
}
