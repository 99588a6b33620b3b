using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Text;

/// <summary>Weighted word counts projected onto their main directions: the encoder that needs no download.</summary>
/// <remarks>
/// Latent semantic analysis (Deerwester et al., 1990): terms weigh <c>(1 + ln tf) (1 + ln((1 + N) / (1 + df)))</c>, rows have length
/// 1, and the singular vectors come from a random projection with power rounds (Halko, Martinsson and Tropp, SIAM Review
/// 2011, Algorithm 4.4 and 5.1). <see cref="Encode"/> learns from the texts it is given; to encode further texts into the
/// same space, keep what <see cref="Fit"/> returns.
/// </remarks>
public sealed class TfIdfSvdEncoder : RichObject, ITextEncoder
{
    private readonly TfIdfOptions options;

    /// <summary>Takes the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public TfIdfSvdEncoder(TfIdfOptions? options = null)
    {
        this.options = options ?? new TfIdfOptions();
        OptionRanges.Check(this.options);
    }

    /// <inheritdoc/>
    public string Name => $"tf-idf-svd-{options.Width}";

    /// <inheritdoc/>
    public string Fingerprint => $"tf-idf svd 1 {options}";

    /// <inheritdoc/>
    public EmbeddingMatrix Encode(
        IReadOnlyList<string> texts,
        IProgress<double>? progress = null,
        CancellationToken cancel = default
    ) => Fit(texts, progress, cancel).Encode(texts, null, cancel);

    /// <summary>Learns terms, weights and directions.</summary>
    /// <param name="texts">The texts to learn from.</param>
    /// <param name="progress">Told the share done, 0..1.</param>
    /// <param name="cancel">Stops between two steps.</param>
    /// <returns>An encoder whose vectors do not depend on the texts it is given.</returns>
    /// <exception cref="ArgumentException">There is no text, or no term occurs in enough of them.</exception>
    public FittedTfIdfSvd Fit(
        IReadOnlyList<string> texts,
        IProgress<double>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0)
            throw new ArgumentException("There is no text to encode.", nameof(texts));
        var (terms, weights) = Vocabulary(texts);
        var counts = FittedTfIdfSvd.Weigh(texts, terms, weights, options.Pairs);
        progress?.Report(0.2);
        var directions = Directions(counts, progress, cancel);
        return new FittedTfIdfSvd(Name, options.Pairs, terms, weights, directions);
    }

    private (Dictionary<string, int> Terms, double[] Weights) Vocabulary(IReadOnlyList<string> texts)
    {
        var occurs = new Dictionary<string, int>();
        foreach (var text in texts)
        foreach (var term in TermCounts.Terms(text, options.Pairs).Distinct())
            CollectionsMarshal.GetValueRefOrAddDefault(occurs, term, out _)++;
        var most = Math.Max(options.LeastTexts, options.MostShare * texts.Count);
        var kept = occurs
            .Where(term => term.Value >= options.LeastTexts && term.Value <= most)
            .OrderByDescending(term => term.Value)
            .ThenBy(term => term.Key, StringComparer.Ordinal)
            .Take(options.MostTerms)
            .ToArray();
        if (kept.Length == 0)
            throw new ArgumentException(
                $"None of {occurs.Count} terms occurs in {options.LeastTexts} or more of the {texts.Count} texts and in at most "
                    + $"{options.MostShare:P0} of them; lower LeastTexts or raise MostShare.",
                nameof(texts)
            );
        return (
            kept.Select((term, at) => (term.Key, at)).ToDictionary(pair => pair.Key, pair => pair.at),
            [.. kept.Select(term => 1 + Math.Log((1.0 + texts.Count) / (1 + term.Value)))]
        );
    }

    /// <summary>Right singular vectors of the counts, the strongest first, <c>[terms, width]</c>.</summary>
    private (double[] Values, int Width) Directions(
        SparseRows counts,
        IProgress<double>? progress,
        CancellationToken cancel
    )
    {
        using var scope = NewDisposeScope();
        var (rows, terms) = (counts.Rows, counts.Columns);
        var wide = Math.Min(options.Width + options.Oversampling, Math.Min(rows, terms));
        var random = new CounterRandom((ulong)options.Seed).Fork("random projection");
        var projection = new double[terms * wide];
        for (var at = 0; at < projection.Length; at++)
            projection[at] = random.At(0, at).Normal;
        var range = Orthonormal(counts.Times(projection, wide), rows, wide); // [rows, wide]
        for (var round = 0; round < options.PowerRounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            var back = Orthonormal(counts.TransposedTimes(range, wide), terms, wide);
            range = Orthonormal(counts.Times(back, wide), rows, wide);
            progress?.Report(0.2 + 0.7 * (round + 1) / options.PowerRounds);
        }
        var small = tensor(counts.TransposedTimes(range, wide), terms, wide); // B^T, B = Q^T A
        var (squares, left) = linalg.eigh(small.t().mm(small)); // of B B^T, ascending
        var strength = squares.data<double>().ToArray();
        var width = Math.Min(options.Width, strength.Count(square => square > 1e-10 * strength[^1]));
        var chosen = left.narrow(1, wide - width, width).flip(1); // strongest first
        var scales = squares.narrow(0, wide - width, width).flip(0).sqrt();
        var vectors = (small.mm(chosen) / scales).contiguous(); // V = B^T U / S
        var values = MemoryMarshal.Cast<byte, double>(vectors.bytes).ToArray();
        FixSigns(values, width);
        return (values, width);
    }

    /// <summary>Signs of singular vectors are arbitrary: the largest number of each column becomes positive.</summary>
    private static void FixSigns(double[] values, int width)
    {
        for (var column = 0; column < width; column++)
        {
            var largest = 0.0;
            for (var at = column; at < values.Length; at += width)
                if (Math.Abs(values[at]) > Math.Abs(largest))
                    largest = values[at];
            for (var at = column; largest < 0 && at < values.Length; at += width)
                values[at] = -values[at];
        }
    }

    private static double[] Orthonormal(double[] values, int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var (q, _) = linalg.qr(tensor(values, rows, columns));
        return MemoryMarshal.Cast<byte, double>(q.contiguous().bytes).ToArray();
    }
}

