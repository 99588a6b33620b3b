using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds;

/// <summary>Sizes and variants of product quantisation.</summary>
public sealed record ProductQuantiserOptions : RichRecord
{
    /// <summary>m, parts of a vector and codes of an id; divides the vectors' width.</summary>
    [Range(1, 4096)]
    public int Parts { get; init; } = 32; // RPG, arXiv:2506.05781

    /// <summary>Codes of each part.</summary>
    [Range(2, 1_000_000)]
    public int Codes { get; init; } = 256; // RPG

    /// <summary>Rounds of learning the rotation; 0 cuts the vectors up as they are (plain PQ).</summary>
    [Range(0, 10_000)]
    public int Rotations { get; init; } = 20;

    /// <summary>How each part is clustered in the end.</summary>
    public KMeansOptions Clustering { get; init; } = new();
}

/// <summary>Optimised product quantisation: a learned rotation, then a codebook of its own for each part of the vector.</summary>
/// <remarks>
/// Ge, He, Ke and Sun, "Optimized Product Quantization", CVPR 2013: starts from principal directions dealt out so that all parts
/// have about the same product of variances, then alternates codebooks and the rotation that fits them best (Procrustes: for
/// <c>X^T Yhat = U S V^T</c> it is <c>U V^T</c>). RPG (arXiv:2506.05781) makes its unordered ids so.
/// </remarks>
public sealed class ProductQuantiser : RichObject, IQuantiser
{
    private readonly ProductQuantiserOptions options;

    /// <summary>Takes sizes and variants.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public ProductQuantiser(ProductQuantiserOptions? options = null)
    {
        this.options = options ?? new ProductQuantiserOptions();
        OptionRanges.Check(this.options);
    }

    /// <inheritdoc/>
    public string Method => $"{(options.Rotations > 0 ? "opq" : "pq")} {options.Parts}x{options.Codes}";

    /// <inheritdoc/>
    public QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null)
    {
        var (clock, fitting) = (Stopwatch.StartNew(), options ?? new FitOptions());
        var learned = FitSteps.Check(embeddings, this.options.Codes, fitting);
        if (embeddings.Columns % this.options.Parts != 0)
            throw new ArgumentException(
                $"Vectors of {embeddings.Columns} columns cannot be cut into {this.options.Parts} equal parts; choose a divisor, or "
                    + "reduce the vectors first (EmbeddingSteps.Whiten).",
                nameof(embeddings)
            );
        var codec = Learn(learned, fitting);
        return FitSteps.Finish(this, embeddings, fitting, codec, codec.Assign(embeddings), clock);
    }

    private ProductCodec Learn(EmbeddingMatrix learned, FitOptions fitting)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var random = new CounterRandom((ulong)fitting.Seed).Fork("product quantiser");
        var (parts, width) = (options.Parts, learned.Columns / options.Parts);
        var x = NearestCodes.ToTensor(learned.Values, learned.Rows, learned.Columns); // [n, D]
        var rotation = options.Rotations == 0 ? eye(learned.Columns) : Start(x, parts);
        var books = new Tensor[parts];
        for (var round = 0; round < options.Rotations; round++)
        {
            fitting.Cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var turned = x.mm(rotation); // [n, D]
            var rebuilt = empty_like(turned);
            for (var part = 0; part < parts; part++)
            {
                var own = turned.narrow(1, part * width, width).contiguous(); // [n, D/m]
                books[part] = round == 0 ? First(own, random.Fork($"part {part}")) : books[part];
                rebuilt.narrow(1, part * width, width).copy_(Improve(own, books[part]));
            }
            var (u, _, vh) = linalg.svd(x.t().mm(rebuilt), fullMatrices: false);
            rotation = u.mm(vh).MoveToOuterDisposeScope();
            for (var part = 0; part < parts && round == 0; part++)
                books[part] = books[part].MoveToOuterDisposeScope();
            fitting.Progress?.Report(new FitProgress((round + 1.0) / (options.Rotations + 1), null));
        }
        var final = x.mm(rotation);
        var codebooks = new EmbeddingMatrix[parts];
        for (var part = 0; part < parts; part++)
        {
            using var own = final.narrow(1, part * width, width).contiguous();
            codebooks[part] = KMeans.Fit(own, options.Codes, random.Fork($"part {part}"), options.Clustering).Centres;
        }
        return new ProductCodec(rotation, codebooks);
    }

    private Tensor First(Tensor own, CounterRandom random)
    {
        var centres = KMeans.Fit(own, options.Codes, random, options.Clustering with { Rounds = 1 }).Centres;
        return NearestCodes.ToTensor(centres.Values, centres.Rows, centres.Columns);
    }

    /// <summary>One round of k-means on a part; the centres change in place. Returns each row's centre.</summary>
    private static Tensor Improve(Tensor own, Tensor centres)
    {
        var (rows, width) = ((int)own.shape[0], (int)own.shape[1]);
        var (labels, distances) = (new int[rows], new float[rows]);
        NearestCodes.Assign(own, centres, labels, distances);
        KMeans.Average(
            NearestCodes.Floats(own),
            labels,
            distances,
            NearestCodes.Floats(centres),
            width,
            (int)centres.shape[0]
        );
        return centres.index_select(0, tensor(Array.ConvertAll(labels, label => (long)label)));
    }

    /// <summary>Principal directions, the next strongest always to the part whose variances have the smallest product so far.</summary>
    private static Tensor Start(Tensor x, int parts)
    {
        var centred = x - x.mean([0L], keepdim: true);
        var (values, vectors) = linalg.eigh(centred.t().mm(centred).div((float)x.shape[0])); // ascending
        var (logs, directions) = (NearestCodes.Floats(values.log().contiguous()).ToArray(), (int)x.shape[1]);
        var (weight, members) = (new double[parts], Enumerable.Range(0, parts).Select(_ => new List<long>()).ToArray());
        for (var direction = directions - 1; direction >= 0; direction--)
        {
            var part = Enumerable
                .Range(0, parts)
                .Where(part => members[part].Count < directions / parts)
                .MinBy(part => weight[part]);
            members[part].Add(direction);
            weight[part] += float.IsFinite(logs[direction]) ? logs[direction] + 50 : 0; // above 0, so that fuller parts wait
        }
        return vectors.index_select(1, tensor(members.SelectMany(part => part).ToArray())).contiguous();
    }
}

