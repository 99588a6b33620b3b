using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Text;

/// <summary>Turns texts into vectors.</summary>
public interface ITextEncoder
{
    /// <summary>Short name for file names and records, lower case with hyphens: <c>tf-idf-svd-256</c>.</summary>
    string Name { get; }

    /// <summary>A text that differs whenever the vectors of a text would: options, and a hash of the weights.</summary>
    string Fingerprint { get; }

    /// <summary>Encodes texts.</summary>
    /// <param name="texts">One text an item; an empty one gets a vector too.</param>
    /// <param name="progress">Told the share done, 0..1.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <returns>One row a text.</returns>
    /// <exception cref="ArgumentException">There is no text.</exception>
    EmbeddingMatrix Encode(
        IReadOnlyList<string> texts,
        IProgress<double>? progress = null,
        CancellationToken cancel = default
    );
}
