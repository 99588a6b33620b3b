using System.Diagnostics;
using System.Runtime.InteropServices;
using GenRec.Cli.Commands;
using GenRec.Notebooks.Figures;
using GenRec.Notebooks.Kernel.Install;
using GenRec.Shared.Data;

namespace GenRec.Cli.Doctor;

/// <summary>What surrounds the library: SDK, kernels, browser, folders, disk.</summary>
internal static class ToolChecks
{
    private const double ScarceGigabytes = 3; // a release build with libtorch linked, and a data set or two

    public static IEnumerable<Finding> All()
    {
        yield return Sdk();
        yield return Data();
        yield return Kernel();
        yield return Browser();
        yield return Disk();
    }

    private static Finding Sdk()
    {
        var runtime = $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.RuntimeIdentifier}";
        if (DataFolders.Repository is not { } root)
            return new("SDK", $"{runtime}; no checkout of the workbook around, so no SDK is needed");
        var (code, said) = Run("dotnet", ["--version"], root);
        return code == 0
            ? new("SDK", $".NET SDK {said.Trim()}, runtime {runtime}")
            : new(
                "SDK",
                $"runtime {runtime}; 'dotnet --version' in {root} answers: {said.Trim().Split('\n')[0]}",
                "Install the .NET 10 SDK (https://dotnet.microsoft.com/download) and put 'dotnet' on the PATH."
            );
    }

    private static Finding Data()
    {
        var named = Environment.GetEnvironmentVariable(DataFolders.Variable);
        var here = PublicDatasets.All.Count(set => set.IsAvailable);
        var text =
            $"{here} of {PublicDatasets.All.Count} public data sets found in "
            + string.Join(
                " and ",
                DataFolders.Roots.Select(root => Directory.Exists(root) ? root : $"{root} (not there)")
            );
        return named is { Length: > 0 } && !Directory.Exists(named)
            ? new("data", text, $"{DataFolders.Variable} names {named}, which is no folder: correct or unset it.")
            : new("data", here == 0 ? $"{text}; the notebooks need none, 'genrec data list' names them" : text);
    }

    private static Finding Kernel()
    {
        var found = KernelFolders
            .Find(KernelFolders.All(PythonPrefix.Find()))
            .Where(kernel => kernel.IsOurs || kernel.Name == KernelSpec.Name)
            .ToArray();
        if (found.FirstOrDefault() is not { } first)
            return new(
                "kernel",
                "no C# kernel is registered with Jupyter: 'genrec kernel install' registers ours, for VS Code's Jupyter "
                    + "extension and JupyterLab; 'genrec run' needs none"
            );
        if (first is { IsOurs: true, Missing: { } file })
            return new(
                "kernel",
                $"{first.Folder} starts {file}, which is gone",
                "Run 'genrec kernel install' again, or 'genrec kernel remove'."
            );
        return new(
            "kernel",
            first.IsOurs
                ? $"C# notebooks run in ours, registered in {first.Folder}"
                : $"C# notebooks run in another kernel, '{first.DisplayName}' in {first.Folder}; "
                    + "'genrec kernel install --force' puts it aside for ours"
        );
    }

    private static Finding Browser() =>
        Chromium.Find() is { } browser
            ? new("pictures", $"figures are drawn as PNG by {browser}")
            : new(
                "pictures",
                "no Chromium, Chrome or Edge was found: figures stay interactive only. Install one, or name it in "
                    + Chromium.Variable
            );

    private static Finding Disk()
    {
        var folder = DataFolders.Repository ?? Environment.CurrentDirectory;
        var free = new DriveInfo(folder).AvailableFreeSpace / 1e9;
        return new(
            "disk",
            $"{free:F1} GB free for {folder}",
            free < ScarceGigabytes
                ? $"Free at least {ScarceGigabytes:F0} GB; runs/ and data/cache may be deleted."
                : null
        );
    }

    private static (int Code, string Said) Run(string program, IEnumerable<string> arguments, string folder)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments)
                {
                    WorkingDirectory = folder,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, process.ExitCode == 0 ? output : output + error.Result);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, missing.Message);
        }
    }
}
