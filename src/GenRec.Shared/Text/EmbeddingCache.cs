using System.Security.Cryptography;
using System.Text;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.Text;

/// <summary>Keeps encoded texts on disk: the same encoder and texts are encoded once.</summary>
/// <remarks>
/// A file is named by the SHA-256 of the encoder's fingerprint and of all texts, in <c>data/cache/embeddings</c>; it appears when
/// it is complete. A file that cannot be read any more is made anew.
/// </remarks>
/// <param name="folder">Where files are kept; <c>embeddings</c> in <see cref="DataFolders.Cache"/> where null.</param>
public sealed class EmbeddingCache(string? folder = null) : RichObject
{
    private readonly string folder = folder ?? Path.Combine(DataFolders.Cache, "embeddings");

    /// <summary>Reads the vectors of texts, or encodes and keeps them.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="texts">One text an item.</param>
    /// <param name="progress">Told the share done, 0..1.</param>
    /// <param name="cancel">Stops; nothing is kept then.</param>
    public EmbeddingMatrix Encode(
        ITextEncoder encoder,
        IReadOnlyList<string> texts,
        IProgress<double>? progress = null,
        CancellationToken cancel = default
    )
    {
        var path = PathOf(encoder, texts);
        if (File.Exists(path))
            try
            {
                var kept = NumpyFile.Read(path, rows: texts.Count);
                progress?.Report(1);
                return kept;
            }
            catch (DataFormatException)
            {
                // Cut off or damaged by something else: the texts are here, so that it can be made again.
            }
        var made = encoder.Encode(texts, progress, cancel);
        Directory.CreateDirectory(folder);
        NumpyFile.Write(path, made, overwrite: true);
        return made;
    }

    /// <summary>Where the vectors of texts lie, or will lie.</summary>
    public string PathOf(ITextEncoder encoder, IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(texts);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(encoder.Fingerprint);
        foreach (var text in texts)
            Add(text);
        return Path.Combine(folder, $"{encoder.Name}-{Convert.ToHexStringLower(hash.GetHashAndReset())[..24]}.npy");

        void Add(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length)); // so that "ab", "c" is not "a", "bc"
            hash.AppendData(bytes);
        }
    }
}
