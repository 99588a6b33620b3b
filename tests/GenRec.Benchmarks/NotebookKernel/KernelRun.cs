using System.Diagnostics;
using GenRec.Benchmarks.Harness;
using GenRec.Notebooks.Tests.Kernel;
using GenRec.Shared.Data;

namespace GenRec.Benchmarks.NotebookKernel;

/// <summary>A kernel started as front ends start it, with the client of the protocol tests.</summary>
internal sealed class KernelRun : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-kernel-").FullName;
    private readonly Process process;

    /// <summary>Starts <c>genrec kernel start</c>.</summary>
    /// <param name="program">The command line's dll.</param>
    public KernelRun(string program)
    {
        var address = KernelAddress.Free();
        var start = new ProcessStartInfo("dotnet", [program, "kernel", "start", address.WriteFile(folder)])
        {
            WorkingDirectory = folder,
        };
        start.Environment.Remove("JPY_PARENT_PID");
        Client = new KernelClient(address);
        Clock = Stopwatch.StartNew();
        process = Process.Start(start)!;
    }

    public KernelClient Client { get; }

    /// <summary>Since the process was started.</summary>
    public Stopwatch Clock { get; }

    /// <summary>Processor time of the kernel so far.</summary>
    public TimeSpan Processor
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Its resident memory in bytes.</summary>
    public long Resident
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>The command line of this configuration, or the one given.</summary>
    /// <exception cref="BenchmarkException">It is not built.</exception>
    public static string Program(FileInfo? given)
    {
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var bin = Path.Combine(DataFolders.Repository ?? "", "artifacts", "bin", "GenRec.Cli");
        var program = given?.FullName ?? Path.Combine(bin, configuration, "genrec.dll");
        return File.Exists(program)
            ? program
            : throw new BenchmarkException($"There is no {program}: build src/GenRec.Cli, or name it with --program.");
    }

    /// <summary>Runs a cell that must succeed.</summary>
    /// <exception cref="BenchmarkException">It failed.</exception>
    public void Execute(string code)
    {
        var cell = Client.Execute(code);
        if (cell.Status != "ok")
            throw new BenchmarkException($"A cell failed: {cell.Reply.Content["evalue"]}");
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
