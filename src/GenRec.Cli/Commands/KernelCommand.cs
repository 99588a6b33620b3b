using System.CommandLine;
using GenRec.Notebooks.Kernel.Install;
using GenRec.Notebooks.Kernel.Start;
using GenRec.Notebooks.Language;
using Spectre.Console;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec kernel</c>: C# notebooks in Jupyter and VS Code.</summary>
internal static class KernelCommand
{
    public static Command Create(Terminal terminal) =>
        new("kernel", "Register this program with Jupyter as the kernel of C# notebooks, or run as one")
        {
            Install(terminal),
            List(terminal),
            Remove(terminal),
            Start(),
        };

    private static Command Install(Terminal terminal)
    {
        var place = new Place();
        var force = new Option<bool>("--force")
        {
            Description = "Put a kernel of the same name that is not ours (.NET Interactive's) aside",
        };
        var command = new Command("install", "Register the kernel, for this user where nothing else is said") { force };
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            try
            {
                var folder = KernelInstaller.Install(place.Of(parsed), Program(), parsed.GetValue(force));
                terminal.Out.WriteLine($"Installed '{KernelSpec.DisplayName}' in {folder}");
                terminal.Out.WriteLine($"It runs {string.Join(' ', Program())}; 'genrec kernel remove' undoes this.");
                return ExitCode.Done;
            }
            catch (KernelInTheWayException inTheWay)
            {
                throw new UserError(inTheWay.Message, ExitCode.Failed);
            }
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var command = new Command("list", "Show the kernels that Jupyter finds on this machine");
        command.SetAction(_ =>
        {
            var found = KernelFolders.Find(KernelFolders.All(PythonPrefix.Find()));
            var table = Terminal.Table("kernel", "shown as", "whose", "folder");
            foreach (var kernel in found)
                table.AddRow(
                    Markup.Escape(kernel.Name),
                    Markup.Escape(kernel.DisplayName),
                    Markup.Escape(Whose(kernel)),
                    Markup.Escape(kernel.Folder)
                );
            if (found.Count > 0)
                terminal.Styled.Write(table);
            else
                terminal.Out.WriteLine("Jupyter finds no kernel here. 'genrec kernel install' registers ours.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var place = new Place();
        var command = new Command("remove", "Undo 'genrec kernel install'");
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            var kernels = place.Of(parsed);
            var (removed, putBack) = KernelInstaller.Remove(kernels);
            if (removed is null)
                throw new UserError($"Our kernel is not in {kernels}. 'genrec kernel list' shows where it is.");
            terminal.Out.WriteLine($"Removed {removed}{(putBack ? "; the kernel that was there before is back" : "")}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Start()
    {
        var file = new Argument<FileInfo>("connection-file") { Description = "Written by the front end" };
        var inPlace = new Option<bool>(KernelProcess.InPlaceOption)
        {
            Description = "Run from the program's own folder, which then cannot be built anew meanwhile",
        };
        var parent = new Option<int?>(KernelProcess.ParentOption) { Description = "End with this process" };
        var command = new Command("start", "Run as a kernel; front ends call this") { file, inPlace, parent };
        // Not asynchronous: the kernel treats signals in its own way.
        command.SetAction(parsed =>
            KernelProcess.Run(
                new KernelStart
                {
                    ConnectionFile = parsed.GetRequiredValue(file).FullName,
                    InPlace = parsed.GetValue(inPlace),
                    Parent = parsed.GetValue(parent),
                    Language = session => new RoslynLanguageService(session),
                }
            )
        );
        return command;
    }

    private static string Whose(InstalledKernel kernel) =>
        kernel switch
        {
            { IsOurs: true, Missing: { } file } => $"ours, but {file} is gone: install it again",
            { IsOurs: true } => "ours",
            { IsDotNetInteractive: true } => ".NET Interactive",
            _ => "-",
        };

    // By absolute paths: an editor started from a desktop need not have 'dotnet' on its PATH.
    private static string[] Program()
    {
        var program = Path.Combine(AppContext.BaseDirectory, typeof(KernelCommand).Assembly.GetName().Name + ".dll");
        return [DotNetHost.Path, program];
    }

    private sealed class Place
    {
        private readonly Option<DirectoryInfo?> prefix = new("--prefix")
        {
            Description = "For the Python installation or environment at this path, not for the user",
        };

        private readonly Option<bool> sysPrefix = new("--sys-prefix")
        {
            Description = "For the Python that 'python3' or 'python' starts: the active environment",
        };

        public void AddTo(Command command)
        {
            command.Options.Add(prefix);
            command.Options.Add(sysPrefix);
        }

        public string Of(ParseResult parsed)
        {
            var (named, asked) = (parsed.GetValue(prefix), parsed.GetValue(sysPrefix));
            if (named is not null && asked)
                throw new UserError("Give --prefix or --sys-prefix, not both.");
            if (asked)
                return KernelFolders.OfPrefix(
                    PythonPrefix.Find()
                        ?? throw new UserError("--sys-prefix: no 'python3' or 'python' could be started; use --prefix.")
                );
            if (named is { Exists: false })
                throw new UserError($"--prefix {named.FullName} is no folder.");
            return named is null ? KernelFolders.User : KernelFolders.OfPrefix(named.FullName);
        }
    }
}
