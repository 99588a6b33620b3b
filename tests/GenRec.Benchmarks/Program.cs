using System.CommandLine;
using GenRec.Benchmarks.Commands;

namespace GenRec.Benchmarks;

/// <summary>Measurements of speed against named peers. Exit codes: 0 done, 1 failed, 2 wrong input.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        var root = new RootCommand("Measures the library against named peers; nothing here is a unit test.")
        {
            PeersCommand.Make(),
            ReferenceCommand.Make(),
            VerifyCommand.Make(),
            MemoryCommand.Make(),
            LatencyCommand.Make(),
            KernelStartCommand.Make(),
            KernelMemoryCommand.Make(),
            FeedCommand.Make(),
            BdnCommand.Make(),
            WorkerCommand.Make(),
        };
        var parsed = root.Parse(args);
        var code = parsed.Invoke();
        return parsed.Errors.Count > 0 ? 2 : code;
    }
}
