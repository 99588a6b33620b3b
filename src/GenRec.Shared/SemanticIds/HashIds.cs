using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Runtime.InteropServices;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds;

/// <summary>Sizes of locality-sensitive hashing.</summary>
public sealed record LshOptions : RichRecord
{
    /// <summary>Codes of an id.</summary>
    [Range(1, 64)]
    public int Levels { get; init; } = 4;

    /// <summary>h, hyperplanes of a code, which has <c>2^h</c> values.</summary>
    [Range(1, 20)]
    public int Bits { get; init; } = 8; // TIGER's ablation: 8 hyperplanes a code
}

/// <summary>Random hyperplanes: each bit of a code says on which side of one the vector lies.</summary>
/// <remarks>
/// TIGER's comparison with RQ-VAE (arXiv:2305.05065, Table 2). The planes pass through the mean of the vectors instead of the
/// origin: sentence vectors share a large direction, and planes through the origin would leave most codes unused.
/// </remarks>
public sealed class LshQuantiser : RichObject, IQuantiser
{
    private readonly LshOptions options;

    /// <summary>Takes the sizes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public LshQuantiser(LshOptions? options = null)
    {
        this.options = options ?? new LshOptions();
        OptionRanges.Check(this.options);
    }

    /// <inheritdoc/>
    public string Method => $"lsh {options.Levels}x{1 << options.Bits}";

    /// <inheritdoc/>
    public QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null)
    {
        var (clock, fitting) = (Stopwatch.StartNew(), options ?? new FitOptions());
        var learned = FitSteps.Check(embeddings, 0, fitting);
        var codec = new LshCodec(this.options, learned, new CounterRandom((ulong)fitting.Seed).Fork("hyperplanes"));
        return FitSteps.Finish(this, embeddings, fitting, codec, codec.Assign(embeddings), clock);
    }

    private sealed class LshCodec : ICodec
    {
        private readonly LshOptions options;
        private readonly Tensor mean; // [1, D]
        private readonly Tensor planes; // [D, levels * bits]

        public LshCodec(LshOptions options, EmbeddingMatrix learned, CounterRandom random)
        {
            using var scope = NewDisposeScope();
            (this.options, Width) = (options, learned.Columns);
            var normals = new float[learned.Columns * options.Levels * options.Bits];
            for (var at = 0; at < normals.Length; at++)
                normals[at] = (float)random.At(0, at).Normal;
            planes = NearestCodes
                .ToTensor(normals, learned.Columns, options.Levels * options.Bits)
                .DetachFromDisposeScope();
            mean = NearestCodes
                .ToTensor(learned.Values, learned.Rows, learned.Columns)
                .mean([0L], keepdim: true)
                .DetachFromDisposeScope();
        }

        public int Width { get; }

        public IReadOnlyList<int> CodebookSizes => [.. Enumerable.Repeat(1 << options.Bits, options.Levels)];

        public CodeStructure Structure => CodeStructure.Product;

        public long Parameters => 0;

        public bool CanReconstruct => false;

        public bool HasCosts => false;

        public int[] Assign(EmbeddingMatrix vectors)
        {
            FitSteps.RequireWidth(vectors, Width);
            using var none = no_grad();
            using var scope = NewDisposeScope();
            var sides = (NearestCodes.ToTensor(vectors.Values, vectors.Rows, Width) - mean).mm(planes).contiguous();
            var values = NearestCodes.Floats(sides); // [n, levels * bits]
            var codes = new int[vectors.Rows * options.Levels];
            for (var at = 0; at < values.Length; at++)
                if (values[at] > 0)
                    codes[at / options.Bits] |= 1 << (at % options.Bits);
            return codes;
        }

        public EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes) =>
            throw new NotSupportedException("Hash codes have no way back to vectors.");

        public float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes) =>
            throw new NotSupportedException("Hash codes have no next best code.");

        public void Dispose()
        {
            mean.Dispose();
            planes.Dispose();
        }
    }
}

/// <summary>Codes that know nothing of the items: the control of TIGER's Table 2.</summary>
/// <param name="levels">Codes of an id.</param>
/// <param name="codes">Codes of each level.</param>
public sealed class RandomIds(int levels = 3, int codes = 256) : RichObject, IQuantiser
{
    /// <inheritdoc/>
    public string Method => $"random {levels}x{codes}";

    /// <inheritdoc/>
    public QuantiserFit Fit(EmbeddingMatrix embeddings, FitOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(codes, 1);
        var (clock, fitting) = (Stopwatch.StartNew(), options ?? new FitOptions());
        FitSteps.Check(embeddings, 0, fitting);
        var random = new CounterRandom((ulong)fitting.Seed).Fork("random ids");
        var drawn = new int[embeddings.Rows * levels];
        for (var at = 0; at < drawn.Length; at++)
            drawn[at] = random.At(1, at).Below(codes);
        var codec = new RandomCodec(embeddings.Columns, levels, codes, random);
        return FitSteps.Finish(this, embeddings, fitting, codec, drawn, clock);
    }

    /// <summary>A vector that was not there gets codes from a hash of its numbers.</summary>
    private sealed class RandomCodec(int width, int levels, int codes, CounterRandom random) : ICodec
    {
        public int Width => width;

        public IReadOnlyList<int> CodebookSizes => [.. Enumerable.Repeat(codes, levels)];

        public CodeStructure Structure => CodeStructure.Product;

        public long Parameters => 0;

        public bool CanReconstruct => false;

        public bool HasCosts => false;

        public int[] Assign(EmbeddingMatrix vectors)
        {
            FitSteps.RequireWidth(vectors, width);
            var drawn = new int[vectors.Rows * levels];
            for (var row = 0; row < vectors.Rows; row++)
            {
                var hash = 14695981039346656037ul; // FNV-1a, 64 bits
                foreach (var octet in MemoryMarshal.AsBytes(vectors[row]))
                    hash = (hash ^ octet) * 1099511628211ul;
                for (var level = 0; level < levels; level++)
                    drawn[row * levels + level] = random.At(hash | 2, (ulong)level).Below(codes);
            }
            return drawn;
        }

        public EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes) =>
            throw new NotSupportedException("Random codes have no way back to vectors.");

        public float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes) =>
            throw new NotSupportedException("Random codes have no next best code.");

        public void Dispose() { }
    }
}
