using System.Diagnostics;

namespace GenRec.Benchmarks.Harness;

/// <summary>A Python that has PyTorch.</summary>
internal static class Python
{
    private static readonly Lazy<string?> found = new(Search);

    /// <summary>The interpreter's path or name, or null where none has torch and numpy.</summary>
    public static string? WithTorch => found.Value;

    /// <summary>What was tried and how to get one.</summary>
    public const string Missing =
        "no python3 with torch and numpy was found; install python3-torch (Debian, Ubuntu) or 'pip install torch numpy', "
        + "or name an interpreter in GENREC_PYTHON.";

    private static string? Search()
    {
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("GENREC_PYTHON"),
            "python3",
            "python",
            "/usr/bin/python3",
        ];
        return candidates.FirstOrDefault(candidate => candidate is { Length: > 0 } && CanImport(candidate));
    }

    private static bool CanImport(string interpreter)
    {
        try
        {
            var start = new ProcessStartInfo(interpreter, ["-c", "import torch, numpy"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            using var process = Process.Start(start)!;
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            if (process.WaitForExit(TimeSpan.FromMinutes(1)))
                return process.ExitCode == 0;
            process.Kill();
            return false;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }
}
