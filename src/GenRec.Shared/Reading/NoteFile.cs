using System.Text.RegularExpressions;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Reading;

/// <summary>A note was edited by someone else while a tool was about to write it; the file holds that edit.</summary>
/// <param name="message">What was kept where.</param>
public sealed class NoteConflictException(string message) : IOException(message);

/// <summary>Writes note files: all or nothing, never over something that was not read before.</summary>
internal static partial class NoteFile
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs one reading and writing of a note while no other tool of ours, in any process, does the same.</summary>
    public static T Alone<T>(string path, Func<T> work)
    {
        // In the folder for temporary files: a lock in a synchronised vault would travel to other machines.
        var key = NoteText.HashOf(System.Text.Encoding.UTF8.GetBytes(Path.GetFullPath(path)))[..16];
        var name = Path.Combine(Path.GetTempPath(), $"genrec-note-{Environment.UserName}-{key}.lock");
        using var held = Take(name, path);
        TidyUp(path);
        return work();
    }

    // What a process left that was killed while it wrote; nobody else holds the lock now.
    private static void TidyUp(string path)
    {
        foreach (var left in Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*"))
            if (Unfinished().IsMatch(left))
                File.Delete(left);
            else if (Displaced().Match(left) is { Success: true } found)
                if (
                    NoteText.HashOf(File.ReadAllBytes(left)).StartsWith(found.Groups[1].Value, StringComparison.Ordinal)
                )
                    File.Delete(left); // the very text that the new one was made from
                else
                    File.Move(left, $"{path}.edited-meanwhile-{DateTime.Now:yyyyMMdd-HHmmss-fff}.txt");
    }

    /// <summary>Writes a file that must not be there yet.</summary>
    /// <exception cref="IOException">It is there.</exception>
    public static void Create(string path, byte[] content)
    {
        var temporary = TemporaryFor(path);
        try
        {
            AtomicFile.WriteThrough(temporary, stream => stream.Write(content));
            File.Move(temporary, path, overwrite: false);
        }
        finally
        {
            File.Delete(temporary);
        }
        AtomicFile.SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Replaces a note by a new text made from what was read of it.</summary>
    /// <param name="read">The note as it was read.</param>
    /// <param name="content">Its new bytes.</param>
    /// <param name="written">What a tool wanted to add, kept beside the note when it cannot be added; null for nothing.</param>
    /// <param name="meanwhile">For tests: what happens between the writing aside and the change of names.</param>
    /// <exception cref="NoteConflictException">The file changed since it was read. It stays as it now is.</exception>
    public static void Replace(NoteText read, byte[] content, string? written, Action? meanwhile = null)
    {
        // A link in a vault stays a link: what it leads to is replaced.
        var path = File.ResolveLinkTarget(read.Path, returnFinalTarget: true)?.FullName ?? read.Path;
        var temporary = TemporaryFor(path);
        var displaced = $"{path}.{read.Hash[..16]}.displaced";
        try
        {
            AtomicFile.WriteThrough(temporary, stream => stream.Write(content));
            if (!OperatingSystem.IsWindows() && File.Exists(path))
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
            meanwhile?.Invoke();
            if (!File.Exists(path) || NoteText.HashOf(File.ReadAllBytes(path)) != read.Hash)
                throw Conflict(read.Path, written);
            // The name always has a file behind it; what it displaced is looked at, since an editor may have saved just now.
            File.Replace(temporary, path, displaced);
            if (NoteText.HashOf(File.ReadAllBytes(displaced)) != read.Hash)
            {
                File.Move(displaced, path, overwrite: true);
                throw Conflict(read.Path, written);
            }
            File.Delete(displaced);
        }
        finally
        {
            File.Delete(temporary);
        }
        AtomicFile.SyncFolder(Path.GetDirectoryName(path)!);
    }

    private static NoteConflictException Conflict(string path, string? written)
    {
        if (written is null)
            return new NoteConflictException($"{path} was edited meanwhile. It stays as it is; run the command again.");
        var kept = $"{path}.not-added-{DateTime.Now:yyyyMMdd-HHmmss-fff}.txt";
        AtomicFile.Write(kept, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(written)));
        return new NoteConflictException(
            $"{path} was edited meanwhile. It stays as it is, and what was to be added is kept in {kept}: add it again."
        );
    }

    [GeneratedRegex(@"\.md\.[0-9a-f]{32}\.unfinished$")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\.md\.([0-9a-f]{16})\.displaced$")]
    private static partial Regex Displaced();

    private static string TemporaryFor(string path) => $"{path}.{Guid.NewGuid():N}.unfinished";

    private static FileStream Take(string name, string path)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
            try
            {
                return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (clock.Elapsed < Patience)
            {
                Thread.Sleep(20);
            }
            catch (IOException error)
            {
                throw new IOException(
                    $"{path} is being written by another program for {Patience.TotalSeconds:F0} s.",
                    error
                );
            }
    }
}
