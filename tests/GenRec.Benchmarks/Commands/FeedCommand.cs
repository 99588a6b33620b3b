using System.CommandLine;
using System.Diagnostics;
using GenRec.Benchmarks.Harness;
using GenRec.Shared.Data.Worlds;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>feed</c>: how long the embedded feed takes to simulate its log.</summary>
internal static class FeedCommand
{
    private const double MostSeconds = 20; // for 100,000 sessions on two processors

    public static Command Make()
    {
        var sessions = new Option<int>("--sessions")
        {
            Description = "Requests, each with a slate of five.",
            DefaultValueFactory = _ => 100_000,
        }.AtLeast(5000);
        var command = new Command(
            "feed",
            $"Seconds to simulate a feed; exit code 1 over {MostSeconds} s per 100,000 sessions."
        )
        {
            sessions,
        };
        command.SetAction(parsed =>
        {
            Console.WriteLine(MachineInfo.Line(Environment.ProcessorCount));
            var count = parsed.GetValue(sessions);
            FeedWorld.Create(FeedPreset.Smoke); // compiles the code
            var clock = Stopwatch.StartNew();
            var world = FeedWorld.Create(
                FeedPreset.Feed with
                {
                    Name = "feed-benchmark",
                    Users = 5000,
                    Sessions = count,
                }
            );
            var seconds = clock.Elapsed.TotalSeconds;
            var ok = seconds <= MostSeconds * count / 100_000;
            Console.WriteLine(
                $"feed-generation sessions={count} exposures={world.Dataset.Interactions.Count} users={world.Preset.Users} "
                    + $"items={world.Preset.Items} seconds={Statistics.Short(seconds)} "
                    + $"per_second={Statistics.Short(count / seconds)} {(ok ? "ok" : "TOO LONG")}"
            );
            return ok ? 0 : 1;
        });
        return command;
    }
}
