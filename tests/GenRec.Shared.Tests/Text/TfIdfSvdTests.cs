using GenRec.Shared.Data.Importers;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Tests.Data;
using GenRec.Shared.Text;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Text;

public class TfIdfSvdTests
{
    private static readonly string[] Texts =
    [
        "Red baking pan",
        "Blue baking pan, oven",
        "Garden hose green",
        "Green garden chair",
        "baking oven book",
        "Garden book",
    ];

    private static readonly TfIdfOptions Small = new()
    {
        Width = 3,
        Pairs = false,
        LeastTexts = 1,
        MostShare = 1,
        Oversampling = 3,
    };

    [Fact]
    public void VectorsAreTheExactDecomposition()
    {
        var vectors = new TfIdfSvdEncoder(Small).Encode(Texts);
        // Slowly: the whole matrix, and torch's own decomposition of it.
        var terms = Texts.SelectMany(TermCounts.Words).Distinct().Order(StringComparer.Ordinal).ToArray();
        var full = zeros(Texts.Length, terms.Length, dtype: ScalarType.Float64);
        for (var row = 0; row < Texts.Length; row++)
            foreach (var word in TermCounts.Words(Texts[row]))
            {
                var texts = Texts.Count(text => TermCounts.Words(text).Contains(word));
                full[row, Array.IndexOf(terms, word)] = 1 + Math.Log(7.0 / (1 + texts));
            }
        full /= full.square().sum(1, keepdim: true).sqrt();
        var (u, s, _) = linalg.svd(full, fullMatrices: false);
        var exact = (u * s).narrow(1, 0, 3);
        var ours = tensor(vectors.Values.ToArray(), 6, 3).to(ScalarType.Float64);
        Assert.True(allclose(exact.mm(exact.t()), ours.mm(ours.t()), atol: 1e-5)); // signs of columns are free
    }

    [Fact]
    public void TheSameTextsGiveTheSameVectorsAndNewTextsLandAmongThem()
    {
        var fitted = new TfIdfSvdEncoder(Small).Fit(Texts);
        var vectors = fitted.Encode(Texts);
        Assert.Equal(vectors.Values.ToArray(), new TfIdfSvdEncoder(Small).Encode(Texts).Values.ToArray());
        var cold = fitted.Encode(["a baking pan", "unheard"]);
        Assert.True(Cosine(cold[0], vectors[0]) > 0.9);
        Assert.True(Cosine(cold[0], vectors[2]) < 0.3);
        Assert.All(cold[1].ToArray(), value => Assert.Equal(0, value));
        Assert.NotEqual(fitted.Fingerprint, new TfIdfSvdEncoder(Small).Fit(Texts[..5]).Fingerprint);
    }

    [Fact]
    public void WordsAreFoldedAndSplit()
    {
        Assert.Equal(["crème", "brûlée", "oz", "5", "wi", "fi"], TermCounts.Words("Crème-Brûlée, a oz 5 Wi.Fi"));
        Assert.Equal(["big", "red", "pan", "big red", "red pan"], TermCounts.Terms("Big red PAN", pairs: true));
    }

    [Fact]
    public void ItemsOfTheSameTopicAreNearEachOtherInTheEmbeddedWorld()
    {
        var items = World.Create(WorldPreset.Smoke).Dataset.Items;
        var texts = TextTemplate.Full.TextsOf(items);
        var vectors = new TfIdfSvdEncoder(new TfIdfOptions { Width = 32 }).Encode(texts);
        var (same, other, pairs, others) = (0.0, 0.0, 0, 0);
        for (var a = 1; a <= 100; a++)
        for (var b = a + 1; b <= 100; b++)
            if (items.Categories(a)[0][1] == items.Categories(b)[0][1])
                (same, pairs) = (same + Cosine(vectors[a - 1], vectors[b - 1]), pairs + 1);
            else
                (other, others) = (other + Cosine(vectors[a - 1], vectors[b - 1]), others + 1);
        Assert.True(same / pairs > other / others + 0.2);
    }

    [Fact]
    public void TextsWithoutTermsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new TfIdfSvdEncoder(Small).Encode([]));
        Assert.Throws<ArgumentException>(() => new TfIdfSvdEncoder(Small with { LeastTexts = 9 }).Encode(Texts));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TfIdfSvdEncoder(Small with { Width = 0 }));
    }

    [Fact]
    public void ATemplateTakesWhatItNamesAndNothingElse()
    {
        var items = World.Create(WorldPreset.Smoke).Dataset.Items;
        var template = new TextTemplate([new("title"), new("description", "About: ", MostCharacters: 12)], " / ");
        var text = template.TextsOf(items)[0];
        Assert.StartsWith(items.Title(1) + " / About: ", text, StringComparison.Ordinal);
        Assert.True(text.Length <= items.Title(1)!.Length + 10 + 12);
        var wrong = Assert.Throws<ArgumentException>(() => new TextTemplate([new("colour of it")]).TextsOf(items));
        Assert.Contains("no column 'colour of it'", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheCacheEncodesOnceAndRepairsItself()
    {
        using var folder = new TempFolder();
        var cache = new EmbeddingCache(folder.PathOf("cache"));
        var encoder = new Counting();
        var first = cache.Encode(encoder, Texts);
        Assert.Equal(first.Values.ToArray(), cache.Encode(encoder, Texts).Values.ToArray());
        Assert.Equal(1, encoder.Calls);
        cache.Encode(encoder, [.. Texts[..5], "Garden  book"]);
        Assert.Equal(2, encoder.Calls);
        encoder.Fingerprint = "other";
        cache.Encode(encoder, Texts);
        Assert.Equal(3, encoder.Calls);
        File.WriteAllBytes(cache.PathOf(encoder, Texts), [1, 2, 3]);
        Assert.Equal(first.Values.ToArray(), cache.Encode(encoder, Texts).Values.ToArray());
        Assert.Equal(4, encoder.Calls);
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (dot, left, right) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
            (dot, left, right) = (dot + a[i] * b[i], left + a[i] * a[i], right + b[i] * b[i]);
        return dot / Math.Sqrt(left * right);
    }

    private sealed class Counting : ITextEncoder
    {
        public int Calls { get; private set; }
        public string Name => "counting";
        public string Fingerprint { get; set; } = "one";

        public EmbeddingMatrix Encode(
            IReadOnlyList<string> texts,
            IProgress<double>? progress,
            CancellationToken cancel
        )
        {
            Calls++;
            return new EmbeddingMatrix(texts.Count, 1, [.. texts.Select(text => (float)text.Length)]);
        }
    }
}
