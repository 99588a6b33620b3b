using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using GenRec.Shared.Display;

namespace GenRec.Shared.Runtime;

/// <summary>A folder with libtorch's libraries: a package's, or an existing PyTorch installation's.</summary>
/// <param name="Path">Absolute path of the folder that holds the <c>torch_cpu</c> library.</param>
/// <param name="Version">Version that the installation gives in words (<c>2.11.0+cu128</c>), or null where it gives none.</param>
public sealed partial record LibTorchFolder(string Path, string? Version) : RichRecord
{
    /// <summary>Environment variable that names the folder of an existing installation.</summary>
    public const string Variable = "GENREC_LIBTORCH";

    /// <summary>Opens the folder named by a user; the folder above <c>lib</c> will do too.</summary>
    /// <param name="named">The value of <see cref="Variable"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no <c>torch_cpu</c> library.</exception>
    public static LibTorchFolder Open(string named)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(named);
        var full = System.IO.Path.GetFullPath(named);
        if (!Directory.Exists(full))
            throw new DirectoryNotFoundException($"{Variable} names {full}, which is no folder. {Advice}");
        var wanted = FileNameOf("torch_cpu");
        var folder = new[] { full, System.IO.Path.Combine(full, "lib") }.FirstOrDefault(candidate =>
            File.Exists(System.IO.Path.Combine(candidate, wanted))
        );
        return folder is null
            ? throw new FileNotFoundException($"{Variable} names {full}, which holds no {wanted}. {Advice}", wanted)
            : new LibTorchFolder(folder, StatedVersion(folder));
    }

    /// <summary>The libraries to load, dependencies first; those that the folder lacks are left out.</summary>
    public IEnumerable<string> Libraries() =>
        new[] { "torch_global_deps", "c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch" }
            .Select(name => System.IO.Path.Combine(Path, FileNameOf(name)))
            .Where(File.Exists);

    /// <summary>Whether two versions name the same release; what follows a <c>+</c> (the build) does not count.</summary>
    public static bool SameRelease(string one, string other)
    {
        var (left, right) = (Numbers(one), Numbers(other));
        var shared = Math.Min(left.Length, right.Length); // a library by itself tells only major.minor
        return left.AsSpan(0, shared).SequenceEqual(right.AsSpan(0, shared));
    }

    /// <summary>The platform's file name of a library: <c>torch_cpu</c> is <c>libtorch_cpu.so</c> on Linux.</summary>
    public static string FileNameOf(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll"
        : OperatingSystem.IsMacOS() ? $"lib{library}.dylib"
        : $"lib{library}.so";

    /// <summary>The platform's name in packages: <c>linux-x64</c>, <c>win-x64</c>, <c>osx-arm64</c>.</summary>
    internal static string RuntimeIdentifier
    {
        get
        {
            var system =
                OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    private const string Advice =
        "It must be the 'lib' folder of a PyTorch installation: "
        + "python3 -c \"import torch, os; print(os.path.join(os.path.dirname(torch.__file__), 'lib'))\" prints it. "
        + "Unset it to use the libtorch that came with the build.";

    private static string? StatedVersion(string folder)
    {
        var above = System.IO.Path.GetDirectoryName(folder) ?? folder;
        var python = System.IO.Path.Combine(above, "version.py"); // a Python installation
        if (File.Exists(python) && PythonVersion().Match(File.ReadAllText(python)) is { Success: true } match)
            return match.Groups[1].Value;
        var archive = System.IO.Path.Combine(above, "build-version"); // libtorch's own archive
        if (File.Exists(archive))
            return File.ReadAllText(archive).Trim();
        // A system's package: libtorch_cpu.so is a link to libtorch_cpu.so.1.13.0.
        var library = new FileInfo(System.IO.Path.Combine(folder, FileNameOf("torch_cpu")));
        return
            library.ResolveLinkTarget(returnFinalTarget: true) is { } target
            && VersionedLibrary().Match(target.Name) is { Success: true } named
            ? named.Groups[1].Value
            : null;
    }

    private static int[] Numbers(string version) =>
        [
            .. version
                .Split('+', '-')[0]
                .Split('.')
                .Select(part => int.TryParse(part, out var number) ? number : -1)
                .TakeWhile(number => number >= 0)
                .Take(3),
        ];

    [GeneratedRegex("""^__version__\s*=\s*['"]([^'"]+)['"]""", RegexOptions.Multiline)]
    private static partial Regex PythonVersion();

    [GeneratedRegex("""\.so\.(\d+(?:\.\d+)+)$""")]
    private static partial Regex VersionedLibrary();
}
