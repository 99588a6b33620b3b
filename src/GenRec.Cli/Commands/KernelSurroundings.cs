using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GenRec.Cli.Commands;

/// <summary>The <c>dotnet</c> that runs this program.</summary>
internal static class DotNetHost
{
    /// <summary>Its full path; the bare name where it cannot be found.</summary>
    public static string Path
    {
        get
        {
            var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
            if (System.IO.Path.GetFileName(Environment.ProcessPath) == name)
                return Environment.ProcessPath!;
            // <root>/shared/Microsoft.NETCore.App/<version>/
            var runtime = RuntimeEnvironment.GetRuntimeDirectory();
            var root = System.IO.Path.GetFullPath(System.IO.Path.Combine(runtime, "..", "..", ".."));
            var host = System.IO.Path.Combine(root, name);
            return File.Exists(host) ? host : name;
        }
    }
}

/// <summary>The Python that a user's shell starts, whose environment Jupyter may live in.</summary>
internal static class PythonPrefix
{
    /// <summary>Its <c>sys.prefix</c>; null where there is no Python.</summary>
    public static string? Find()
    {
        foreach (var name in new[] { "python3", "python" })
        {
            try
            {
                using var python = Process.Start(
                    new ProcessStartInfo(name, ["-c", "import sys; print(sys.prefix)"])
                    {
                        RedirectStandardOutput = true,
                        RedirectStandardError = true,
                    }
                )!;
                python.ErrorDataReceived += (_, _) => { };
                python.BeginErrorReadLine();
                var prefix = python.StandardOutput.ReadToEnd().Trim();
                python.WaitForExit();
                if (python.ExitCode == 0 && Directory.Exists(prefix))
                    return prefix;
            }
            catch (System.ComponentModel.Win32Exception) { } // there is none by that name
        }
        return null;
    }
}
