using System.Security.Cryptography;
using GenRec.Shared.Data.Downloads;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace GenRec.Shared.Text;

/// <summary>A sentence encoder in ONNX form (MiniLM, sentence-T5 and their like).</summary>
/// <example>
/// <code>
/// using var downloader = new Downloader();
/// using var encoder = await OnnxTextEncoder.FetchMiniLmAsync(downloader);
/// var vectors = new EmbeddingCache().Encode(encoder, TextTemplate.Tiger.TextsOf(items));
/// </code>
/// </example>
public sealed class OnnxTextEncoder : RichObject, ITextEncoder, IDisposable
{
    private const string MiniLm = "all-minilm-l6-v2";
    private static readonly string[] Known = ["input_ids", "attention_mask", "token_type_ids"];
    private readonly OnnxEncoderOptions options;
    private readonly InferenceSession session;
    private readonly TextTokenizer tokenizer;
    private readonly string output;
    private readonly bool isPooled;
    private readonly (Tensor Weight, Tensor? Bias)? dense;

    /// <summary>Loads model and tokenizer.</summary>
    /// <param name="options">Paths, and what the model card says.</param>
    /// <param name="threads">Threads of an operator; torch's number where null.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="DataFormatException">A file is damaged, or the model has inputs or outputs of another kind.</exception>
    public OnnxTextEncoder(OnnxEncoderOptions options, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionRanges.Check(options);
        foreach (var path in new[] { options.ModelPath, options.TokenizerPath, options.DensePath })
            if (path is not null && !File.Exists(path))
                throw new FileNotFoundException($"The encoder's file '{path}' is not there.", path);
        this.options = options;
        tokenizer = TextTokenizer.Read(options.TokenizerPath, options.LowerCase);
        dense = options.DensePath is null ? null : ReadDense(options.DensePath);
        try
        {
            using var settings = new SessionOptions { IntraOpNumThreads = threads ?? get_num_threads() };
            session = new InferenceSession(options.ModelPath, settings);
        }
        catch (OnnxRuntimeException wrong)
        {
            throw new DataFormatException(options.ModelPath, $"The model cannot be loaded: {wrong.Message}", wrong);
        }
        (output, isPooled) = OutputOf(session, options.ModelPath);
        Fingerprint =
            $"onnx 1 {HashOf(options.ModelPath)} {HashOf(options.TokenizerPath)} "
            + $"{(options.DensePath is null ? "" : HashOf(options.DensePath))} {options.MaxTokens} {options.LowerCase} "
            + $"{options.Pooling} {options.Normalise}";
    }

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Fetches all-MiniLM-L6-v2 through the download catalogue, with its checksums, and loads it.</summary>
    /// <remarks>384 columns, at most 256 tokens, mean pooling, length 1: sentence-transformers/all-MiniLM-L6-v2, model card.</remarks>
    /// <exception cref="DownloadException">It could not be had; the message says how to put it in place by hand.</exception>
    public static async Task<OnnxTextEncoder> FetchMiniLmAsync(
        Downloader downloader,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(downloader);
        var files = new Dictionary<string, string>();
        foreach (var source in DownloadCatalogue.Load().Find(MiniLm))
            files[source.File] = (await downloader.FetchAsync(source, cancel).ConfigureAwait(false)).Path;
        return new OnnxTextEncoder(
            new OnnxEncoderOptions
            {
                Name = MiniLm,
                ModelPath = files["model.onnx"],
                TokenizerPath = files["vocab.txt"],
            }
        );
    }

