using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.SemanticIds;

/// <summary>What every quantiser's fit begins and ends with.</summary>
internal static class FitSteps
{
    /// <summary>Refuses vectors that no quantiser can use.</summary>
    /// <param name="embeddings">One row an item.</param>
    /// <param name="largestCodebook">Codes of the largest codebook that is learned; 0 where none is.</param>
    /// <param name="options">Names the items to learn from.</param>
    /// <returns>The rows to learn from.</returns>
    public static EmbeddingMatrix Check(EmbeddingMatrix embeddings, int largestCodebook, FitOptions options)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        if (embeddings.Rows == 0 || embeddings.Columns == 0)
            throw new ArgumentException(
                $"The vectors are {embeddings.Rows} x {embeddings.Columns}; there is nothing to quantise.",
                nameof(embeddings)
            );
        RequireFinite(embeddings);
        var learned = options.LearnFrom is { } items ? Rows(embeddings, items) : embeddings;
        if (largestCodebook > learned.Rows)
            throw new ArgumentException(
                $"A codebook of {largestCodebook} codes cannot be learned from {learned.Rows} items; "
                    + $"use at most {learned.Rows} codes.",
                nameof(embeddings)
            );
        return learned;
    }

    /// <summary>Names the first number that is NaN or infinite.</summary>
    public static void RequireFinite(EmbeddingMatrix vectors)
    {
        var values = vectors.Values;
        if (RowMath.AllFinite(values))
            return;
        for (var at = 0; at < values.Length; at++)
            if (!float.IsFinite(values[at]))
                throw new ArgumentException(
                    $"Item {at / vectors.Columns + 1} has {values[at]} in column {at % vectors.Columns}; all numbers must be "
                        + "finite. Was the model that made the vectors trained to the end?",
                    nameof(vectors)
                );
    }

    /// <summary>Refuses vectors of another width.</summary>
    public static void RequireWidth(EmbeddingMatrix vectors, int width)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Columns != width)
            throw new ArgumentException(
                $"The vectors have {vectors.Columns} columns, the codebooks were learned from {width}.",
                nameof(vectors)
            );
        RequireFinite(vectors);
    }

    /// <summary>Puts codes, origin and collision policy together.</summary>
    public static QuantiserFit Finish(
        IQuantiser quantiser,
        EmbeddingMatrix embeddings,
        FitOptions options,
        ICodec codec,
        int[] codes,
        Stopwatch clock,
        bool isRandom = true
    )
    {
        var ids = new SemanticIdTable(codec.CodebookSizes, codes, codec.Structure)
        {
            Origin = new SemanticIdOrigin(quantiser.Method)
            {
                Seed = isRandom ? options.Seed : null,
                InputHash = HashOf(embeddings),
            },
        };
        var (repaired, outcome) = CollisionRepair.Apply(ids, options.Collisions, codec, embeddings);
        options.Progress?.Report(new FitProgress(1, outcome.Summary));
        return new QuantiserFit(repaired, codec, outcome, clock.Elapsed.TotalSeconds) { OwnIds = ids };
    }

    /// <summary>SHA-256 over shape and numbers, hexadecimal.</summary>
    public static string HashOf(EmbeddingMatrix vectors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>([vectors.Rows, vectors.Columns]));
        hash.AppendData(MemoryMarshal.AsBytes(vectors.Values));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The rows of some items (1..N).</summary>
    public static EmbeddingMatrix Rows(EmbeddingMatrix embeddings, IReadOnlyList<int> items)
    {
        if (items.Count == 0)
            throw new ArgumentException("FitOptions.LearnFrom names no item.", nameof(items));
        var chosen = new float[checked(items.Count * embeddings.Columns)];
        for (var at = 0; at < items.Count; at++)
            if (items[at] < 1 || items[at] > embeddings.Rows)
                throw new ArgumentException(
                    $"FitOptions.LearnFrom names item {items[at]}; items are 1..{embeddings.Rows}.",
                    nameof(items)
                );
            else
                embeddings[items[at] - 1].CopyTo(chosen.AsSpan(at * embeddings.Columns));
        return new EmbeddingMatrix(items.Count, embeddings.Columns, chosen);
    }
}
