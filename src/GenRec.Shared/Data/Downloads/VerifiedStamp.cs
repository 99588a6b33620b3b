using System.Text.Json;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Downloads;

/// <summary>
/// The sums of a verified file beside it (<c>name.verified</c>), so that gigabytes are not summed again each time. Holds as
/// long as the file's length and date are those it was verified with.
/// </summary>
/// <param name="Sums">The sums.</param>
/// <param name="Written">The file's date when it was verified.</param>
internal sealed record VerifiedStamp(Checksums Sums, DateTime Written)
{
    public static Checksums? Read(string file)
    {
        var path = file + ".verified";
        if (!File.Exists(path))
            return null;
        try
        {
            var stamp = JsonSerializer.Deserialize<VerifiedStamp>(File.ReadAllBytes(path));
            var info = new FileInfo(file);
            return stamp?.Sums is { } sums && sums.Bytes == info.Length && stamp.Written == info.LastWriteTimeUtc
                ? sums
                : null;
        }
        catch (JsonException)
        {
            return null; // a broken stamp only costs another reading of the file
        }
    }

    public static void Write(string file, Checksums sums) =>
        AtomicFile.Write(
            file + ".verified",
            stamp => JsonSerializer.Serialize(stamp, new VerifiedStamp(sums, File.GetLastWriteTimeUtc(file)))
        );
}
