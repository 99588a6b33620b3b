using System.CommandLine;
using System.Globalization;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>memory [name]</c>: does the resident memory stand still over many steps?</summary>
internal static class MemoryCommand
{
    private const double MostGrowth = 0.02;

    public static Command Make()
    {
        var name = new Argument<string>("name")
        {
            Description = "The comparison whose steps are done.",
            DefaultValueFactory = _ => SasRecTrain.Beauty.Name,
        }.OfComparison();
        var side = new Option<SideKind>("--side")
        {
            Description = "Ours or Peer.",
            DefaultValueFactory = _ => SideKind.Ours,
        };
        var early = new Option<int>("--early")
        {
            Description = "Steps before the first reading.",
            DefaultValueFactory = _ => 1000,
        }.AtLeast(1);
        var late = new Option<int>("--late")
        {
            Description = "Steps before the second reading.",
            DefaultValueFactory = _ => 10_000,
        }.AtLeast(2);
        var command = new Command("memory", "Compares resident memory late and early; exit code 1 if it grew over 2 %.")
        {
            name,
            side,
            early,
            late,
        };
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(late) <= parsed.GetValue(early))
            {
                Console.Error.WriteLine(
                    $"--late is {parsed.GetValue(late)}, not more than --early, {parsed.GetValue(early)}."
                );
                return 2;
            }
            var options = common.Apply(parsed);
            Console.WriteLine(MachineInfo.Line(options.Threads));
            return Measure(
                PeerRegistry.Find(parsed.GetValue(name)!)!,
                parsed.GetValue(side),
                options,
                parsed.GetValue(early),
                parsed.GetValue(late)
            );
        });
        return command;
    }

    private static int Measure(IPeerComparison comparison, SideKind side, BenchmarkOptions options, int early, int late)
    {
        if (comparison.Unavailable(options) is { } reason)
        {
            Console.Error.WriteLine($"{comparison.Name} cannot run: {reason}");
            return 2;
        }
        try
        {
            using var process = SideProcess.Start(comparison.Name, side, options);
            process.Run(early);
            var before = process.ResidentBytes();
            process.Run(late - early);
            var after = process.ResidentBytes();
            var growth = after / before - 1;
            Console.WriteLine(
                $"memory {comparison.Name} {side} steps={early} resident={MiB(before)} steps={late} resident={MiB(after)} "
                    + $"unit=MiB growth={growth.ToString("P2", CultureInfo.InvariantCulture)} "
                    + (growth <= MostGrowth ? "ok" : "TOO MUCH")
            );
            return growth <= MostGrowth ? 0 : 1;
        }
        catch (BenchmarkException problem)
        {
            Console.Error.WriteLine(problem.Message);
            return 1;
        }

        static string MiB(double bytes) => Statistics.Short(bytes / (1 << 20));
    }
}