    /// <summary>Encodes texts, those of like length together.</summary>
    /// <inheritdoc/>
    public EmbeddingMatrix Encode(
        IReadOnlyList<string> texts,
        IProgress<double>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0)
            throw new ArgumentException("There is no text to encode.", nameof(texts));
        var tokens = texts.Select(text => tokenizer.Encode(text, options.MaxTokens)).ToArray();
        var order = Enumerable.Range(0, texts.Count).OrderBy(at => tokens[at].Count).ToArray(); // little padding
        var (values, width) = (Array.Empty<float>(), 0);
        for (var start = 0; start < order.Length; start += options.BatchSize)
        {
            cancel.ThrowIfCancellationRequested();
            var batch = order[start..Math.Min(order.Length, start + options.BatchSize)];
            using var scope = NewDisposeScope();
            var vectors = Finish(Run([.. batch.Select(at => tokens[at])])); // [B, D]
            if (width == 0)
                (width, values) = ((int)vectors.shape[1], new float[texts.Count * vectors.shape[1]]);
            var rows = vectors.data<float>().ToArray();
            for (var at = 0; at < batch.Length; at++)
                rows.AsSpan(at * width, width).CopyTo(values.AsSpan(batch[at] * width));
            progress?.Report((start + batch.Length) / (double)order.Length);
        }
        return new EmbeddingMatrix(texts.Count, width, values);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        session.Dispose();
        dense?.Weight.Dispose();
        dense?.Bias?.Dispose();
    }

    /// <summary>Runs the network on one batch and pools, <c>[B, D]</c>.</summary>
    private Tensor Run(IReadOnlyList<int>[] batch)
    {
        var (rows, longest) = (batch.Length, Math.Max(1, batch.Max(tokens => tokens.Count)));
        var (ids, mask, types) = (new long[rows * longest], new long[rows * longest], new long[rows * longest]);
        Array.Fill(ids, tokenizer.Padding);
        for (var row = 0; row < rows; row++)
        for (var at = 0; at < batch[row].Count; at++)
            (ids[row * longest + at], mask[row * longest + at]) = (batch[row][at], 1);
        var given = new Dictionary<string, OrtValue>();
        long[] shape = [rows, longest];
        foreach (var name in session.InputNames)
            given[name] = OrtValue.CreateTensorValueFromMemory(
                name == Known[0] ? ids
                    : name == Known[1] ? mask
                    : types,
                shape
            );
        try
        {
            using var run = new RunOptions();
            using var results = session.Run(run, given, [output]);
            var found = results[0].GetTensorDataAsSpan<float>().ToArray();
            if (isPooled)
                return tensor(found, rows, found.Length / rows);
            var states = tensor(found, rows, longest, found.Length / rows / longest); // [B, L, D]
            return Pool(states, tensor(mask, rows, longest).to(ScalarType.Float32).unsqueeze(2));
        }
        finally
        {
            foreach (var value in given.Values)
                value.Dispose();
        }
    }

    private Tensor Pool(Tensor states, Tensor real) =>
        options.Pooling switch
        {
            TokenPooling.First => states[.., 0],
            TokenPooling.Max => states.masked_fill(real == 0, float.NegativeInfinity).max(1).values,
            _ => (states * real).sum(1) / real.sum(1).clamp_min(1e-9f),
        };

    private Tensor Finish(Tensor vectors)
    {
        using var none = no_grad();
        if (dense is { } layer)
            vectors = nn.functional.linear(vectors, layer.Weight, layer.Bias);
        if (options.Normalise)
            vectors = vectors / vectors.square().sum(1, keepdim: true).sqrt().clamp_min(1e-12f);
        return vectors.contiguous();
    }

    private static (string Name, bool IsPooled) OutputOf(InferenceSession session, string path)
    {
        if (session.InputNames.FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
            throw new DataFormatException(
                path,
                $"The model has an input '{unknown}'; a sentence encoder has {string.Join(", ", Known)}."
            );
        foreach (var wanted in new[] { 3, 2 }) // token vectors, or sentence vectors that are pooled already
        foreach (var (name, about) in session.OutputMetadata)
            if (about.Dimensions.Length == wanted && about.ElementType == typeof(float))
                return (name, wanted == 2);
        throw new DataFormatException(path, "The model has no output of float32 vectors, [B, L, D] or [B, D].");
    }

    private static (Tensor Weight, Tensor? Bias) ReadDense(string path)
    {
        using var scope = NewDisposeScope();
        var tensors = Safetensors.Load(path);
        if (!tensors.TryGetValue("linear.weight", out var weight))
            throw new DataFormatException(
                path,
                $"It has no 'linear.weight'; it holds {string.Join(", ", tensors.Keys)}."
            );
        return (
            weight.to(ScalarType.Float32).DetachFromDisposeScope(),
            tensors.GetValueOrDefault("linear.bias")?.to(ScalarType.Float32).DetachFromDisposeScope()
        );
    }

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file))[..24];
    }
}
