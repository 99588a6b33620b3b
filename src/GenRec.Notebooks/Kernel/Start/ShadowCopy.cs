using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace GenRec.Notebooks.Kernel.Start;

/// <summary>A copy of the program to run from, so that the original can be built anew while a notebook is open.</summary>
/// <remarks>
/// A running program's files cannot be overwritten (Windows) or must not be (elsewhere: the mapped image changes under the
/// process). The copy holds the program's own files; large ones and subfolders, with half a gigabyte of libtorch that no
/// build of ours changes, are linked. Copies are named by what they hold and shared by kernels; one that no kernel uses goes after a day.
/// </remarks>
public static partial class ShadowCopy
{
    private const string FolderName = ".kernels";
    private const string LeasePrefix = "in-use.";
    private const long LinkedFrom = 32 << 20; // bytes; published for one system, libtorch lies beside the program

    private static readonly TimeSpan Unused = TimeSpan.FromDays(1);

    /// <summary>Finds or makes the copy of a program's folder.</summary>
    /// <param name="program">The folder the program was built into.</param>
    /// <returns>The copy's folder, beside the original: same disk, same checkout.</returns>
    /// <exception cref="IOException">The copy cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder above may not be written to.</exception>
    public static string Prepare(string program)
    {
        var source = Path.TrimEndingDirectorySeparator(Path.GetFullPath(program));
        var copies = Path.Combine(Path.GetDirectoryName(source)!, FolderName);
        var files = Directory.GetFiles(source).Where(IsCopied).Order(StringComparer.Ordinal);
        var target = Path.Combine(copies, NameOf(source, files));
        if (!Directory.Exists(target))
            Make(source, files, target);
        Directory.SetLastWriteTimeUtc(target, DateTime.UtcNow);
        RemoveUnused(copies);
        return target;
    }

    /// <summary>Says that this process runs from a copy, until the result is disposed.</summary>
    /// <param name="copy">The copy's folder.</param>
    public static IDisposable Use(string copy) =>
        new FileStream(
            Path.Combine(copy, $"in-use.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}"),
            FileMode.Create,
            FileAccess.Write,
            FileShare.None,
            1,
            FileOptions.DeleteOnClose
        );

    private static bool IsCopied(string file) =>
        !Path.GetFileName(file).StartsWith(LeasePrefix, StringComparison.Ordinal);

    private static string NameOf(string source, IEnumerable<string> files)
    {
        var text = new StringBuilder(source);
        foreach (var file in files.Select(file => new FileInfo(file)))
            text.Append(CultureInfo.InvariantCulture, $"|{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    private static void Make(string source, IEnumerable<string> files, string target)
    {
        var making = $"{target}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        Directory.CreateDirectory(making);
        try
        {
            foreach (var file in files)
                CopyOrLink(file, Path.Combine(making, Path.GetFileName(file)));
            foreach (var folder in Directory.GetDirectories(source))
                LinkFolder(folder, Path.Combine(making, Path.GetFileName(folder)));
            Directory.Move(making, target);
        }
        catch (IOException) when (Directory.Exists(target)) // another kernel was faster
        {
            Directory.Delete(making, recursive: true);
        }
        catch
        {
            Directory.Delete(making, recursive: true);
            throw;
        }
    }

    private static void CopyOrLink(string source, string target)
    {
        if (new FileInfo(source).Length < LinkedFrom)
            File.Copy(source, target);
        else
            LinkFile(source, target);
    }

    private static void LinkFolder(string source, string target)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateSymbolicLink(target, source);
            return;
        }
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(source))
            LinkFile(file, Path.Combine(target, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(source))
            LinkFolder(folder, Path.Combine(target, Path.GetFileName(folder)));
    }

    // Symbolic links need a privilege on Windows, hard links none.
    private static void LinkFile(string source, string target)
    {
        if (!OperatingSystem.IsWindows())
            File.CreateSymbolicLink(target, source);
        else if (!CreateHardLink(target, source, 0))
            throw new IOException($"'{source}' could not be linked (error {Marshal.GetLastPInvokeError()}).");
    }

    private static void RemoveUnused(string copies)
    {
        foreach (var copy in Directory.GetDirectories(copies))
        {
            try
            {
                if (Directory.GetLastWriteTimeUtc(copy) < DateTime.UtcNow - Unused && !IsUsed(copy))
                    Directory.Delete(copy, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { } // somebody else's turn
        }
    }

    private static bool IsUsed(string copy)
    {
        foreach (var lease in Directory.GetFiles(copy, LeasePrefix + "*"))
        {
            try
            {
                new FileStream(lease, FileMode.Open, FileAccess.Write, FileShare.None).Dispose();
            }
            catch (IOException)
            {
                return true;
            }
        }
        return false;
    }

    [LibraryImport(
        "kernel32",
        EntryPoint = "CreateHardLinkW",
        StringMarshalling = StringMarshalling.Utf16,
        SetLastError = true
    )]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string link, string existing, nint attributes);
}
