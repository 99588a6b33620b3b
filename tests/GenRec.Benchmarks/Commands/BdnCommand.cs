using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Kernels;
using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>bdn [filter]</c>: the hot kernels under BenchmarkDotNet, each beside its named baseline.</summary>
internal static class BdnCommand
{
    private static readonly Type[] Kernels =
    [
        typeof(DropoutBenchmark),
        typeof(AdamBenchmark),
        typeof(BatchBenchmark),
        typeof(RankingBenchmark),
        typeof(AssignBenchmark),
        typeof(BeamStepBenchmark),
    ];

    public static Command Make()
    {
        var filter = new Argument<string>("filter")
        {
            Description = "Which kernels, for example '*Dropout*'.",
            DefaultValueFactory = _ => "*",
        };
        var command = new Command("bdn", "Measures kernels against named baselines with BenchmarkDotNet.") { filter };
        var common = new CommonOptions().AddTo(command);
        command.SetAction(parsed =>
        {
            KernelBenchmark.Options = common.Apply(parsed);
            Console.WriteLine(MachineInfo.Line(KernelBenchmark.Options.Threads));
            if (BenchmarkData.Unavailable(BenchmarkData.Beauty, KernelBenchmark.Options) is { } reason)
            {
                Console.Error.WriteLine(reason);
                return 2;
            }
            var summaries = BenchmarkSwitcher
                .FromTypes(Kernels)
                .Run(["--filter", parsed.GetRequiredValue(filter)], Config())
                .ToArray();
            return summaries.Length > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors) ? 0 : 1;
        });
        return command;
    }

    private static IConfig Config() =>
        DefaultConfig
            .Instance.AddJob(
                Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(9)
            )
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(
                Path.Combine(DataFolders.Repository ?? Environment.CurrentDirectory, "artifacts", "benchmarkdotnet")
            );
}
