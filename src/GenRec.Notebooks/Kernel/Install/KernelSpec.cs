using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Notebooks.Files;

namespace GenRec.Notebooks.Kernel.Install;

/// <summary>What Jupyter knows of a kernel before it runs: a folder with <c>kernel.json</c> and logos.</summary>
/// <remarks>Jupyter client documentation, "Making kernels for Jupyter", kernel specs.</remarks>
public static class KernelSpec
{
    /// <summary>The name in our notebooks' metadata; Polyglot Notebooks accepts only names that begin so.</summary>
    public const string Name = ".net-csharp";

    /// <summary>What front ends show.</summary>
    public const string DisplayName = ".NET (C#)";

    internal const string FileName = "kernel.json";

    private const string Owner = "genrec"; // key in the metadata by which we know our own

    internal static readonly string[] Logos = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"];

    /// <summary>The content of <c>kernel.json</c>.</summary>
    /// <param name="program">Program and first arguments that start the command line, such as <c>dotnet
    /// genrec.dll</c>.</param>
    internal static string Json(IEnumerable<string> program) =>
        JupyterJson.Write(
            new JsonObject
            {
                ["argv"] = new JsonArray([
                    .. program.Concat(["kernel", "start", "{connection_file}"]).Select(word => JsonValue.Create(word)),
                ]),
                ["display_name"] = DisplayName,
                ["interrupt_mode"] = "message", // a signal would have to reach the right process on every system
                ["language"] = KernelInfo.Language,
                ["metadata"] = new JsonObject { ["debugger"] = false, [Owner] = new JsonObject() },
            },
            JsonLayout.Jupyter
        );

    /// <summary>Reads a kernel's folder; null where it holds no kernel.</summary>
    internal static InstalledKernel? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return null;
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(file)) as JsonObject;
            var arguments = json?["argv"] is JsonArray array
                ? array.Select(word => word?.ToString() ?? "").ToArray()
                : [];
            return new InstalledKernel(
                Path.GetFileName(folder),
                folder,
                json?["display_name"]?.ToString() ?? "",
                arguments,
                json?["metadata"] is JsonObject metadata && metadata.ContainsKey(Owner)
            );
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new InstalledKernel(Path.GetFileName(folder), folder, "(kernel.json cannot be read)", [], false);
        }
    }

    internal static Stream Logo(string name) =>
        typeof(KernelSpec).Assembly.GetManifestResourceStream($"kernel/{name}")
        ?? throw new InvalidOperationException($"This build lacks the logo {name}.");
}

/// <summary>A kernel that Jupyter finds.</summary>
/// <param name="Name">The folder's name, by which notebooks ask for it.</param>
/// <param name="Folder">Where it is.</param>
/// <param name="DisplayName">What front ends show.</param>
/// <param name="Arguments">The program and its arguments.</param>
/// <param name="IsOurs">True where this program installed it.</param>
public sealed record InstalledKernel(
    string Name,
    string Folder,
    string DisplayName,
    IReadOnlyList<string> Arguments,
    bool IsOurs
)
{
    /// <summary>True for .NET Interactive's kernel.</summary>
    public bool IsDotNetInteractive =>
        !IsOurs && Arguments.Any(word => word.Contains("interactive", StringComparison.OrdinalIgnoreCase));

    /// <summary>The file that it starts and that is no longer there; null where all is well or nothing is known.</summary>
    public string? Missing =>
        Arguments.Take(2).FirstOrDefault(word => Path.IsPathFullyQualified(word) && !File.Exists(word));
}
