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
/// path before TorchSharp asks for them: a library is then found by its name. Data and Reading run without any of this;
/// nothing happens until TorchSharp loads.
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
    public static string ExpectedVersion { get; } = MetadataOf("LibTorchVersion");

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

    private static string MetadataOf(string key) =>
        typeof(NativeLibraries)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(metadata => metadata.Key == key)
            .Value!;

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
                // The runtime swallows what this event throws, so the first native call has to throw it. The stand-in
                // keeps TorchSharp from looking further: it would copy half a gigabyte out of the NuGet cache.
                Failure = failure;
                Answer(assembly, NativeLibrary.GetMainProgramHandle());
                NativeLibrary.SetDllImportResolver(assembly, (_, _, _) => throw failure);
            }
        }
    }

    private static void Load(Assembly torchSharp)
    {
        if (Environment.GetEnvironmentVariable(LibTorchFolder.Variable) is { Length: > 0 } named)
            LoadInstallation(torchSharp, LibTorchFolder.Open(named));
        else if (MetadataOf("TorchBackend") == "none")
            throw new FileNotFoundException(
                $"This build brings no libtorch. Set {LibTorchFolder.Variable} to the lib folder of a PyTorch installation, "
                    + "or build with -p:TorchBackend=cpu."
            );
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
        var own = SearchedFolders.Select(folder => Path.Combine(folder, LibTorchFolder.FileNameOf("torch_cpu")));
        if (own.FirstOrDefault(File.Exists) is { } second) // TorchSharp would load it too: two libtorch in one process
            throw new FileLoadException(
                $"{LibTorchFolder.Variable} is set, but this build brings a libtorch of its own ({second}). "
                    + $"Build with {LibTorchFolder.Variable} set, or with -p:TorchBackend=none: then it brings none."
            );
        StatedVersion = installation.Version;
        var isOther = StatedVersion is not { } stated || !LibTorchFolder.SameRelease(stated, ExpectedVersion);
        var versions =
            $"{LibTorchFolder.Variable}={installation.Path} holds libtorch {StatedVersion ?? "of a version it does not tell"}, "
            + $"but TorchSharp was built for libtorch {ExpectedVersion}";
        try
        {
            foreach (var library in installation.Libraries())
                if (!NativeLibrary.TryLoad(library, out _) && !IsOptional(library))
                    NativeLibrary.Load(library); // again, for the loader's own words on what is missing
            UseWrapper(torchSharp, wrapper, installation.Path);
        }
        catch (Exception refused) when (isOther && refused is DllNotFoundException or BadImageFormatException)
        {
            var why = refused.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Trim();
            throw new FileLoadException(
                $"{versions}, and the two do not fit together. Name a PyTorch of that version, or unset "
                    + $"{LibTorchFolder.Variable} and build again to use the libtorch that comes with it. ({why})",
                refused
            );
        }
        if (!isOther)
            return;
        Warning = $"{versions}: operators may be missing. 'genrec doctor' tries every one in use.";
        Console.Error.WriteLine($"warning: {Warning}");
    }

    private static void UseWrapper(Assembly torchSharp, string wrapper, string folder)
    {
        var handle = NativeLibrary.Load(wrapper);
        NativeLibrary.SetDllImportResolver(torchSharp, (name, _, _) => name == Wrapper ? handle : 0);
        Answer(torchSharp, handle);
        AppContext.SetData(LoadedKey, folder);
    }

    private static void Answer(Assembly torchSharp, nint wrapper)
    {
        if (AssemblyLoadContext.GetLoadContext(torchSharp) is { } context)
            context.ResolvingUnmanagedDll += (_, name) => name == Wrapper ? wrapper : 0;
    }

    // Only what loading in another host needs: in an application, TorchSharp's own search knows this very folder.
    private static string? FolderBesideThisLibrary()
    {
        var folder = WrapperCandidates(null).Select(Path.GetDirectoryName).FirstOrDefault(IsComplete);
        return folder is null || SearchedFolders.Contains(folder) ? null : folder;

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

    // Where the runtime looks for native libraries of an application, from its deps.json; empty in a script host.
    private static IEnumerable<string> SearchedFolders =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(Path.TrimEndingDirectorySeparator);

    private static bool IsOptional(string library) =>
        Path.GetFileName(library) == LibTorchFolder.FileNameOf("torch_global_deps");
}
