namespace GenRec.Notebooks.Kernel.Install;

/// <summary>Where Jupyter looks for kernels.</summary>
/// <remarks>Jupyter documentation, "Common directories and file locations", data files.</remarks>
public static class KernelFolders
{
    private const string Kernels = "kernels";

    /// <summary>The user's own folder of kernels.</summary>
    public static string User =>
        Path.Combine(
            Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } named ? named
                : OperatingSystem.IsWindows()
                    ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter")
                : OperatingSystem.IsMacOS() ? Path.Combine(Home, "Library", "Jupyter")
                : Path.Combine(XdgData, "jupyter"),
            Kernels
        );

    /// <summary>The folder of kernels of a Python installation or environment.</summary>
    /// <param name="prefix">Its root: what Python calls <c>sys.prefix</c>.</param>
    public static string OfPrefix(string prefix) => Path.Combine(Path.GetFullPath(prefix), "share", "jupyter", Kernels);

    /// <summary>All folders, in the order in which Jupyter asks them.</summary>
    /// <param name="prefix">A Python environment's root; null to ask the environment variables.</param>
    public static IReadOnlyList<string> All(string? prefix = null)
    {
        var named = (Environment.GetEnvironmentVariable("JUPYTER_PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, Kernels));
        var environments = new[] { prefix, Environment.GetEnvironmentVariable("VIRTUAL_ENV") }
            .Append(Environment.GetEnvironmentVariable("CONDA_PREFIX"))
            .Where(root => !string.IsNullOrEmpty(root))
            .Select(root => OfPrefix(root!));
        string[] system = OperatingSystem.IsWindows()
            ?
            [
                Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData),
                    "jupyter",
                    Kernels
                ),
            ]
            : ["/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels"];
        return [.. named.Append(User).Concat(environments).Concat(system).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Every kernel in the folders that there are.</summary>
    /// <param name="folders">Folders of kernels, as <see cref="All"/> gives them.</param>
    public static IReadOnlyList<InstalledKernel> Find(IEnumerable<string> folders) =>
        [
            .. folders
                .Where(Directory.Exists)
                .SelectMany(folder => Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
                .Select(KernelSpec.Read)
                .OfType<InstalledKernel>(),
        ];

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string XdgData =>
        Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } named
            ? named
            : Path.Combine(Home, ".local", "share");
}
