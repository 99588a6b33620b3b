using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace GenRec.Shared.Runtime;

/// <summary>Makes TorchSharp find libtorch in every host, and only once TorchSharp itself is wanted.</summary>
/// <remarks>
/// TorchSharp finds its libraries when the application was built for it. Two cases need help: a script host, which reads no
/// <c>deps.json</c> and so knows nothing of <c>runtimes/&lt;rid&gt;/native</c>; and <c>GENREC_LIBTORCH</c>, which replaces the
/// libtorch of the build by that of an existing PyTorch installation. Both are settled by loading the files by absolute
/// path before TorchSharp asks for them. Data and Reading run without any of this: nothing happens until TorchSharp loads.
/// </remarks>
public static class NativeLibraries
{
    private const string Wrapper = "LibTorchSharp";
    private const string LoadedKey = "GenRec.LibTorchFolder"; // process-wide, though a host may hold this library twice
    private static readonly Lock Gate = new();
    private static bool done;

    /// <summary>Folder that libtorch was loaded from by absolute path; null where TorchSharp's own search is used.</summary>
    public static string? LoadedFolder => AppContext.GetData(LoadedKey) as string;

    /// <summary>Version that the folder of <c>GENREC_LIBTORCH</c> states, or null.</summary>
    public static string? StatedVersion { get; private set; }

    /// <summary>What a user should know about the libtorch in use, or null.</summary>
    public static string? Warning { get; private set; }

    /// <summary>Why libtorch could not be loaded, or null. The first tensor operation throws it too.</summary>
    public static Exception? Failure { get; private set; }

    /// <summary>The libtorch that TorchSharp was built for, for example <c>2.10.0</c>.</summary>
    public static string ExpectedVersion { get; } =
        typeof(NativeLibraries)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(metadata => metadata.Key == "LibTorchVersion")
            .Value!;

#pragma warning disable CA2255 // A notebook host calls nothing before the first tensor: only the module itself can be early enough.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Prepare()
    {
        FSharpCoreResolver.Register();
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) => Help(loaded.LoadedAssembly);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            Help(assembly);
    }

    private static void Help(Assembly assembly)
    {
        if (assembly.GetName().Name != "TorchSharp")
            return;
        lock (Gate)
        {
            if (done)
                return;
            done = true;
            MallocTuning.Apply();
            try
            {
                Load(assembly);
            }
            catch (Exception failure) when (failure is IOException or DllNotFoundException or BadImageFormatException)
            {
                // The runtime swallows what this event throws, so the first native call has to throw it.
                Failure = failure;
                SkipOwnSearch(assembly);
                NativeLibrary.SetDllImportResolver(assembly, (_, _, _) => throw failure);
            }
        }
    }

    private static void Load(Assembly torchSharp)
    {
        if (Environment.GetEnvironmentVariable(LibTorchFolder.Variable) is { Length: > 0 } named)
            LoadInstallation(torchSharp, LibTorchFolder.Open(named));
        else if (FolderBesideThisLibrary() is { } folder)
        {
            var libraries = new LibTorchFolder(folder, null).Libraries().Where(path => !IsOptional(path));
            foreach (var library in libraries)
                NativeLibrary.Load(library);
            UseWrapper(torchSharp, Path.Combine(folder, LibTorchFolder.FileNameOf(Wrapper)), folder);
        }
    }

    private static void LoadInstallation(Assembly torchSharp, LibTorchFolder installation)
    {
        var wrapper =
            WrapperCandidates(torchSharp).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException(
                $"{LibTorchFolder.FileNameOf(Wrapper)} (of the TorchSharp package) lies neither beside "
                    + $"{typeof(NativeLibraries).Assembly.Location} nor in runtimes/{LibTorchFolder.RuntimeIdentifier}/native there."
            );
        StatedVersion = installation.Version;
        foreach (var library in installation.Libraries())
            if (!NativeLibrary.TryLoad(library, out _) && !IsOptional(library))
                NativeLibrary.Load(library); // again, for the loader's own words on what is missing
        // TorchSharp would look for torch_cpu by name, find the build's copy, and have two of them in one process.
        if (!SkipOwnSearch(torchSharp) && File.Exists(BesideWrapper(wrapper, "torch_cpu")))
            throw new FileLoadException(
                $"This TorchSharp does not let {LibTorchFolder.Variable} replace the libtorch of the build. "
                    + "Build without it: -p:TorchBackend=none."
            );
        UseWrapper(torchSharp, wrapper, installation.Path);
        if (installation.Version is { } version && !LibTorchFolder.SameRelease(version, ExpectedVersion))
        {
            Warning =
                $"{LibTorchFolder.Variable}={installation.Path} holds libtorch {version}, but TorchSharp was built for "
                + $"libtorch {ExpectedVersion}: operators may be missing. 'genrec doctor' tries every one in use.";
            Console.Error.WriteLine($"warning: {Warning}");
        }
    }

    private static void UseWrapper(Assembly torchSharp, string wrapper, string folder)
    {
        var handle = NativeLibrary.Load(wrapper);
        NativeLibrary.SetDllImportResolver(torchSharp, (name, _, _) => name == Wrapper ? handle : 0);
        if (AssemblyLoadContext.GetLoadContext(torchSharp) is { } context)
            context.ResolvingUnmanagedDll += (_, name) => name == Wrapper ? handle : 0;
        AppContext.SetData(LoadedKey, folder);
    }

    // Only what loading in another host needs: in an application, TorchSharp's own search knows this very folder.
    private static string? FolderBesideThisLibrary()
    {
        var folder = WrapperCandidates(null).Select(Path.GetDirectoryName).FirstOrDefault(IsComplete);
        var searched = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(Path.TrimEndingDirectorySeparator);
        return folder is null || searched.Contains(folder) ? null : folder;

        static bool IsComplete(string? candidate) =>
            File.Exists(Path.Combine(candidate!, LibTorchFolder.FileNameOf(Wrapper)))
            && File.Exists(Path.Combine(candidate!, LibTorchFolder.FileNameOf("torch_cpu")));
    }

    private static IEnumerable<string> WrapperCandidates(Assembly? torchSharp)
    {
        var name = LibTorchFolder.FileNameOf(Wrapper);
        foreach (var assembly in new[] { typeof(NativeLibraries).Assembly, torchSharp })
            if (Path.GetDirectoryName(assembly?.Location) is { Length: > 0 } folder)
            {
                yield return Path.Combine(folder, "runtimes", LibTorchFolder.RuntimeIdentifier, "native", name);
                yield return Path.Combine(folder, name);
            }
    }

    private static string BesideWrapper(string wrapper, string library) =>
        Path.Combine(Path.GetDirectoryName(wrapper)!, LibTorchFolder.FileNameOf(library));

    private static bool IsOptional(string library) =>
        Path.GetFileName(library) == LibTorchFolder.FileNameOf("torch_global_deps");

    // TorchSharp keeps two private flags for "already loaded"; a test says when a new version names them otherwise.
    private static bool SkipOwnSearch(Assembly torchSharp)
    {
        var fields = new[] { "nativeBackendLoaded", "nativeBackendCudaLoaded" }
            .Select(name =>
                torchSharp.GetType("TorchSharp.torch")?.GetField(name, BindingFlags.Static | BindingFlags.NonPublic)
            )
            .ToArray();
        if (fields.Any(field => field?.FieldType != typeof(bool)))
            return false;
        foreach (var field in fields)
            field!.SetValue(null, true);
        return true;
    }
}
