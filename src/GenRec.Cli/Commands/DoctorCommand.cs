using System.CommandLine;
using GenRec.Cli.Doctor;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec doctor</c>: what is installed, how fast it is, and what to do about what is missing.</summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "Measure speed on small matrices only" };
        var command = new Command("doctor", "Check this machine: SDK, libtorch, devices, speed, data, kernels, disk")
        {
            quick,
        };
        command.SetAction(parsed =>
        {
            var toDo = new List<string>();
            foreach (var finding in ToolChecks.All().Concat(TorchChecks.All(parsed.GetValue(quick))))
            {
                terminal.Out.WriteLine(
                    $"{(finding.ToDo is null ? "ok  " : "TO DO")} {finding.About, -16} {finding.Text}"
                );
                if (finding.ToDo is { } what)
                    toDo.Add($"{finding.About}: {what}");
            }
            if (toDo.Count == 0)
                return ExitCode.Done;
            terminal.Out.WriteLine();
            for (var i = 0; i < toDo.Count; i++)
                terminal.Out.WriteLine($"{i + 1}. {toDo[i]}");
            return ExitCode.Failed;
        });
        return command;
    }
}
