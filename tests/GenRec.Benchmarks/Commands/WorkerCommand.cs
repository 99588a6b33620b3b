using System.CommandLine;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>worker name side</c>: one side of a comparison, as <see cref="SideProcess"/> starts it.</summary>
internal static class WorkerCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("name").OfComparison();
        var side = new Argument<SideKind>("side");
        var command = new Command("worker", "One side of a comparison; started by the other commands.") { name, side };
        command.Hidden = true;
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            try
            {
                var options = common.Apply(parsed);
                return SideWorker.Serve(PeerRegistry.Find(parsed.GetValue(name)!)!, parsed.GetValue(side), options);
            }
            catch (BenchmarkException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return 1;
            }
        });
        return command;
    }
}
