using GenRec.Shared.Data.Downloads;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Tests.Data;
using GenRec.Shared.Text;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Text;

public sealed class OnnxTextEncoderTests : IDisposable
{
    private const int Width = 3;
    private static readonly string[] Words =
    [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "red",
        "pan",
        "##s",
        "blue",
    ];
    private static readonly float[] Table =
    [
        .. Enumerable.Range(0, Words.Length * Width).Select(at => (float)(at * at % 11) - 4),
    ];
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private OnnxEncoderOptions Options() =>
        new()
        {
            Name = "tiny",
            ModelPath = folder.WriteBytes("model.onnx", TinyOnnx.Encoder(Table, Width)),
            TokenizerPath = folder.Write("vocab.txt", string.Join('\n', Words) + "\n"),
            Normalise = false,
            BatchSize = 2,
        };

    private static float[] Row(int token) => Table[(token * Width)..((token + 1) * Width)];

    private static float[] Mean(params int[] tokens) =>
        [.. Enumerable.Range(0, Width).Select(i => tokens.Average(token => Row(token)[i]))];

    [Fact]
    public void WordPiecesAreGatheredAndAveragedWithoutPadding()
    {
        using var encoder = new OnnxTextEncoder(Options());
        var shares = new List<double>();
        // Of unequal lengths, so that batches hold padding, and out of order, so that rows must find their way back.
        var vectors = encoder.Encode(["Red pans", "red", "blue pan red", "red", ""], new Direct(shares.Add));
        Assert.Equal((5, Width), (vectors.Rows, vectors.Columns));
        Near(Mean(2, 5, 6, 7, 3), vectors[0]);
        Near(Mean(2, 5, 3), vectors[1]);
        Near(Mean(2, 8, 6, 5, 3), vectors[2]);
        Near(Mean(2, 3), vectors[4]);
        Assert.Equal(1, shares[^1]);
        Assert.Equal(3, shares.Count);
    }

    [Theory]
    [InlineData(TokenPooling.First)]
    [InlineData(TokenPooling.Max)]
    public void OtherPoolingIsWhatItSays(TokenPooling pooling)
    {
        using var encoder = new OnnxTextEncoder(Options() with { Pooling = pooling });
        var vectors = encoder.Encode(["red pan", "red pan blue red"]);
        var expected =
            pooling == TokenPooling.First
                ? Row(2)
                : [.. Enumerable.Range(0, Width).Select(i => new[] { 2, 5, 6, 3 }.Max(token => Row(token)[i]))];
        Near(expected, vectors[0]);
    }

    [Fact]
    public void LongTextsAreCutAndKeepTheirEndToken()
    {
        using var encoder = new OnnxTextEncoder(Options() with { MaxTokens = 4 });
        Near(Mean(2, 5, 6, 3), encoder.Encode(["red pan blue blue blue"])[0]);
    }

    [Fact]
    public void VectorsCanHaveLengthOneAndADenseLayer()
    {
        var weight = tensor(new float[] { 1, 0, 2, 0, 1, 0 }, 2, 3);
        Safetensors.Save(folder.PathOf("dense.safetensors"), [KeyValuePair.Create("linear.weight", weight)]);
        using var encoder = new OnnxTextEncoder(
            Options() with
            {
                Normalise = true,
                DensePath = folder.PathOf("dense.safetensors"),
            }
        );
        var mean = Mean(2, 5, 3);
        float[] mapped = [mean[0] + 2 * mean[2], mean[1]];
        var length = MathF.Sqrt(mapped[0] * mapped[0] + mapped[1] * mapped[1]);
        Near([mapped[0] / length, mapped[1] / length], encoder.Encode(["red"])[0]);
    }

    [Fact]
    public void SentencePiecesEndWithTheEndToken()
    {
        var options = Options() with
        {
            TokenizerPath = folder.WriteBytes("spiece.model", TinyOnnx.SentencePiece("▁red", "▁pan", "▁blue")),
        };
        using var encoder = new OnnxTextEncoder(options);
        Near(Mean(3, 4, 1), encoder.Encode(["red pan"])[0]);
    }

    [Fact]
    public void AFolderIsReadAsItsCardSays()
    {
        Options();
        folder.Write(
            "modules.json",
            """[{"type": "x.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"}]"""
        );
        Directory.CreateDirectory(folder.PathOf("1_Pooling"));
        folder.Write(
            "1_Pooling/config.json",
            """{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"""
        );
        folder.Write("sentence_bert_config.json", """{"max_seq_length": 77}""");
        folder.Write("tokenizer_config.json", """{"do_lower_case": false}""");
        var read = OnnxEncoderOptions.FromFolder(folder.PathOf("."));
        Assert.Equal(
            (TokenPooling.First, 77, false, false),
            (read.Pooling, read.MaxTokens, read.LowerCase, read.Normalise)
        );
        folder.Write("1_Pooling/config.json", """{"pooling_mode_weightedmean_tokens": true}""");
        Assert.Throws<DataFormatException>(() => OnnxEncoderOptions.FromFolder(folder.PathOf(".")));
    }

    [Fact]
    public void WhatIsMissingOrDamagedIsNamed()
    {
        var options = Options();
        Assert.Throws<FileNotFoundException>(() =>
            new OnnxTextEncoder(options with { TokenizerPath = folder.PathOf("no.txt") })
        );
        var broken = folder.WriteBytes("broken.onnx", [1, 2, 3]);
        Assert.Throws<DataFormatException>(() => new OnnxTextEncoder(options with { ModelPath = broken }));
        using var empty = new TempFolder();
        var wrong = Assert.Throws<FileNotFoundException>(() => OnnxEncoderOptions.FromFolder(empty.PathOf(".")));
        Assert.Contains("model.onnx", wrong.Message, StringComparison.Ordinal);
        using var encoder = new OnnxTextEncoder(options);
        Assert.Throws<ArgumentException>(() => encoder.Encode([]));
    }

    [Fact]
    public void TheCatalogueHasMiniLmWithChecksums()
    {
        var sources = DownloadCatalogue.Load().Find("all-minilm-l6-v2");
        Assert.Equal(["model.onnx", "vocab.txt"], sources.Select(source => source.File));
        Assert.All(sources, source => Assert.True(source.IsPinned));
    }

    private static void Near(float[] expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-4f);
    }

    private sealed class Direct(Action<double> handle) : IProgress<double>
    {
        public void Report(double value) => handle(value);
    }
}
