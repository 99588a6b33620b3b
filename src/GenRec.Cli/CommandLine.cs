using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Runtime.CompilerServices;
using GenRec.Cli.Commands;
using GenRec.Cli.Experiments;
using GenRec.Shared.Runtime;

namespace GenRec.Cli;

/// <summary>The commands, and what becomes of errors.</summary>
internal static class CommandLine
{
    private static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Say where in the code an error arose",
        Recursive = true,
    };

    /// <summary>All commands.</summary>
    public static RootCommand Create(Terminal terminal, IExperimentRegistry experiments)
    {
        var root = new RootCommand(
            "Generative recommendation: run the notebooks, the data tools and the papers' experiments."
        );
        root.Options.Add(Verbose);
        root.Add(RunCommand.Create(terminal));
        root.Add(KernelCommand.Create(terminal));
        root.Add(DataCommand.Create(terminal));
        root.Add(ExperimentCommand.Create(terminal, experiments));
        root.Add(NotesCommand.Create(terminal));
        root.Add(DoctorCommand.Create(terminal));
        root.Add(OperatorsCommand.Create(terminal));
        root.Add(BootstrapCommand.Create(terminal));
        return root;
    }

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">What stands after the program's name.</param>
    /// <param name="terminal">Where to write.</param>
    /// <param name="experiments">The experiments; the project's own where null.</param>
    /// <param name="signals">Ctrl+C and the like, for a process of its own; null leaves them to the caller.</param>
    /// <param name="cancel">Asks the command to save and stop.</param>
    /// <returns>0 done, 1 failed, 2 wrong input.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        Terminal terminal,
        IExperimentRegistry? experiments = null,
        StopSignals? signals = null,
        CancellationToken cancel = default
    )
    {
        // Before anything else: a native library must be found by whatever touches a tensor first.
        RuntimeHelpers.RunModuleConstructor(typeof(NativeLibraries).Module.ModuleHandle);
        var parsed = Create(terminal, experiments ?? new ExperimentRegistry()).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                terminal.Error.WriteLine($"error: {error.Message}");
            var command = parsed.CommandResult.Command;
            terminal.Error.WriteLine(
                $"Run '{PathOf(parsed.CommandResult)} --help' to see how '{command.Name}' is used."
            );
            return ExitCode.WrongInput;
        }
        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // StopSignals does it, and lets a second Ctrl+C through
                Output = terminal.Out,
                Error = terminal.Error,
            };
            // A command that cannot be asked to stop has nothing to save: the signal ends it at once.
            if (parsed.Action is AsynchronousCommandLineAction)
                signals?.Listen(terminal);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(
                cancel,
                signals?.Token ?? CancellationToken.None
            );
            return await parsed.InvokeAsync(configuration, stop.Token);
        }
        catch (Exception error) when (!parsed.GetValue(Verbose))
        {
            return Tell(terminal, error);
        }
        catch (Exception error)
        {
            terminal.Error.WriteLine(error);
            return Tell(terminal, error);
        }
    }

    private static int Tell(Terminal terminal, Exception error)
    {
        if (error is FailedRun failed)
        {
            var code = Tell(terminal, failed.InnerException!);
            terminal.Error.WriteLine(failed.Next);
            return code;
        }
        while (error is TypeInitializationException or TargetInvocationException && error.InnerException is { } inner)
            error = inner;
        if (error is OperationCanceledException)
        {
            terminal.Error.WriteLine("Stopped.");
            return ExitCode.Failed;
        }
        terminal.Error.WriteLine($"error: {WithoutParameter(error)}");
        if (error is UserError told)
            return told.ExitCode;
        if (FullDisk.IsBehind(error))
        {
            terminal.Error.WriteLine(FullDisk.Advice);
            return ExitCode.Failed;
        }
        var input =
            error is FileNotFoundException or DirectoryNotFoundException or ArgumentException or FormatException
            || error is InvalidDataException or UnauthorizedAccessException;
        if (!input)
            terminal.Error.WriteLine("Run the command again with --verbose to see where it arose.");
        return input ? ExitCode.WrongInput : ExitCode.Failed;
    }

    /// <summary>The message without the name of a method's parameter, which tells a user nothing.</summary>
    internal static string WithoutParameter(Exception error) =>
        error is ArgumentException { ParamName: { } name }
            ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : error.Message;

    private static string PathOf(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult parent
            ? $"{PathOf(parent)} {result.Command.Name}"
            : "genrec";
}
