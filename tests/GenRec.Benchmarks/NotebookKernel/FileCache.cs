using System.Runtime.InteropServices;

namespace GenRec.Benchmarks.NotebookKernel;

/// <summary>Takes files out of the operating system's cache, so that the next start reads the disk.</summary>
internal static partial class FileCache
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED on Linux

    /// <summary>Files under a folder. Pages that a running program has mapped stay: other .NET programs keep the runtime
    /// warm.</summary>
    /// <returns>Files asked to leave.</returns>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static int Evict(string folder)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("A cold start can be made on Linux only.");
        var count = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(path).StartsWith("in-use.", StringComparison.Ordinal))
                continue; // another kernel's lock
            using var file = File.OpenHandle(path);
            RandomAccess.FlushToDisk(file); // dirty pages would stay
            count += Advise(file, 0, 0, DontNeed) == 0 ? 1 : 0;
        }
        return count;
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeHandle file, long offset, long length, int advice);
}
