using System.Reflection;

namespace GenRec.Cli.Experiments.Sweeps;

/// <summary>How this program is started again: <c>genrec</c>, or <c>dotnet genrec.dll</c>.</summary>
internal static class SelfCommand
{
    /// <summary>The program and what stands before its own arguments.</summary>
    public static IReadOnlyList<string> Words
    {
        get
        {
            var program = Environment.ProcessPath ?? "genrec";
            var library = Path.Combine(AppContext.BaseDirectory, "genrec.dll");
            var own = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "genrec.exe" : "genrec");
            return Path.GetFileNameWithoutExtension(program) == "dotnet"
                && Assembly.GetEntryAssembly()?.Location == library
                    ? [program, library]
                : File.Exists(own) ? [own] // tests run inside another program
                : [program];
        }
    }
}
