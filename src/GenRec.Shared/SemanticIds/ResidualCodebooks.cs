using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.SemanticIds.Clustering;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds;

/// <summary>One codebook a level, each for what the levels before left over.</summary>
/// <remarks>
/// <c>r_0 = x; c_l = argmin_k |r_l - e_k^l|^2; r_(l+1) = r_l - e_(c_l)</c>, as in RQ-VAE (Lee et al., CVPR 2022) and residual
/// k-means.
/// </remarks>
public sealed class ResidualCodebooks : RichObject, ICodec
{
    private const int BlockRows = 4096; // residuals of a block stay in cache from level to level
    private const int BlockValues = 1 << 15; // the same for one thread: 128 KiB of float32
    private readonly Tensor[] codebooks;
    private readonly PackedCodes[] packed; // none where they are not fast
    private readonly bool normalises;

    /// <summary>Wraps codebooks.</summary>
    /// <param name="codebooks">One for each level, <c>[codes, width]</c>.</param>
    /// <param name="normaliseResiduals">Scale each residual to length 1 before the next level, as GRID does.</param>
    /// <exception cref="ArgumentException">There is no level, or the widths differ.</exception>
    public ResidualCodebooks(IReadOnlyList<EmbeddingMatrix> codebooks, bool normaliseResiduals = false)
    {
        ArgumentNullException.ThrowIfNull(codebooks);
        if (codebooks.Count == 0)
            throw new ArgumentException("There is no codebook.", nameof(codebooks));
        if (codebooks.FirstOrDefault(book => book.Columns != codebooks[0].Columns) is { } other)
            throw new ArgumentException(
                $"One codebook has {codebooks[0].Columns} columns, another {other.Columns}.",
                nameof(codebooks)
            );
        (Width, normalises) = (codebooks[0].Columns, normaliseResiduals);
        CodebookSizes = [.. codebooks.Select(book => book.Rows)];
        this.codebooks =
        [
            .. codebooks.Select(book =>
                NearestCodes.ToTensor(book.Values, book.Rows, book.Columns).DetachFromDisposeScope()
            ),
        ];
        packed = PackedCodes.IsFast ? [.. codebooks.Select(book => new PackedCodes(book.Values, Width))] : [];
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int> CodebookSizes { get; }

    /// <inheritdoc/>
    public CodeStructure Structure => CodeStructure.Residual;

    /// <inheritdoc/>
    public long Parameters => codebooks.Sum(book => book.numel());

    /// <inheritdoc/>
    public bool CanReconstruct => !normalises;

    /// <inheritdoc/>
    public bool HasCosts => true;

    /// <summary>The codebook of a level, <c>[codes, width]</c>; a copy.</summary>
    /// <param name="level">0-based.</param>
    public EmbeddingMatrix Codebook(int level) =>
        new(CodebookSizes[level], Width, NearestCodes.Floats(codebooks[level]).ToArray());

    /// <inheritdoc/>
    public int[] Assign(EmbeddingMatrix vectors)
    {
        FitSteps.RequireWidth(vectors, Width);
        var codes = new int[checked(vectors.Rows * codebooks.Length)];
        if (packed.Length > 0)
        {
            NearestCodes.InRanges(
                vectors.Rows,
                packed.Sum(book => (long)book.Products),
                (start, size) =>
                    WalkInRegisters(
                        vectors.Values.Slice(start * Width, size * Width),
                        codes.AsSpan(start * packed.Length, size * packed.Length)
                    )
            );
            return codes;
        }
        for (var start = 0; start < vectors.Rows; start += BlockRows)
        {
            var size = Math.Min(BlockRows, vectors.Rows - start);
            using var residual = NearestCodes.ToTensor(vectors.Values.Slice(start * Width, size * Width), size, Width);
            Walk(residual, codes.AsSpan(start * codebooks.Length, size * codebooks.Length), codebooks.Length);
        }
        return codes;
    }

    /// <summary>Assigns the rows of a CPU tensor, <c>[n, width]</c>, float32; it is left as it is.</summary>
    internal int[] Assign(Tensor vectors)
    {
        using var none = no_grad();
        var rows = (int)vectors.shape[0];
        var codes = new int[checked(rows * codebooks.Length)];
        if (packed.Length > 0)
            return AssignInRegisters(vectors, rows, codes);
        for (var start = 0; start < rows; start += BlockRows)
        {
            var size = Math.Min(BlockRows, rows - start);
            using var part = vectors.narrow(0, start, size);
            using var residual = part.clone();
            Walk(residual, codes.AsSpan(start * codebooks.Length, size * codebooks.Length), codebooks.Length);
        }
        return codes;
    }

    /// <inheritdoc/>
    public EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes)
    {
        if (!CanReconstruct)
            throw new NotSupportedException("Residuals were scaled to length 1: the way back is lost.");
        var rows = codes.Length / codebooks.Length;
        var sums = new float[rows * Width];
        for (var level = 0; level < codebooks.Length; level++)
        {
            var book = NearestCodes.Floats(codebooks[level]);
            for (var row = 0; row < rows; row++)
                NearestCodes.Add(
                    sums.AsSpan(row * Width, Width),
                    book.Slice(codes[row * codebooks.Length + level] * Width, Width)
                );
        }
        return new EmbeddingMatrix(rows, Width, sums);
    }