/// <summary>Terms, weights and directions that were learned; encodes any text into the same space.</summary>
public sealed class FittedTfIdfSvd : RichObject, ITextEncoder
{
    private readonly bool pairs;
    private readonly Dictionary<string, int> terms;
    private readonly double[] weights;
    private readonly (double[] Values, int Width) directions;
    private readonly Lazy<string> fingerprint;

    internal FittedTfIdfSvd(
        string name,
        bool pairs,
        Dictionary<string, int> terms,
        double[] weights,
        (double[] Values, int Width) directions
    )
    {
        (Name, this.pairs, this.terms, this.weights, this.directions) = (name, pairs, terms, weights, directions);
        fingerprint = new(Hash);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Fingerprint => fingerprint.Value;

    /// <summary>Terms known.</summary>
    public int Terms => terms.Count;

    /// <summary>Encodes texts; one without any known term becomes zero.</summary>
    /// <inheritdoc/>
    public EmbeddingMatrix Encode(
        IReadOnlyList<string> texts,
        IProgress<double>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(texts);
        var vectors = Weigh(texts, terms, weights, pairs).Times(directions.Values, directions.Width);
        progress?.Report(1);
        return new EmbeddingMatrix(texts.Count, directions.Width, Array.ConvertAll(vectors, value => (float)value));
    }

    internal static SparseRows Weigh(
        IReadOnlyList<string> texts,
        Dictionary<string, int> terms,
        double[] weights,
        bool pairs
    )
    {
        var (offsets, places, values) = (new int[texts.Count + 1], new List<int>(), new List<double>());
        for (var row = 0; row < texts.Count; row++)
        {
            var counts = new SortedDictionary<int, int>();
            foreach (var term in TermCounts.Terms(texts[row], pairs))
                if (terms.TryGetValue(term, out var place))
                    counts[place] = counts.GetValueOrDefault(place) + 1;
            var own = counts.Select(pair => (1 + Math.Log(pair.Value)) * weights[pair.Key]).ToArray();
            var length = Math.Sqrt(own.Sum(value => value * value));
            places.AddRange(counts.Keys);
            values.AddRange(own.Select(value => value / length));
            offsets[row + 1] = places.Count;
        }
        return new SparseRows(weights.Length, offsets, [.. places], [.. values]);
    }

    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var term in terms.OrderBy(pair => pair.Value))
            hash.AppendData(Encoding.UTF8.GetBytes(term.Key + "\n"));
        hash.AppendData(MemoryMarshal.AsBytes(weights.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(directions.Values.AsSpan()));
        return $"fitted tf-idf svd 1 {pairs} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
