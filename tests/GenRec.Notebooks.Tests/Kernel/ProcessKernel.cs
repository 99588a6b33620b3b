using System.Diagnostics;
using System.Text;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>A kernel as front ends start it: <c>genrec kernel start</c> in a process of its own.</summary>
internal sealed class ProcessKernel : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly StringBuilder errors = new();
    private readonly string[] arguments;

    public ProcessKernel(params string[] options)
    {
        Address = KernelAddress.Free();
        arguments = [Program, "kernel", "start", Address.WriteFile(folder.Path), .. options];
        Process = Start();
        Client = new KernelClient(Address);
    }

    /// <summary>The command line, built with the tests.</summary>
    public static string Program
    {
        get
        {
            var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            var bin = Path.Combine(AppContext.BaseDirectory, "..", "..");
            return Path.GetFullPath(Path.Combine(bin, "GenRec.Cli", configuration, "genrec.dll"));
        }
    }

    public KernelAddress Address { get; }

    public KernelClient Client { get; }

    public Process Process { get; private set; }

    public string Errors
    {
        get
        {
            lock (errors)
                return errors.ToString();
        }
    }

    /// <summary>Starts another process on the same connection file, after the first has ended.</summary>
    public void StartAgain()
    {
        Process.Dispose();
        Process = Start();
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder.Path,
            RedirectStandardError = true,
        };
        start.Environment.Remove("JPY_PARENT_PID");
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
        return process;
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!Process.HasExited)
            Process.Kill(entireProcessTree: true);
        Process.WaitForExit();
        Process.Dispose();
        folder.Dispose();
    }
}
