using System.CommandLine;
using GenRec.Cli.Doctor;
using TorchSharp;

namespace GenRec.Cli.Commands;

/// <summary>The hidden command that doctor runs in a process of its own.</summary>
internal static class OperatorsCommand
{
    public static Command Create(Terminal terminal)
    {
        var device = new Argument<string>("device");
        var first = new Option<int>("--first");
        var command = new Command(OperatorTests.Command, "Compare each operator in use with the CPU's answer")
        {
            device,
            first,
        };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            OperatorTests.Run(torch.device(parsed.GetRequiredValue(device)), parsed.GetValue(first), terminal.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
