using System.Reflection;
using System.Runtime.Loader;

namespace GenRec.Shared.Runtime;

/// <summary>Gives a notebook host one FSharp.Core instead of two.</summary>
/// <remarks>
/// Plotly.NET is written in F#. Hosts that load assemblies by path either bring an FSharp.Core of their own or load the
/// same file twice; types then differ between Plotly.NET and what it calls. So the build puts FSharp.Core.dll into a
/// subfolder of the output that notebooks reference (build/NotebookReferences.targets), where no host finds it, and this
/// handler answers: the one already loaded, else the host's own, else the copy in the subfolder.
/// </remarks>
internal static class FSharpCoreResolver
{
    internal const string Subfolder = "fsharp";
    private const string Name = "FSharp.Core";

    internal static void Register() =>
        AppDomain.CurrentDomain.AssemblyResolve += (_, wanted) =>
            new AssemblyName(wanted.Name).Name == Name ? Resolve() : null;

    // Loading by name in here would raise the same event again, without end: only paths are used.
    private static Assembly? Resolve()
    {
        var loaded = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(a => a.GetName().Name == Name);
        if (loaded is not null)
            return loaded;
        var trusted = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(Path.PathSeparator);
        var own = Path.GetDirectoryName(typeof(FSharpCoreResolver).Assembly.Location) ?? "";
        var file = trusted
            .Where(path => Path.GetFileNameWithoutExtension(path) == Name)
            .Append(Path.Combine(own, Subfolder, $"{Name}.dll"))
            .FirstOrDefault(File.Exists);
        return file is null ? null : AssemblyLoadContext.Default.LoadFromAssemblyPath(file);
    }
}
