using System.CommandLine;
using System.Runtime.InteropServices;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.NotebookKernel;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>kernel-start</c>: how long until the Jupyter kernel answers, and until it has run a cell?</summary>
internal static class KernelStartCommand
{
    private const double MostToInfo = 2; // seconds
    private const double MostToCell = 4;

    public static Command Make()
    {
        var runs = new Option<int>("--runs") { Description = "Starts measured.", DefaultValueFactory = _ => 5 }.AtLeast(
            1
        );
        var cold = new Option<bool>("--cold")
        {
            Description = "Take the program and the runtime out of the file cache first (Linux).",
        };
        var program = new Option<FileInfo?>("--program")
        {
            Description = "genrec.dll; that of this build where left out.",
        };
        var command = new Command(
            "kernel-start",
            $"Seconds to kernel_info_reply and to the first executed cell; exit code 1 over {MostToInfo} s or {MostToCell} s."
        )
        {
            runs,
            cold,
            program,
        };
        command.SetAction(parsed =>
        {
            try
            {
                Console.WriteLine(MachineInfo.Line(Environment.ProcessorCount));
                return Measure(
                    KernelRun.Program(parsed.GetValue(program)),
                    parsed.GetValue(runs),
                    parsed.GetValue(cold)
                );
            }
            catch (BenchmarkException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return 1;
            }
        });
        return command;
    }

    private static int Measure(string program, int runs, bool cold)
    {
        var measured = Enumerable.Range(0, runs).Select(_ => Start(program, cold)).ToArray();
        var toInfo = Statistics.Median(measured.Select(run => run.Info));
        var toCell = Statistics.Median(measured.Select(run => run.Cell));
        var ok = toInfo <= MostToInfo && toCell <= MostToCell;
        Console.WriteLine(
            $"kernel-start {(cold ? "cold" : "warm")} runs={runs} kernel_info={Statistics.Short(toInfo)} "
                + $"first_cell={Statistics.Short(toCell)} largest={Statistics.Short(measured.Max(run => run.Cell))} "
                + $"processor={Statistics.Short(Statistics.Median(measured.Select(run => run.Processor)))} unit=s "
                + (ok ? "ok" : "TOO LONG")
        );
        return ok ? 0 : 1;
    }

    private static (double Info, double Cell, double Processor) Start(string program, bool cold)
    {
        if (cold)
        {
            FileCache.Evict(Path.GetDirectoryName(Path.GetDirectoryName(program))!); // the program and its copies
            FileCache.Evict(RuntimeEnvironment.GetRuntimeDirectory());
        }
        using var kernel = new KernelRun(program);
        var client = kernel.Client;
        client.Send(client.Shell, "kernel_info_request", []); // waits in the socket until the kernel listens
        client.Receive(client.Shell);
        var info = kernel.Clock.Elapsed.TotalSeconds;
        kernel.Execute("1 + 1");
        return (info, kernel.Clock.Elapsed.TotalSeconds, kernel.Processor.TotalSeconds);
    }
}
