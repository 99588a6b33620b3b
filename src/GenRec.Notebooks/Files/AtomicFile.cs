namespace GenRec.Notebooks.Files;

/// <summary>Whole files or none: written beside the target and renamed over it.</summary>
internal static class AtomicFile
{
    /// <summary>Writes <paramref name="bytes"/> so that a reader sees either the old file or the new one.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }
            KeepMode(full, temporary);
            File.Move(temporary, full, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void KeepMode(string existing, string replacement)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(existing))
            File.SetUnixFileMode(replacement, File.GetUnixFileMode(existing));
    }
}
