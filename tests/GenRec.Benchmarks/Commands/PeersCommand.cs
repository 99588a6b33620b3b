using System.CommandLine;
using GenRec.Benchmarks.Comparisons;
using GenRec.Benchmarks.Harness;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>peers [name]</c>: both sides of one comparison, or of all, in turn.</summary>
internal static class PeersCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("name")
        {
            Description = "One comparison; all of them where none is named.",
            DefaultValueFactory = _ => "",
        }.OfComparison();
        var pairs = new Option<int>("--pairs")
        {
            Description = "Pairs of runs; the ratio is their median.",
            DefaultValueFactory = _ => 9,
        }.AtLeast(1);
        var seconds = new Option<double>("--seconds")
        {
            Description = "Length of one run of one side.",
            DefaultValueFactory = _ => 2,
        }.Positive();
        var budget = new Option<double>("--budget")
        {
            Description = "No new pair starts after so many seconds, once three are done.",
            DefaultValueFactory = _ => 180,
        }.Positive();
        var command = new Command("peers", "Runs our side and the peer's in turn and prints one line a comparison.")
        {
            name,
            pairs,
            seconds,
            budget,
        };
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            var options = common.Apply(parsed);
            Console.WriteLine(MachineInfo.Line(options.Threads));
            var plan = new PairPlan(parsed.GetValue(pairs), parsed.GetValue(seconds), parsed.GetValue(budget));
            var chosen = PeerRegistry.Find(parsed.GetValue(name)!) is { } one ? [one] : PeerRegistry.All;
            // Every comparison is tried, also after one that failed.
            return chosen.Select(comparison => PeerRunner.Run(comparison, options, plan)).ToArray().All(done => done)
                ? 0
                : 1;
        });
        return command;
    }
}