    /// <inheritdoc/>
    public float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes)
    {
        FitSteps.RequireWidth(vectors, Width);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var last = codebooks.Length - 1;
        var residual = NearestCodes.ToTensor(vectors.Values, vectors.Rows, Width);
        var values = NearestCodes.Floats(residual);
        for (var level = 0; level < last; level++)
        {
            var book = NearestCodes.Floats(codebooks[level]);
            for (var row = 0; row < vectors.Rows; row++)
                Step(values.Slice(row * Width, Width), book, codes[row * codebooks.Length + level]);
        }
        return NearestCodes.Floats(cdist(residual, codebooks[last]).square().contiguous()).ToArray();
    }

    /// <summary>Writes the codebooks as <c>codebook.1</c>, <c>codebook.2</c> ... that Python reads too.</summary>
    public void Save(string path) =>
        Safetensors.Save(
            path,
            codebooks.Select((book, level) => KeyValuePair.Create($"codebook.{level + 1}", book)),
            new Dictionary<string, string> { ["normaliseResiduals"] = normalises ? "true" : "false" }
        );

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file is no such file.</exception>
    public static ResidualCodebooks Load(string path)
    {
        using var scope = NewDisposeScope();
        var tensors = Safetensors.Load(path);
        var books = new List<EmbeddingMatrix>();
        while (tensors.TryGetValue($"codebook.{books.Count + 1}", out var book) && book.dim() == 2)
            books.Add(new EmbeddingMatrix((int)book.shape[0], (int)book.shape[1], NearestCodes.Floats(book).ToArray()));
        if (books.Count == 0 || books.Count != tensors.Count)
            throw new InvalidDataException(
                $"{path} holds {string.Join(", ", tensors.Keys)}; need codebook.1, codebook.2 ... and nothing else."
            );
        var metadata = Safetensors.ReadHeader(path).Metadata;
        return new ResidualCodebooks(books, metadata.GetValueOrDefault("normaliseResiduals") == "true");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var book in codebooks)
            book.Dispose();
    }

    /// <summary>All levels of one block; the residual is used up.</summary>
    private void Walk(Tensor residual, Span<int> codes, int levels)
    {
        var rows = (int)residual.shape[0];
        var nearest = new int[rows];
        var values = NearestCodes.Floats(residual);
        for (var level = 0; level < levels; level++)
        {
            NearestCodes.Assign(residual, codebooks[level], nearest, []);
            var book = NearestCodes.Floats(codebooks[level]);
            for (var row = 0; row < rows; row++)
            {
                codes[row * levels + level] = nearest[row];
                if (level < levels - 1)
                    Step(values.Slice(row * Width, Width), book, nearest[row]);
            }
        }
    }

    private unsafe int[] AssignInRegisters(Tensor vectors, int rows, int[] codes)
    {
        using var rowAfterRow = vectors.contiguous();
        fixed (byte* from = rowAfterRow.bytes)
        {
            var values = (nint)from; // a lambda may not capture the pinned pointer
            NearestCodes.InRanges(
                rows,
                packed.Sum(book => (long)book.Products),
                (start, size) =>
                    WalkInRegisters(
                        new ReadOnlySpan<float>((float*)values + (long)start * Width, size * Width),
                        codes.AsSpan(start * packed.Length, size * packed.Length)
                    )
            );
        }
        return codes;
    }

    /// <summary>All levels of some rows, block after block, on this thread.</summary>
    private void WalkInRegisters(ReadOnlySpan<float> rows, Span<int> codes)
    {
        var (count, levels) = (rows.Length / Width, packed.Length);
        var block = Math.Clamp(BlockValues / Width / PackedCodes.TileRows, 1, 170) * PackedCodes.TileRows;
        var residuals = new float[block * Width];
        var nearest = new int[block];
        for (var start = 0; start < count; start += block)
        {
            var size = Math.Min(block, count - start);
            var residual = residuals.AsSpan(0, size * Width);
            rows.Slice(start * Width, size * Width).CopyTo(residual);
            for (var level = 0; level < levels; level++)
            {
                packed[level].Search(residual, nearest.AsSpan(0, size), []);
                var book = NearestCodes.Floats(codebooks[level]);
                for (var row = 0; row < size; row++)
                {
                    codes[(start + row) * levels + level] = nearest[row];
                    if (level < levels - 1)
                        Step(residual.Slice(row * Width, Width), book, nearest[row]);
                }
            }
        }
    }

    private void Step(Span<float> residual, ReadOnlySpan<float> book, int code)
    {
        NearestCodes.Subtract(residual, book.Slice(code * Width, Width));
        if (normalises)
            ScaleToLengthOne(residual);
    }

    internal static void ScaleToLengthOne(Span<float> row)
    {
        var norm = MathF.Sqrt(NearestCodes.SquaredNorm(row));
        if (norm > 1e-12f)
            for (var i = 0; i < row.Length; i++)
                row[i] /= norm;
    }
}
