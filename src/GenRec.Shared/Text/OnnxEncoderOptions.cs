using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.Text;

/// <summary>How the vectors of a text's tokens become one.</summary>
public enum TokenPooling
{
    /// <summary>Their mean, padding left out.</summary>
    Mean,

    /// <summary>The first token's vector (BERT's [CLS]).</summary>
    First,

    /// <summary>The largest value of each column, padding left out.</summary>
    Max,
}

/// <summary>What a sentence encoder's model card says besides the weights.</summary>
public sealed record OnnxEncoderOptions : RichRecord
{
    /// <summary>Short name, lower case with hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>The ONNX model; inputs <c>input_ids</c>, <c>attention_mask</c> and perhaps <c>token_type_ids</c>.</summary>
    public required string ModelPath { get; init; }

    /// <summary>
    /// The tokenizer: <c>vocab.txt</c> (WordPiece, as BERT and MiniLM) or a SentencePiece model such as <c>spiece.model</c>
    /// (T5).
    /// </summary>
    public required string TokenizerPath { get; init; }

    /// <summary>Most tokens of a text, special ones included; the rest is cut off.</summary>
    [Range(2, 65_536)]
    public int MaxTokens { get; init; } = 256;

    /// <summary>Lower-case before WordPiece.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>How token vectors become one.</summary>
    public TokenPooling Pooling { get; init; } = TokenPooling.Mean;

    /// <summary>Safetensors file with <c>linear.weight</c> (and perhaps <c>linear.bias</c>) behind the pooling, as sentence-T5 has; or null.</summary>
    public string? DensePath { get; init; }

    /// <summary>Scale vectors to length 1 in the end.</summary>
    public bool Normalise { get; init; } = true;

    /// <summary>Texts encoded at once.</summary>
    [Range(1, 65_536)]
    public int BatchSize { get; init; } = 32;

    /// <summary>Reads a folder in the layout of sentence-transformers.</summary>
    /// <remarks>
    /// <c>modules.json</c> names pooling, dense layer and normalisation; <c>sentence_bert_config.json</c> the longest input;
    /// <c>tokenizer_config.json</c> lower-casing. What is missing keeps this record's default. The model is <c>model.onnx</c> or
    /// <c>onnx/model.onnx</c>.
    /// </remarks>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">Model or tokenizer is missing; the message names what was looked for.</exception>
    /// <exception cref="DataFormatException">A file of the folder is broken, or asks for what is not supported.</exception>
    public static OnnxEncoderOptions FromFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        var modules = Json(folder, "modules.json")?.EnumerateArray().ToArray() ?? [];
        var dense = ModuleFolder(modules, "Dense");
        var input = Json(folder, "sentence_bert_config.json");
        return new OnnxEncoderOptions
        {
            Name = NameOf(folder),
            ModelPath = First(folder, "model.onnx", "onnx/model.onnx"),
            TokenizerPath = First(folder, "vocab.txt", "spiece.model", "tokenizer.model"),
            MaxTokens = input?.TryGetProperty("max_seq_length", out var most) == true ? most.GetInt32() : 256,
            LowerCase =
                Json(folder, "tokenizer_config.json") is not { } tokenizer
                || !tokenizer.TryGetProperty("do_lower_case", out var lower)
                || lower.ValueKind != JsonValueKind.False,
            Pooling = PoolingOf(folder, ModuleFolder(modules, "Pooling") ?? "1_Pooling"),
            DensePath = dense is null ? null : First(folder, $"{dense}/model.safetensors"),
            Normalise = modules.Length == 0 || ModuleFolder(modules, "Normalize") is not null,
        };
    }

    private static TokenPooling PoolingOf(string folder, string module)
    {
        if (Json(folder, $"{module}/config.json") is not { } config)
            return TokenPooling.Mean;
        var modes = config
            .EnumerateObject()
            .Where(option => option.Name.StartsWith("pooling_mode_", StringComparison.Ordinal))
            .Where(option => option.Value.ValueKind == JsonValueKind.True)
            .Select(option => option.Name["pooling_mode_".Length..])
            .ToArray();
        return modes switch
        {
            ["mean_tokens"] => TokenPooling.Mean,
            ["cls_token"] => TokenPooling.First,
            ["max_tokens"] => TokenPooling.Max,
            _ => throw new DataFormatException(
                Path.Combine(folder, module, "config.json"),
                $"Pooling '{string.Join(", ", modes)}' is not supported; need mean_tokens, cls_token or max_tokens alone."
            ),
        };
    }

    private static string? ModuleFolder(JsonElement[] modules, string kind)
    {
        foreach (var module in modules)
            if (module.GetProperty("type").GetString()!.EndsWith($".{kind}", StringComparison.Ordinal))
                return module.GetProperty("path").GetString();
        return null;
    }

    private static JsonElement? Json(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
            return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.Clone();
        }
        catch (JsonException wrong)
        {
            throw new DataFormatException(path, (wrong.LineNumber ?? 0) + 1, wrong.Message, wrong);
        }
    }

    private static string First(string folder, params string[] files)
    {
        var found = files.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
        return found
            ?? throw new FileNotFoundException(
                $"'{folder}' holds no {string.Join(" and no ", files)}. Export the model to ONNX, and put the tokenizer's file beside it."
            );
    }

    private static string NameOf(string folder)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))).ToLowerInvariant();
        return string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '-'));
    }
}
