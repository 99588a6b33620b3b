using System.Text.Json.Serialization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Downloads;

/// <summary>How a downloaded file is packed.</summary>
public enum ArchiveKind
{
    /// <summary>Not at all; the file is used as it is.</summary>
    None,

    /// <summary>A zip archive.</summary>
    Zip,

    /// <summary>A tar archive under gzip.</summary>
    [JsonStringEnumMemberName("tar.gz")]
    TarGz,

    /// <summary>One file under gzip.</summary>
    Gz,
}

/// <summary>Files of a data folder that have to be computed from what an archive holds.</summary>
public enum DerivedLayout
{
    /// <summary>None: what is installed are copies.</summary>
    None,

    /// <summary>KuaiRand-Pure: the standard log from 25 April on, and each user's history before it.</summary>
    [JsonStringEnumMemberName("kuairand-pure")]
    KuaiRandPure,
}

/// <summary>One file of an official source.</summary>
/// <param name="Name">Name in the catalogue, unique: <c>ml-100k</c>, <c>amazon14-beauty-reviews</c>.</param>
/// <param name="Dataset">Folder in the cache; several files may share one.</param>
/// <param name="Title">What it is, for people.</param>
/// <param name="File">File name in that folder.</param>
/// <param name="Urls">Addresses of the same bytes, best first; empty when it can only be fetched by hand.</param>
/// <param name="Page">Page to fetch it from by hand, and to read its terms on.</param>
/// <param name="Terms">Licence or terms in short.</param>
/// <param name="Source">Who states address, size and checksum.</param>
/// <param name="Bytes">Size, or null when not known.</param>
/// <param name="Sha256">SHA-256 in hexadecimal, or null.</param>
/// <param name="Md5">MD5, where only that is published, or null.</param>
/// <param name="GitBlob">Git's id of the file (SHA-1 of <c>blob length NUL content</c>), or null.</param>
/// <param name="Archive">How it is packed. Zip and tar are unpacked into <c>unpacked/</c> beside the file.</param>
/// <param name="Install">
/// Files of the data folder made from it: their name to the member's path in the archive, or <c>.</c> for the file itself.
/// A name that ends in <c>.gz</c> is compressed; a member's path that starts with <c>**/</c> is sought in every folder.
/// </param>
/// <param name="Extra">Whether the data set is complete without it: fetched by its own name, or with all.</param>
/// <param name="Derive">What is computed from it beyond copies.</param>
public sealed record DownloadSource(
    string Name,
    string Dataset,
    string Title,
    string File,
    IReadOnlyList<Uri> Urls,
    Uri Page,
    string Terms,
    string Source,
    long? Bytes = null,
    string? Sha256 = null,
    string? Md5 = null,
    string? GitBlob = null,
    ArchiveKind Archive = ArchiveKind.None,
    IReadOnlyDictionary<string, string>? Install = null,
    bool Extra = false,
    DerivedLayout Derive = DerivedLayout.None
) : RichRecord
{
    /// <summary>Whether a checksum is known. Without one the computed SHA-256 is reported, and a warning.</summary>
    [JsonIgnore]
    public bool IsPinned => Sha256 is not null || Md5 is not null || GitBlob is not null;

    /// <summary>The checksums that must hold, for people: <c>sha256 a689..., md5 c4d9...</c>; "no checksum known" without one.</summary>
    [JsonIgnore]
    public string ChecksumText
    {
        get
        {
            var known = new[] { ("sha256", Sha256), ("md5", Md5), ("git blob", GitBlob) }
                .Where(pair => pair.Item2 is not null)
                .Select(pair => $"{pair.Item1} {pair.Item2}");
            return IsPinned ? string.Join(", ", known) : "no checksum known";
        }
    }
}
