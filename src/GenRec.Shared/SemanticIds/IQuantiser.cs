using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.SemanticIds.Neural;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds;

/// <summary>Turns item vectors into semantic ids.</summary>
/// <example>
/// <code>
/// var quantiser = new ResidualKMeans(new ResidualKMeansOptions { Levels = 3, Codes = 256 });
/// using var fit = quantiser.Fit(vectors, new FitOptions { Seed = 1, Collisions = CollisionPolicy.FreeCode });
/// var ids = fit.Ids; // items 1..N
/// var cold = fit.Codec.Assign(newVectors); // items that were not there
/// </code>
/// </example>
public interface IQuantiser
{
    /// <summary>Method and sizes, for example <c>rq-kmeans 3x256</c>.</summary>
    string Method { get; }

    /// <summary>Learns codebooks, gives every item its codes, and does about shared codes what the options say.</summary>
    /// <param name="embeddings">One vector an item, row <c>i</c> for item <c>i + 1</c>.</param>
    /// <param name="options">Seed, collisions, which rows to learn from, where to compute.</param>
    /// <returns>Ids and what they were made with, owned by the caller.</returns>
    /// <exception cref="ArgumentException">
    /// There is no item, a number is not finite, a codebook has more codes than there are items to learn from, or sizes do
    /// not fit; the message names place and remedy.
    /// </exception>
    QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null);
}

/// <summary>How a quantiser is fitted, whatever its kind.</summary>
public sealed record FitOptions : RichRecord
{
    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>What to do about items that share all codes; the default is TIGER's extra code.</summary>
    public CollisionPolicy Collisions { get; init; } = CollisionPolicy.ExtraToken;

    /// <summary>
    /// Items (ids <c>1..N</c>) to learn from, for example those of the training part; the others are only assigned. Null learns
    /// from all.
    /// </summary>
    public IReadOnlyList<int>? LearnFrom { get; init; }

    /// <summary>
    /// Vectors of users' behaviour, one an item as the embeddings: SASRec's item vectors, for example. Read by RQ-VAE with
    /// <see cref="RqVaeOptions.Collaborative"/>.
    /// </summary>
    public EmbeddingMatrix? Collaborative { get; init; }

    /// <summary>
    /// A category of each item, <c>[N]</c>, negative where unknown: trained quantisers log how far their codes agree with it. Nothing
    /// is learned from it.
    /// </summary>
    public IReadOnlyList<int>? Categories { get; init; }

    /// <summary>Where trained quantisers compute; the CPU where null.</summary>
    public Device? Device { get; init; }

    /// <summary>Folder for checkpoints of trained quantisers, from which a stopped fit goes on; null keeps nothing.</summary>
    public string? Folder { get; init; }

    /// <summary>Told what happens: a level is done, a trainer's event.</summary>
    public IProgress<FitProgress>? Progress { get; init; }

    /// <summary>Stops the fit; trained quantisers write a checkpoint first.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>How far a fit is.</summary>
/// <param name="Done">Share of the work done, 0..1.</param>
/// <param name="Line">What happened, or null.</param>
/// <param name="Training">The trainer's event where there is one.</param>
public sealed record FitProgress(double Done, string? Line, Training.TrainingEvent? Training = null) : RichRecord;

/// <summary>A fitted quantiser: the ids, and what gives codes to further items.</summary>
/// <param name="Ids">The items' ids after the collision policy.</param>
/// <param name="Codec">Codebooks; assigns vectors that were not there.</param>
/// <param name="Collisions">What the policy found and did.</param>
/// <param name="Seconds">Time of the fit.</param>
public sealed record QuantiserFit(SemanticIdTable Ids, ICodec Codec, CollisionOutcome Collisions, double Seconds)
    : RichRecord,
        IDisposable
{
    /// <summary>The quantiser's own codes, before anything was done about those that items share.</summary>
    public required SemanticIdTable OwnIds { get; init; }

    /// <summary>What training came to; null for a quantiser that no trainer trains.</summary>
    public Training.TrainingResult? Training { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Codec.Dispose();
}

/// <summary>Codebooks that are ready: vectors to codes, and codes back to vectors.</summary>
public interface ICodec : IDisposable
{
    /// <summary>Columns of the vectors it takes.</summary>
    int Width { get; }

    /// <summary>Codes of each level.</summary>
    IReadOnlyList<int> CodebookSizes { get; }

    /// <summary>How the levels belong together.</summary>
    CodeStructure Structure { get; }

    /// <summary>Numbers that were learned.</summary>
    long Parameters { get; }

    /// <summary>Whether <see cref="Reconstruct"/> works: random and hash codes have no way back.</summary>
    bool CanReconstruct { get; }

    /// <summary>Whether <see cref="LastLevelCosts"/> works.</summary>
    bool HasCosts { get; }

    /// <summary>The codes of vectors, known or new, without any repair of collisions.</summary>
    /// <param name="vectors"><c>[n, Width]</c>.</param>
    /// <returns><c>[n * levels]</c>.</returns>
    /// <exception cref="ArgumentException">The width differs, or a number is not finite.</exception>
    int[] Assign(EmbeddingMatrix vectors);

    /// <summary>The vectors that codes stand for.</summary>
    /// <param name="codes"><c>[n * levels]</c>.</param>
    /// <returns><c>[n, Width]</c>.</returns>
    /// <exception cref="NotSupportedException"><see cref="CanReconstruct"/> is false.</exception>
    EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes);

    /// <summary>How badly each code of the last level fits vectors whose other codes are given: squared distances.</summary>
    /// <param name="vectors"><c>[n, Width]</c>.</param>
    /// <param name="codes"><c>[n * levels]</c>; the last code of each row is not read.</param>
    /// <returns><c>[n * codes of the last level]</c>, lower is better.</returns>
    /// <exception cref="NotSupportedException"><see cref="HasCosts"/> is false.</exception>
    float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes);
}
