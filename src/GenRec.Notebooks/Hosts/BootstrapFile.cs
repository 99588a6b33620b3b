using System.Text;
using GenRec.Notebooks.Sessions;
using GenRec.Shared.Runtime;

namespace GenRec.Notebooks.Hosts;

/// <summary>The script that every notebook's first cell imports: references and usings for hosts that are not
/// ours.</summary>
/// <remarks>
/// Sessions of this engine have its content from the start and do not need the file. .NET Interactive and Verso do:
/// they
/// read absolute paths only (Verso takes no relative <c>#r</c>), so the file is written on the machine and not
/// committed.
/// </remarks>
public static class BootstrapFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "bootstrap.csx";

    // What they stand on is found beside them; naming FSharp.Core or Newtonsoft.Json would mix them with the host's own.
    private static readonly string[] Referenced =
    [
        "GenRec.Shared.dll",
        "TorchSharp.dll",
        "Microsoft.Data.Analysis.dll",
        "Plotly.NET.dll",
    ];

    private const string Mark = "// Written by genrec";

    /// <summary>The file's text.</summary>
    /// <param name="libraryFolder">Folder of <c>GenRec.Shared.dll</c> and what it needs.</param>
    /// <exception cref="FileNotFoundException">The library is not there.</exception>
    public static string Text(string libraryFolder)
    {
        var folder = Path.GetFullPath(libraryFolder);
        var library = Path.Combine(folder, "GenRec.Shared.dll");
        if (!File.Exists(library))
            throw new FileNotFoundException($"'{library}' is missing: build GenRec.Shared first.", library);
        var text = new StringBuilder();
        text.Append(Mark).Append(" for this machine; do not commit or edit it, the next build writes it anew.\n");
        foreach (var file in Referenced.Select(name => Path.Combine(folder, name)).Where(File.Exists))
            text.Append("#r \"").Append(file.Replace('\\', '/')).Append("\"\n");
        foreach (var name in SessionDefaults.Usings)
            text.Append("using ").Append(name).Append(";\n");
        return text.ToString();
    }

    /// <summary>Writes the file into every folder that holds notebooks.</summary>
    /// <param name="notebooksFolder">Folder searched with all below it.</param>
    /// <param name="libraryFolder">Folder of <c>GenRec.Shared.dll</c> and what it needs.</param>
    /// <returns>The files written, or found as they should be. A file of that name that is not ours is left alone and
    /// not returned.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of notebooks.</exception>
    /// <exception cref="FileNotFoundException">The library is not there.</exception>
    public static IReadOnlyList<string> Write(string notebooksFolder, string libraryFolder)
    {
        if (!Directory.Exists(notebooksFolder))
            throw new DirectoryNotFoundException($"There is no folder '{notebooksFolder}'.");
        var text = Encoding.UTF8.GetBytes(Text(libraryFolder));
        var written = new List<string>();
        var folders = Directory
            .EnumerateFiles(notebooksFolder, "*.ipynb", SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Where(folder => !folder.Contains(".ipynb_checkpoints", StringComparison.Ordinal));
        foreach (var folder in folders.Distinct().Order(StringComparer.Ordinal))
        {
            var file = Path.Combine(folder, Name);
            if (File.Exists(file) && !IsOurs(file))
                continue;
            if (!File.Exists(file) || !File.ReadAllBytes(file).AsSpan().SequenceEqual(text))
                AtomicFile.Write(file, stream => stream.Write(text));
            written.Add(file);
        }
        return written;
    }

    /// <summary>True where a session supplies what the path asks for: our file, or the place where it would
    /// be.</summary>
    internal static bool IsOurs(string path) =>
        Path.GetFileName(path) == Name
        && (
            !File.Exists(path)
            || File.ReadLines(path).FirstOrDefault()?.StartsWith(Mark, StringComparison.Ordinal) == true
        );
}
