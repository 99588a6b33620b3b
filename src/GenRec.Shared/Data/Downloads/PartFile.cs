using System.Text.Json;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Downloads;

/// <summary>What a server said about the file of which a part is on disk.</summary>
/// <param name="Url">Where the part came from.</param>
/// <param name="ETag">Its strong entity tag, or null.</param>
/// <param name="LastModified">Its date, or null.</param>
/// <param name="Total">Its whole length, or null.</param>
internal sealed record PartOrigin(Uri Url, string? ETag, DateTimeOffset? LastModified, long? Total)
{
    /// <summary>Whether a server can tell us that its file is no longer the one we have a part of.</summary>
    public bool CanBeChecked => ETag is not null || LastModified is not null;
}

/// <summary>An unfinished download: <c>name.part</c>, and beside it <c>name.part.json</c> with its origin.</summary>
internal sealed class PartFile(string target)
{
    public string Path { get; } = target + ".part";

    private string OriginPath => Path + ".json";

    public long Length => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>The origin, or null when there is no part, or nothing is known of it.</summary>
    public PartOrigin? ReadOrigin()
    {
        if (Length == 0 || !File.Exists(OriginPath))
            return null;
        try
        {
            return JsonSerializer.Deserialize<PartOrigin>(File.ReadAllBytes(OriginPath));
        }
        catch (JsonException)
        {
            return null; // a part of unknown origin is not continued
        }
    }

    public void WriteOrigin(PartOrigin origin) =>
        AtomicFile.Write(OriginPath, file => JsonSerializer.Serialize(file, origin));

    public void Delete()
    {
        File.Delete(Path);
        File.Delete(OriginPath);
    }

    /// <summary>Makes the part the file.</summary>
    public void Finish(string file)
    {
        File.Move(Path, file, overwrite: false);
        File.Delete(OriginPath);
    }
}
