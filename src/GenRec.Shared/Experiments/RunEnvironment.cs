using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using TorchSharp;

namespace GenRec.Shared.Experiments;

/// <summary>Where a run took place.</summary>
/// <param name="Os">Operating system and version.</param>
/// <param name="Architecture">For example <c>X64</c>.</param>
/// <param name="Cpu">The processor's name where the system tells it.</param>
/// <param name="Cores">Logical cores the process may use.</param>
/// <param name="Threads">Threads of a tensor operation.</param>
/// <param name="Device"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Dotnet">The .NET runtime.</param>
/// <param name="TorchSharp">TorchSharp's version.</param>
/// <param name="LibTorch">The version of libtorch it stands on.</param>
/// <param name="Commit">
/// Git commit of the program's repository, with <c>-dirty</c> where files differ from it; outside one, the commit it was built from;
/// <c>unknown</c> where neither is known.
/// </param>
public sealed record RunEnvironment(
    string Os,
    string Architecture,
    string Cpu,
    int Cores,
    int Threads,
    string Device,
    string Dotnet,
    string TorchSharp,
    string LibTorch,
    string Commit
) : RichRecord
{
    /// <summary>One line for records, for example <c>AMD EPYC, 2 cores, X64, Debian GNU/Linux 12 (bookworm)</c>.</summary>
    public string Machine() => $"{Cpu}, {Cores} cores, {Architecture}, {Os}" + (Device == "cpu" ? "" : $", {Device}");

    /// <summary>Looks around; loads the tensor library.</summary>
    /// <param name="device">The device the run uses.</param>
    public static RunEnvironment Capture(torch.Device? device = null) =>
        new(
            RuntimeInformation.OSDescription,
            RuntimeInformation.ProcessArchitecture.ToString(),
            CpuName(),
            Environment.ProcessorCount,
            torch.get_num_threads(),
            (device?.type ?? DeviceType.CPU).ToString().ToLowerInvariant(),
            RuntimeInformation.FrameworkDescription,
            typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "unknown",
            torch.__version__,
            CommitOfProgram()
        );

    /// <summary>The commit of this program: what is checked out around it, or else what it was built from.</summary>
    public static string CommitOfProgram() =>
        DataFolders.Repository is { } repository ? CommitOf(repository) : BuiltFrom() ?? "unknown";

    /// <summary>The commit that is checked out in the folder.</summary>
    public static string CommitOf(string folder)
    {
        if (Git(folder, "rev-parse", "HEAD") is not { } commit)
            return "unknown";
        return Git(folder, "status", "--porcelain", "--untracked-files=no") is { Length: > 0 }
            ? $"{commit}-dirty"
            : commit;
    }

    /// <summary>The part of the version behind the plus sign, which the SDK takes from the repository when it builds.</summary>
    internal static string? BuiltFrom() =>
        typeof(RunEnvironment)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+', 2)
            is [_, var commit]
            ? commit
            : null;

    private static string? Git(string folder, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += (_, _) => { }; // read, so that the pipe cannot fill up
            git.BeginErrorReadLine();
            var output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // git is not installed
        }
    }

    private static string CpuName()
    {
        if (OperatingSystem.IsLinux() && File.Exists("/proc/cpuinfo"))
            foreach (var line in File.ReadLines("/proc/cpuinfo"))
                if (line.StartsWith("model name", StringComparison.Ordinal))
                    return line[(line.IndexOf(':') + 1)..].Trim();
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? RuntimeInformation.OSArchitecture.ToString();
    }
}
