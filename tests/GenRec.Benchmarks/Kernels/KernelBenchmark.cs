using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using GenRec.Benchmarks.Harness;
using GenRec.Shared.Runtime;

namespace GenRec.Benchmarks.Kernels;

/// <summary>What all kernel measurements share; they run in this process, so that native libraries load as in our programs.</summary>
public abstract class KernelBenchmark
{
    /// <summary>Set by the command line before the run.</summary>
    internal static BenchmarkOptions Options { get; set; } = new(Environment.ProcessorCount, Synthetic: false, Seed: 1);

    [GlobalSetup]
    public void Setup()
    {
        // BenchmarkDotNet raises both; a shared machine is left as it was found.
        using var process = Process.GetCurrentProcess();
        process.PriorityClass = ProcessPriorityClass.Normal;
        Thread.CurrentThread.Priority = ThreadPriority.Normal;
        Compute.UseThreads(Options.Threads);
        Compute.Seed(Options.Seed);
        Prepare();
    }

    /// <summary>Makes what the measured methods read.</summary>
    protected abstract void Prepare();
}
