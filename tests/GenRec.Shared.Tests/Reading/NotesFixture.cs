using System.Security.Cryptography;
using System.Text;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

/// <summary>A folder of notes of its own.</summary>
public abstract class NotesFixture : IDisposable
{
    protected NotesFixture() => Notes = NoteFolder.Open(Folder);

    protected string Folder { get; } = Directory.CreateTempSubdirectory("genrec-notes-").FullName;

    protected NoteFolder Notes { get; }

    protected string In(params string[] parts) => Path.Combine([Folder, .. parts]);

    protected void Write(string name, string text) => File.WriteAllBytes(In(name), Encoding.UTF8.GetBytes(text));

    protected byte[] Bytes(string name) => File.ReadAllBytes(In(name));

    protected string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    protected string Hash(string name) => Convert.ToHexString(SHA256.HashData(Bytes(name)));

    /// <summary>All files below the folder, as they are named in it.</summary>
    protected IEnumerable<string> Files() =>
        Directory
            .EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
