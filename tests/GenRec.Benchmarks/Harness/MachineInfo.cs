using System.Runtime.InteropServices;
using TorchSharp;

namespace GenRec.Benchmarks.Harness;

/// <summary>The line that says where a measurement was made.</summary>
internal static class MachineInfo
{
    /// <summary>Processor, cores, threads in use, libtorch, .NET, operating system and, on Linux, the load when asked.</summary>
    public static string Line(int threads) =>
        $"# machine: {Processor()}; {Environment.ProcessorCount} cores, {threads} threads; libtorch {torch.__version__}; "
        + $"{RuntimeInformation.FrameworkDescription}; {RuntimeInformation.RuntimeIdentifier}{Load()}";

    private static string Processor()
    {
        if (OperatingSystem.IsLinux() && File.Exists("/proc/cpuinfo"))
            foreach (var line in File.ReadLines("/proc/cpuinfo"))
                if (line.StartsWith("model name", StringComparison.Ordinal))
                    return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? $"{RuntimeInformation.ProcessArchitecture}";
    }

    private static string Load() =>
        OperatingSystem.IsLinux() && File.Exists("/proc/loadavg")
            ? $"; load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}"
            : "";
}
