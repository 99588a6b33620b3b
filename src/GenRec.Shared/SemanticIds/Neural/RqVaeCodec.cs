using System.Text.Json;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.SemanticIds.Clustering;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>A trained RQ-VAE that gives codes: encoder, codebooks and decoder, in float32 and without dropout.</summary>
public sealed class RqVaeCodec : RichObject, ICodec
{
    private const int BlockRows = 8192;
    private const string OptionsKey = "rqVaeOptions";
    private readonly RqVae model;
    private readonly ResidualCodebooks codebooks;
    private readonly bool ownsModel;

    /// <summary>Takes a model with its codebooks as they are now.</summary>
    /// <param name="model">A trained model.</param>
    /// <param name="ownsModel">Whether disposing the codec disposes the model.</param>
    public RqVaeCodec(RqVae model, bool ownsModel = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        (this.model, this.ownsModel) = (model, ownsModel);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        codebooks = new ResidualCodebooks([
            .. Enumerable
                .Range(0, model.Options.Levels)
                .Select(level => new EmbeddingMatrix(
                    model.Options.Codes,
                    model.Options.Latent,
                    NearestCodes.Floats(model.Codebook(level).detach().cpu().contiguous()).ToArray()
                )),
        ]);
    }

    /// <summary>The model.</summary>
    public RqVae Model => model;

    /// <inheritdoc/>
    public int Width => model.Width;

    /// <inheritdoc/>
    public IReadOnlyList<int> CodebookSizes => codebooks.CodebookSizes;

    /// <inheritdoc/>
    public CodeStructure Structure => CodeStructure.Residual;

    /// <inheritdoc/>
    public long Parameters => model.parameters().Sum(weight => weight.numel());

    /// <inheritdoc/>
    public bool CanReconstruct => true;

    /// <inheritdoc/>
    public bool HasCosts => true;

    /// <inheritdoc/>
    public int[] Assign(EmbeddingMatrix vectors)
    {
        FitSteps.RequireWidth(vectors, Width);
        var codes = new int[checked(vectors.Rows * CodebookSizes.Count)];
        for (var start = 0; start < vectors.Rows; start += BlockRows)
        {
            var size = Math.Min(BlockRows, vectors.Rows - start);
            using var block = NearestCodes.ToTensor(vectors.Values.Slice(start * Width, size * Width), size, Width);
            Assign(block).CopyTo(codes.AsSpan(start * CodebookSizes.Count));
        }
        return codes;
    }

    /// <summary>Assigns the rows of a tensor, <c>[n, Width]</c>, float32, on any device.</summary>
    internal int[] Assign(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        return codebooks.Assign(Latent(vectors));
    }

    /// <summary>The codes of the rows of a tensor, and what the levels leave of their latent vectors.</summary>
    /// <param name="vectors"><c>[n, Width]</c>, float32, on any device.</param>
    /// <returns>
    /// Codes, <c>[n * levels]</c>, and for each level the sum of squares of what it and those before leave, over that of the latent
    /// vectors' differences from their mean, <c>[levels]</c>.
    /// </returns>
    internal (int[] Codes, double[] Left) AssignAndMeasure(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        var latent = Latent(vectors); // [n, d]
        var codes = codebooks.Assign(latent);
        var values = NearestCodes.Floats(latent);
        var (width, levels) = (model.Options.Latent, CodebookSizes.Count);
        var (rest, sum, squares, left) = (new float[width], new double[width], 0.0, new double[levels]);
        var books = Enumerable.Range(0, levels).Select(codebooks.Codebook).ToArray();
        for (var row = 0; row * width < values.Length; row++)
        {
            values.Slice(row * width, width).CopyTo(rest);
            squares += NearestCodes.SquaredNorm(rest);
            for (var at = 0; at < width; at++)
                sum[at] += rest[at];
            for (var level = 0; level < levels; level++)
            {
                NearestCodes.Subtract(rest, books[level][codes[row * levels + level]]);
                left[level] += NearestCodes.SquaredNorm(rest);
            }
        }
        var spread = squares - sum.Sum(one => one * one) * width / values.Length;
        return (codes, [.. left.Select(one => spread > 0 ? one / spread : 0)]);
    }

    /// <inheritdoc/>
    public EmbeddingMatrix Reconstruct(ReadOnlySpan<int> codes)
    {
        using var scope = NewDisposeScope();
        var rebuilt = ReconstructTensor(codes).cpu().contiguous();
        return new EmbeddingMatrix(codes.Length / CodebookSizes.Count, Width, NearestCodes.Floats(rebuilt).ToArray());
    }

    /// <summary>The vectors that codes stand for, <c>[n, Width]</c>, on the model's device, owned by the caller.</summary>
    internal Tensor ReconstructTensor(ReadOnlySpan<int> codes)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        using var mode = new Evaluating(model);
        var sums = codebooks.Reconstruct(codes);
        var latent = NearestCodes.ToTensor(sums.Values, sums.Rows, sums.Columns).to(model.Codebook(0).device);
        return model.Decode(latent).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public float[] LastLevelCosts(EmbeddingMatrix vectors, ReadOnlySpan<int> codes)
    {
        FitSteps.RequireWidth(vectors, Width);
        using var scope = NewDisposeScope();
        var latent = Latent(NearestCodes.ToTensor(vectors.Values, vectors.Rows, Width));
        var rows = new EmbeddingMatrix(vectors.Rows, model.Options.Latent, NearestCodes.Floats(latent).ToArray());
        return codebooks.LastLevelCosts(rows, codes);
    }

    /// <summary>Writes weights and options into one safetensors file.</summary>
    public void Save(string path) =>
        Safetensors.Save(
            path,
            model,
            new Dictionary<string, string> { [OptionsKey] = JsonSerializer.Serialize(model.Options) }
        );

    /// <summary>Reads what <see cref="Save"/> wrote, onto the CPU.</summary>
    /// <exception cref="InvalidDataException">The file is no such file.</exception>
    public static RqVaeCodec Load(string path)
    {
        var header = Safetensors.ReadHeader(path);
        if (
            !header.Metadata.TryGetValue(OptionsKey, out var text)
            || !header.Entries.TryGetValue("encoder.0.weight", out var first)
        )
            throw new InvalidDataException($"{path} holds no RQ-VAE: its metadata has no '{OptionsKey}'.");
        var options =
            JsonSerializer.Deserialize<RqVaeOptions>(text)
            ?? throw new InvalidDataException($"{path}: '{OptionsKey}' is null.");
        var model = new RqVae((int)first.Shape[1], options);
        Safetensors.LoadInto(path, model);
        model.eval();
        return new RqVaeCodec(model);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        codebooks.Dispose();
        if (ownsModel)
            model.Dispose();
    }

    private Tensor Latent(Tensor vectors)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        using var mode = new Evaluating(model);
        var block = RqVaeCare.Latent(model, vectors.to(model.Codebook(0).device));
        return block.cpu().contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Evaluation mode, and back.</summary>
    private readonly struct Evaluating : IDisposable
    {
        private readonly RqVae model;
        private readonly bool wasTraining;

        public Evaluating(RqVae model)
        {
            (this.model, wasTraining) = (model, model.training);
            model.eval();
        }

        public void Dispose() => model.train(wasTraining);
    }
}
