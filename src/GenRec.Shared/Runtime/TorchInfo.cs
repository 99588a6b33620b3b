using System.Diagnostics;
using System.Runtime.InteropServices;
using GenRec.Shared.Display;
using TorchSharp;

namespace GenRec.Shared.Runtime;

/// <summary>Which libtorch runs here and on what.</summary>
/// <param name="Version">libtorch's version: the folder's words, or <c>major.minor</c> as the library tells it; null if neither.</param>
/// <param name="ExpectedVersion">The version that TorchSharp was built for.</param>
/// <param name="Folder">Folder of the loaded <c>torch_cpu</c> library, or null where the system does not tell.</param>
/// <param name="Devices">Usable devices, <c>cpu</c> first: <c>cpu</c>, <c>cuda:0</c> ..., <c>mps</c>.</param>
/// <param name="Threads">Threads inside one operator.</param>
/// <param name="InteropThreads">Threads between operators.</param>
/// <param name="Warning">What a user should know about this libtorch, or null.</param>
public sealed record TorchInfo(
    string? Version,
    string ExpectedVersion,
    string? Folder,
    IReadOnlyList<string> Devices,
    int Threads,
    int InteropThreads,
    string? Warning
) : RichRecord
{
    /// <summary>Loads libtorch if it is not loaded yet, and asks it.</summary>
    /// <exception cref="IOException">The folder of <c>GENREC_LIBTORCH</c> cannot be used.</exception>
    /// <exception cref="NotSupportedException">No libtorch was found.</exception>
    public static TorchInfo Read()
    {
        _ = typeof(torch).Assembly; // loads TorchSharp, and so libtorch where NativeLibraries has to help
        if (NativeLibraries.Failure is { } failure)
            throw new IOException(failure.Message, failure);
        torch.InitializeDeviceType(DeviceType.CPU);
        var library = LoadedLibrary();
        return new TorchInfo(
            NativeLibraries.StatedVersion ?? (library is null ? null : ToldVersion(library)),
            NativeLibraries.ExpectedVersion,
            Path.GetDirectoryName(library),
            [.. UsableDevices()],
            torch.get_num_threads(),
            torch.get_num_interop_threads(),
            NativeLibraries.Warning
        );
    }

    private static IEnumerable<string> UsableDevices()
    {
        yield return "cpu";
        if (torch.cuda.is_available())
            for (var index = 0; index < torch.cuda.device_count(); index++)
                yield return $"cuda:{index}";
        if (torch.mps_is_available())
            yield return "mps";
    }

    private static string? LoadedLibrary()
    {
        var name = LibTorchFolder.FileNameOf("torch_cpu");
        using var process = Process.GetCurrentProcess();
        try
        {
            return process.Modules.Cast<ProcessModule>().FirstOrDefault(m => m.ModuleName == name)?.FileName;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return NativeLibraries.LoadedFolder is { } folder ? Path.Combine(folder, name) : null;
        }
    }

    // libtorch's stable C interface tells its version as major in the top byte and minor in the next.
    private static unsafe string? ToldVersion(string library)
    {
        if (!NativeLibrary.TryLoad(library, out var handle))
            return null;
        if (!NativeLibrary.TryGetExport(handle, "aoti_torch_abi_version", out var function))
            return null;
        var word = ((delegate* unmanaged<ulong>)function)();
        return $"{word >> 56}.{(word >> 48) & 0xFF}";
    }
}
