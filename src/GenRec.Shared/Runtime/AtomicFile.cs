using System.Runtime.InteropServices;

namespace GenRec.Shared.Runtime;

/// <summary>Writes files and folders so that a reader sees all of them or nothing, whenever the process ends.</summary>
public static partial class AtomicFile
{
    /// <summary>Writes to a temporary name in the same folder, waits for the disk, and renames over the target.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="write">Writes the content; when it throws, the old file stays as it was.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var target = Path.GetFullPath(path);
        var temporary = $"{target}.{Environment.ProcessId}.tmp";
        try
        {
            WriteThrough(temporary, write);
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        SyncFolder(Path.GetDirectoryName(target)!);
    }

    /// <summary>Writes a file that does not exist yet, and returns when its content is on the disk.</summary>
    internal static void WriteThrough(string path, Action<Stream> write)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        write(file);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Makes renames in a folder survive a loss of power; does nothing on Windows, which offers no such call.</summary>
    internal static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, 0);
        if (handle < 0)
            return;
        _ = Sync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
