using System.Diagnostics;
using TorchSharp;

namespace GenRec.Cli.Doctor;

/// <summary>Runs the operator tests in a process of their own.</summary>
/// <remarks>
/// A libtorch of another version may lack a symbol. The dynamic loader looks symbols up when they are first called and
/// ends the process where one is missing, so each test announces itself before it runs: the last one announced is to blame.
/// </remarks>
internal static class OperatorTests
{
    /// <summary>Name of the hidden command that the process runs.</summary>
    public const string Command = "operator-tests";

    private const string Starts = "start ";
    private const string Fails = "fail ";

    /// <summary>Runs the tests here, from the given one on, and writes one line before each and one for each failure.</summary>
    public static void Run(torch.Device device, int first, TextWriter output)
    {
        foreach (var test in OperatorTest.All.Skip(first))
        {
            Line($"{Starts}{test.Name}");
            if (test.Failure(device) is { } why)
                Line($"{Fails}{test.Name}: {why}");
        }

        void Line(string text)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }

    /// <summary>Runs all tests on a device, each crash costing one test only.</summary>
    public static Finding InAProcess(string device)
    {
        var (failures, next) = (new List<string>(), 0);
        while (next < OperatorTest.All.Count)
        {
            var lines = Child(device, next, out var exitCode, out var error);
            failures.AddRange(
                lines
                    .Where(line => line.StartsWith(Fails, StringComparison.Ordinal))
                    .Select(line => line[Fails.Length..])
            );
            var started = lines.Count(line => line.StartsWith(Starts, StringComparison.Ordinal));
            if (exitCode == 0 && next + started == OperatorTest.All.Count)
                break;
            if (started == 0)
                return new(
                    $"operators {device}",
                    $"the test process ended with code {exitCode}: {error}",
                    "Run 'genrec doctor --verbose' and report what it says."
                );
            next += started;
            failures.Add($"{OperatorTest.All[next - 1].Name}: ended the process ({error})");
        }
        var text = $"{OperatorTest.All.Count - failures.Count} of {OperatorTest.All.Count} pass";
        return failures.Count == 0
            ? new($"operators {device}", text)
            : new(
                $"operators {device}",
                $"{text}; failing: {string.Join("; ", failures)}",
                $"Do not use device {device} with this libtorch for what needs the failing operators: "
                    + "take the version that TorchSharp expects."
            );
    }

    private static string[] Child(string device, int first, out int exitCode, out string error)
    {
        var (program, before) = Self();
        var start = new ProcessStartInfo(program, [.. before, Command, device, "--first", $"{first}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var lines = process
            .StandardOutput.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        process.WaitForExit();
        exitCode = process.ExitCode;
        error =
            errors
                .Result.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .FirstOrDefault(line => !line.StartsWith("warning:", StringComparison.Ordinal))
            ?? "";
        return lines;
    }

    // The program beside this assembly; where it was not made, dotnet runs the assembly.
    private static (string Program, string[] Before) Self()
    {
        var folder = AppContext.BaseDirectory;
        var program = Path.Combine(folder, OperatingSystem.IsWindows() ? "genrec.exe" : "genrec");
        return File.Exists(program) ? (program, []) : ("dotnet", [Path.Combine(folder, "genrec.dll")]);
    }
}
