using System.Text;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Notebooks.Kernel.Install;

/// <summary>Registers the kernel with Jupyter, and takes it away again.</summary>
public static class KernelInstaller
{
    private const string Replaced = ".replaced-by-genrec"; // where a foreign kernel of the same name waits

    /// <summary>Writes the kernel's folder.</summary>
    /// <param name="kernels">A folder of kernels, see <see cref="KernelFolders"/>.</param>
    /// <param name="program">Program and first arguments that start the command line.</param>
    /// <param name="force">True to put a foreign kernel of the same name aside.</param>
    /// <returns>The folder written.</returns>
    /// <exception cref="KernelInTheWayException">A kernel of that name that is not ours is there.</exception>
    public static string Install(string kernels, IEnumerable<string> program, bool force)
    {
        var folder = Path.Combine(kernels, KernelSpec.Name);
        if (Directory.Exists(folder) && KernelSpec.Read(folder) is not { IsOurs: true })
        {
            var foreign = KernelSpec.Read(folder);
            var aside = AsideOf(folder);
            if (!force || Directory.Exists(aside))
                throw new KernelInTheWayException(folder, foreign, Directory.Exists(aside) ? aside : null);
            Directory.Move(folder, aside);
        }
        Directory.CreateDirectory(folder);
        foreach (var logo in KernelSpec.Logos)
        {
            using var source = KernelSpec.Logo(logo);
            AtomicFile.Write(Path.Combine(folder, logo), source.CopyTo);
        }
        // The Jupyter server serves this folder to its pages: figures are drawn without a network.
        var plotly = Encoding.UTF8.GetBytes(PlotlyScript.Text);
        AtomicFile.Write(Path.Combine(folder, PlotlyScript.FileName), stream => stream.Write(plotly));
        var json = Encoding.UTF8.GetBytes(KernelSpec.Json(program));
        AtomicFile.Write(Path.Combine(folder, KernelSpec.FileName), stream => stream.Write(json));
        return folder;
    }

    /// <summary>Removes what <see cref="Install"/> wrote, and puts back what it had put aside.</summary>
    /// <param name="kernels">A folder of kernels.</param>
    /// <returns>The folder removed, null where ours is not there; and true where a foreign kernel was put
    /// back.</returns>
    public static (string? Removed, bool PutBack) Remove(string kernels)
    {
        var folder = Path.Combine(kernels, KernelSpec.Name);
        if (!Directory.Exists(folder) || KernelSpec.Read(folder) is not { IsOurs: true })
            return (null, false);
        foreach (var file in KernelSpec.Logos.Append(PlotlyScript.FileName).Append(KernelSpec.FileName))
            File.Delete(Path.Combine(folder, file));
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
        var aside = AsideOf(folder);
        if (!Directory.Exists(aside) || Directory.Exists(folder))
            return (folder, false);
        Directory.Move(aside, folder);
        return (folder, true);
    }

    // Beside the folder of kernels: within it, Jupyter would list it as a kernel.
    private static string AsideOf(string folder) =>
        Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(folder))!, Path.GetFileName(folder) + Replaced);
}

/// <summary>A kernel of the same name is there, and it is not ours to replace.</summary>
public sealed class KernelInTheWayException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="foreign">What it is; null where it cannot be read.</param>
    /// <param name="aside">Where an earlier one was put; null where none was.</param>
    public KernelInTheWayException(string folder, InstalledKernel? foreign, string? aside)
        : base(Text(folder, foreign, aside)) { }

    private static string Text(string folder, InstalledKernel? foreign, string? aside)
    {
        var whose = foreign switch
        {
            { IsDotNetInteractive: true } => "a kernel of the same name: .NET Interactive's",
            { DisplayName: var name } => $"a kernel of the same name, '{name}', that is not ours",
            null => "something that is no kernel of ours",
        };
        return aside is null
            ? $"{folder} holds {whose}. '--force' puts it aside until 'genrec kernel remove'."
            : $"{folder} holds {whose}, and an earlier one was put aside already in {aside}. Remove one of the two.";
    }
}