/// <summary>A rotation and a codebook for each part of the rotated vector.</summary>
public sealed class ProductCodec : RichObject, ICodec
{
    private const int BlockRows = 8192;
    private readonly Tensor rotation; // [D, D], orthogonal
    private readonly Tensor[] codebooks; // [K, D/m] each

    internal ProductCodec(Tensor rotation, IReadOnlyList<EmbeddingMatrix> codebooks)
    {
        this.rotation = rotation.clone().DetachFromDisposeScope();
        this.codebooks =
        [
            .. codebooks.Select(book =>
                NearestCodes.ToTensor(book.Values, book.Rows, book.Columns).DetachFromDisposeScope()
            ),
        ];
        CodebookSizes = [.. codebooks.Select(book => book.Rows)];
    }

    /// <inheritdoc/>
    public int Width => (int)rotation.shape[0];

    /// <inheritdoc/>
    public IReadOnlyList<int> CodebookSizes { get; }

    /// <inheritdoc/>
    public CodeStructure Structure => CodeStructure.Product;

    /// <inheritdoc/>
    public long Parameters => rotation.numel() + codebooks.Sum(book => book.numel());

    /// <inheritdoc/>
    public bool CanReconstruct => true;

    /// <inheritdoc/>
    public bool HasCosts => true;

    /// <inheritdoc/>
    public int[] Assign(EmbeddingMatrix vectors)
    {
        FitSteps.RequireWidth(vectors, Width);
        using var none = no_grad();
        var (parts, part) = (codebooks.Length, Width / codebooks.Length);
        var codes = new int[checked(vectors.Rows * parts)];
        for (var start = 0; start < vectors.Rows; start += BlockRows)
        {
            using var scope = NewDisposeScope();
            var size = Math.Min(BlockRows, vectors.Rows - start);
            var turned = NearestCodes
                .ToTensor(vectors.Values.Slice(start * Width, size * Width), size, Width)
                .mm(rotation);
            var nearest = new int[size];
            for (var at = 0; at < parts; at++)
            {
                using var own = turned.narrow(1, at * part, part).contiguous();
                NearestCodes.Assign(own, codebooks[at], nearest, []);
                for (var row = 0; row < size; row++)
                    codes[(start + row) * parts + at] = nearest[row];
            }
        }
        return codes;
    }

    /// <inheritdoc/>
    public EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (parts, part) = (codebooks.Length, Width / codebooks.Length);
        var rows = codes.Length / parts;
        var turned = empty(rows, Width, dtype: ScalarType.Float32);
        var values = NearestCodes.Floats(turned);
        for (var at = 0; at < parts; at++)
        {
            var book = NearestCodes.Floats(codebooks[at]);
            for (var row = 0; row < rows; row++)
                book.Slice(codes[row * parts + at] * part, part).CopyTo(values[(row * Width + at * part)..]);
        }
        var rebuilt = turned.mm(rotation.t()).contiguous();
        return new EmbeddingMatrix(rows, Width, NearestCodes.Floats(rebuilt).ToArray());
    }

    /// <inheritdoc/>
    public float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes)
    {
        FitSteps.RequireWidth(vectors, Width);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var part = Width / codebooks.Length;
        var turned = NearestCodes.ToTensor(vectors.Values, vectors.Rows, Width).mm(rotation);
        var last = turned.narrow(1, Width - part, part).contiguous();
        return NearestCodes.Floats(cdist(last, codebooks[^1]).square().contiguous()).ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        rotation.Dispose();
        foreach (var book in codebooks)
            book.Dispose();
    }
}
