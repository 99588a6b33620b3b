using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.Data.Analysis;
using Plotly.NET;
using TorchSharp;

namespace GenRec.Notebooks.Sessions;

/// <summary>What every session knows without asking: assemblies and usings.</summary>
public static class SessionDefaults
{
    private static readonly string[] Wanted =
    [
        "System",
        "System.Collections.Generic",
        "System.IO",
        "System.Linq",
        "System.Threading",
        "System.Threading.Tasks",
        "Microsoft.Data.Analysis",
        "Plotly.NET",
        "TorchSharp",
        "static TorchSharp.torch",
        "F = TorchSharp.torch.nn.functional",
        "Figure = GenRec.Shared.Display.Figure", // Plotly.NET has one too
        "Stopwatch = System.Diagnostics.Stopwatch", // the namespace has a Trace, and so has Plotly.NET
        "GenRec.Shared.Alignment",
        "GenRec.Shared.Data",
        "GenRec.Shared.Data.Slates",
        "GenRec.Shared.Data.Worlds",
        "GenRec.Shared.Decoding",
        "GenRec.Shared.Display",
        "GenRec.Shared.Evaluation",
        "GenRec.Shared.Experiments",
        "GenRec.Shared.Experiments.Presets",
        "GenRec.Shared.Experiments.Records",
        "GenRec.Shared.Models",
        "GenRec.Shared.Models.Baselines",
        "GenRec.Shared.Nn",
        "GenRec.Shared.Plotting",
        "GenRec.Shared.Reading",
        "GenRec.Shared.Runtime",
        "GenRec.Shared.SemanticIds",
        "GenRec.Shared.SemanticIds.Clustering",
        "GenRec.Shared.SemanticIds.Measures",
        "GenRec.Shared.SemanticIds.Neural",
        "GenRec.Shared.Text",
        "GenRec.Shared.Training",
    ];

    private static readonly ConcurrentDictionary<string, PortableExecutableReference> Known = new(
        StringComparer.Ordinal
    );
    private static readonly Lazy<IReadOnlyList<string>> LazyUsings = new(FindUsings);
    private static readonly Lazy<IReadOnlyDictionary<string, string>> LazyPaths = new(FindPaths);
    private static readonly Lazy<IReadOnlyList<MetadataReference>> LazyReferences = new(FindReferences);

    /// <summary>The using directives of the bootstrap, without the word and the semicolon.</summary>
    public static IReadOnlyList<string> Usings => LazyUsings.Value;

    /// <summary>The library that notebooks are about.</summary>
    internal static Assembly Library { get; } = typeof(GenRec.Shared.Data.Histories).Assembly;

    /// <summary>Simple name to file of every assembly this process can load without help.</summary>
    internal static IReadOnlyDictionary<string, string> Paths => LazyPaths.Value;

    /// <summary>Metadata of the framework, the library and what it stands on; read once for all sessions.</summary>
    internal static IReadOnlyList<MetadataReference> References => LazyReferences.Value;

    /// <summary>The metadata of a file, read once: a reader for each cell that asks would each hold the whole
    /// file.</summary>
    internal static PortableExecutableReference ReferenceTo(string file) =>
        Known.GetOrAdd(file, path => MetadataReference.CreateFromFile(path));

    /// <summary>The files of the library and of everything it refers to outside the framework.</summary>
    internal static IReadOnlyList<string> LibraryFiles()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        var queue = new Queue<Assembly>([
            Library,
            typeof(torch).Assembly,
            typeof(DataFrame).Assembly,
            typeof(GenericChart).Assembly,
        ]);
        while (queue.TryDequeue(out var assembly))
        {
            var name = assembly.GetName().Name!;
            if (Path.GetDirectoryName(assembly.Location) == framework || !found.TryAdd(name, assembly.Location))
                continue;
            foreach (var next in assembly.GetReferencedAssemblies())
                if (Paths.ContainsKey(next.Name!) && !found.ContainsKey(next.Name!))
                    queue.Enqueue(Assembly.Load(next));
        }
        return [.. found.Values];
    }

    private static List<string> FindUsings()
    {
        var ours = Library.GetExportedTypes().Select(type => type.Namespace).ToHashSet(StringComparer.Ordinal);
        return [.. Wanted.Where(name => !name.StartsWith("GenRec.", StringComparison.Ordinal) || ours.Contains(name))];
    }

    private static Dictionary<string, string> FindPaths() =>
        ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .GroupBy(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);

    private static List<MetadataReference> FindReferences()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        var files = Paths.Values.Where(path => Path.GetDirectoryName(path) == framework).Concat(LibraryFiles());
        return [.. files.Append(typeof(SessionDefaults).Assembly.Location).Select(file => ReferenceTo(file))];
    }
}
