namespace GenRec.Shared.Data;

/// <summary>Where data lies on this machine; the only place that knows.</summary>
public static class DataFolders
{
    /// <summary>The environment variable that names the folder of public data sets.</summary>
    public const string Variable = "GENREC_DATA";

    /// <summary>
    /// The repository this program belongs to: the nearest folder above the working folder, or above the program, that
    /// holds <c>GenRec.sln</c>; null outside one.
    /// </summary>
    public static string? Repository => Above(Environment.CurrentDirectory) ?? Above(AppContext.BaseDirectory);

    /// <summary>Where downloads are kept: <c>data/cache</c> of the repository, or of the working folder outside one.</summary>
    public static string Cache => Path.Combine(Repository ?? Environment.CurrentDirectory, "data", "cache");

    /// <summary>Folders that may hold data sets, best first: <see cref="Variable"/>, then <see cref="Cache"/>.</summary>
    public static IReadOnlyList<string> Roots =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
            ? [Path.GetFullPath(named), Cache]
            : [Cache];

    /// <summary>The folder of a data set, or null.</summary>
    /// <param name="dataset">Name of the set, which is the name of its folder.</param>
    /// <param name="files">Files that the folder must hold.</param>
    public static string? TryFind(string dataset, params IReadOnlyList<string> files)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(dataset);
        return Roots
            .Select(root => Path.Combine(root, dataset))
            .FirstOrDefault(folder =>
                Directory.Exists(folder) && files.All(file => File.Exists(Path.Combine(folder, file)))
            );
    }

    /// <summary>The folder of a data set.</summary>
    /// <param name="dataset">Name of the set, which is the name of its folder.</param>
    /// <param name="files">Files that the folder must hold.</param>
    /// <exception cref="DirectoryNotFoundException">It is nowhere; the message says where it was looked for and what to do.</exception>
    public static string Find(string dataset, params IReadOnlyList<string> files) =>
        TryFind(dataset, files) ?? throw new DirectoryNotFoundException(Advice(dataset, files));

    private static string Advice(string dataset, IReadOnlyList<string> files)
    {
        var looked = Roots.Select(root =>
        {
            var folder = Path.Combine(root, dataset);
            var missing = files.Where(file => !File.Exists(Path.Combine(folder, file)));
            return Directory.Exists(folder)
                ? $"  {folder} (lacks {string.Join(", ", missing)})"
                : $"  {folder} (no such folder)";
        });
        return $"The data set '{dataset}' was not found. Looked for it in\n{string.Join('\n', looked)}\n"
            + $"Run 'genrec data get {dataset}', or set {Variable} to the folder that holds a folder '{dataset}'.";
    }

    private static string? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "GenRec.sln")))
                return at.FullName;
        return null;
    }
}
