using System.Diagnostics;

namespace GenRec.Shared.Tests;

/// <summary>Runs a script of ours in PyTorch, where a python3 with torch is found.</summary>
internal static class PythonWithTorch
{
    private static readonly Lazy<string?> Found = new(() =>
        new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(HasTorch)
    );

    /// <summary>Skips the running test where there is no python3 with torch.</summary>
    public static void NeedOrSkip() => Assert.SkipWhen(Found.Value is null, "No python3 with PyTorch on this machine.");

    /// <summary>What a script prints, trimmed; fails the test with what it complains of.</summary>
    /// <param name="script">Below the tests' folder, with <c>/</c>.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="arguments">Its arguments.</param>
    public static string Run(string script, string input, params string[] arguments)
    {
        using var process = Start(Found.Value!, [Path.Combine(AppContext.BaseDirectory, script), .. arguments]);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var (answer, complaint) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, complaint.Result);
        return answer.Result.Trim();
    }

    private static bool HasTorch(string python)
    {
        try
        {
            using var process = Start(python, ["-c", "import torch"]);
            process.StandardInput.Close();
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string python, string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(python, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["PYTHONDONTWRITEBYTECODE"] = "1" },
            }
        )!;
}
