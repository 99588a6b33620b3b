using System.Diagnostics;
using System.Globalization;

namespace GenRec.Benchmarks.Harness;

/// <summary>Runs both sides of a comparison in turn and prints its line.</summary>
internal static class PeerRunner
{
    private const int LeastPairs = 3;

    /// <summary>Measures one comparison.</summary>
    /// <returns>False where it could not be measured; the reason is printed.</returns>
    public static bool Run(IPeerComparison comparison, BenchmarkOptions options, PairPlan plan)
    {
        if (comparison.Unavailable(options) is { } reason)
        {
            Console.WriteLine($"# {comparison.Name} skipped: {reason}");
            return true;
        }
        try
        {
            using var ours = SideProcess.Start(comparison.Name, SideKind.Ours, options);
            using var peer = SideProcess.Start(comparison.Name, SideKind.Peer, options);
            var pairs = Measure(ours, peer, plan);
            Print(comparison, pairs);
            if (comparison.FlopsPerUnit(options) is > 0 and var flops)
                PrintShareOfPeak(comparison, pairs, flops, ours.MatrixPeak());
            if (comparison.Remark(options) is { } remark)
                Console.WriteLine($"#   {comparison.Name}: {remark}");
            return true;
        }
        catch (BenchmarkException problem)
        {
            Console.Error.WriteLine($"{comparison.Name} was not measured: {problem.Message}");
            return false;
        }
    }

    private static List<(SideRun Ours, SideRun Peer)> Measure(SideProcess ours, SideProcess peer, PairPlan plan)
    {
        var ourSteps = WarmUp(ours, plan.SecondsPerSide);
        var peerSteps = WarmUp(peer, plan.SecondsPerSide);
        var (pairs, clock) = (new List<(SideRun Ours, SideRun Peer)>(), Stopwatch.StartNew());
        while (
            pairs.Count < plan.Pairs && (pairs.Count < LeastPairs || clock.Elapsed.TotalSeconds < plan.BudgetSeconds)
        )
            if (pairs.Count % 2 == 0)
            {
                var first = ours.Run(ourSteps);
                pairs.Add((first, peer.Run(peerSteps)));
            }
            else
            {
                var first = peer.Run(peerSteps);
                pairs.Add((ours.Run(ourSteps), first));
            }
        return pairs;
    }

    /// <summary>Steps until the pace has settled; returns how many steps last about the time of one run.</summary>
    private static int WarmUp(SideProcess side, double seconds)
    {
        var (spent, last) = (0.0, 0.0); // seconds, seconds a step
        for (var round = 0; round < 3 || (spent < seconds && round < 50); round++)
        {
            var steps = last == 0 ? 1 : (int)Math.Clamp(seconds / 8 / last, 1, 100_000);
            var run = side.Run(steps);
            spent += run.Seconds;
            last = Math.Max(run.Seconds / steps, 1e-7);
            if (last > 4 * seconds)
                break; // a step this long needs no second one to load code and fill caches
        }
        return (int)Math.Clamp(Math.Ceiling(seconds / last), 1, 1_000_000);
    }

    private static void Print(IPeerComparison comparison, List<(SideRun Ours, SideRun Peer)> pairs)
    {
        var ratios = pairs.Select(pair => pair.Ours.Rate / pair.Peer.Rate).ToArray();
        var ours = Statistics.Median(pairs.Select(pair => pair.Ours.Rate));
        var peer = Statistics.Median(pairs.Select(pair => pair.Peer.Rate));
        var ratio = Statistics.Median(ratios);
        Console.WriteLine(
            $"{comparison.Name} ours={Statistics.Short(ours)} peer={Statistics.Short(peer)} unit={comparison.Unit} "
                + $"ratio={ratio.ToString("F2", CultureInfo.InvariantCulture)}"
        );
        Console.WriteLine(
            $"#   {pairs.Count} pairs, ratios {Statistics.Short(ratios.Min())} to {Statistics.Short(ratios.Max())}"
                + (
                    comparison.Goal is { } goal
                        ? $"; goal {Statistics.Short(goal)} {(ratio >= goal ? "reached" : "MISSED")}"
                        : ""
                )
                + $"; equal work: {comparison.EqualWork}"
        );
    }

    private static void PrintShareOfPeak(
        IPeerComparison comparison,
        List<(SideRun Ours, SideRun Peer)> pairs,
        double flopsPerUnit,
        double peak
    )
    {
        var ours = Statistics.Median(pairs.Select(pair => pair.Ours.Rate)) * flopsPerUnit / 1e9;
        var peer = Statistics.Median(pairs.Select(pair => pair.Peer.Rate)) * flopsPerUnit / 1e9;
        Console.WriteLine(
            $"#   {comparison.Name} matrix products: {Statistics.Short(flopsPerUnit / 1e9)} GFLOP a unit; ours "
                + $"{Statistics.Short(ours)} GFLOP/s = {Percent(ours)} of the measured float32 peak {Statistics.Short(peak)} GFLOP/s, "
                + $"peer {Percent(peer)}; the whole peak would be {Statistics.Short(peak * 1e9 / flopsPerUnit)} {comparison.Unit}"
        );

        string Percent(double rate) => (rate / peak).ToString("P1", CultureInfo.InvariantCulture);
    }
}
