using System.Collections;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GenRec.Notebooks.Kernel.Start;

/// <summary>Goes on as another program.</summary>
internal static partial class ProgramReplacement
{
    /// <summary>Becomes the program (Linux, macOS: the process keeps its id, so signals and waiting parents reach it), or
    /// runs it and waits (Windows).</summary>
    /// <param name="program">Full path.</param>
    /// <param name="arguments">Its arguments, without its own name.</param>
    /// <param name="settings">Environment variables to set where they are not set already.</param>
    /// <returns>Its exit code, on Windows; elsewhere the call returns only by throwing.</returns>
    /// <exception cref="IOException">The program cannot be started.</exception>
    public static int Run(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (name, value) in settings)
            if (Environment.GetEnvironmentVariable(name) is null)
                Environment.SetEnvironmentVariable(name, value);
        if (OperatingSystem.IsWindows())
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        var variables = Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .Select(variable => (string?)$"{variable.Key}={variable.Value}");
        _ = Execute(program, [program, .. arguments, null], [.. variables, null]);
        throw new IOException($"'{program}' could not be started (error {Marshal.GetLastPInvokeError()}).");
    }

    [LibraryImport("libc", EntryPoint = "execve", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Execute(string path, string?[] arguments, string?[] variables);
}
