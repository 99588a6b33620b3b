using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>State of the videos: each shows an item of a <see cref="Catalogue"/>; its brand is the author.</summary>
/// <remarks>Arrays are indexed by item id, entry 0 unused.</remarks>
internal sealed class FeedCatalogue
{
    public const int Dimensions = 16;
    public const long FirstSecond = 1_704_067_200; // 2024-01-01
    public const long Day = 86_400;

    private const double MeanLogSeconds = 3; // 20 s
    private const double Unlike = 0.2; // cosine of videos that have nothing to do with each other

    public FeedCatalogue(FeedPreset preset, CounterRandom random)
    {
        Items = new Catalogue(preset.Catalogue, random.Fork("items"));
        var size = Items.Count + 1;
        (Quality, Seconds, LogSeconds) = (new double[size], new double[size], new double[size]);
        (IsClickBait, IsViral, Uploaded) = (new bool[size], new bool[size], new long[size]);
        (Content, Observed) = (new double[size * Dimensions], new float[size * Dimensions]);
        var draws = random.Fork("videos");
        for (var item = 1; item < size; item++)
        {
            Quality[item] = draws.At(0, item).Normal;
            LogSeconds[item] = Math.Clamp(MeanLogSeconds + 0.7 * draws.At(1, item).Normal, 1.61, 5.7); // 5 s to 5 min
            Seconds[item] = Math.Floor(PortableMath.Exp(LogSeconds[item]) + 0.5);
            LogSeconds[item] = PortableMath.Log(Seconds[item]) - MeanLogSeconds;
            IsClickBait[item] = draws.At(2, item).Chance(0.12);
            IsViral[item] = draws.At(3, item).Chance(0.06);
            var late = draws.At(4, item).Chance(preset.NewItems)
                ? 10 * draws.At(5, item).Double
                : -30 * draws.At(5, item).Double;
            Uploaded[item] = FirstSecond + (long)Math.Floor(late * Day);
            FillContent(item, random.Fork("content"));
        }
        Uploaded[0] = long.MaxValue;
    }

    public Catalogue Items { get; }
    public int Count => Items.Count;

    /// <summary>How good a video is, standard normal, independent of its duration.</summary>
    public double[] Quality { get; }

    /// <summary>Duration in whole seconds, 5..299.</summary>
    public double[] Seconds { get; }

    /// <summary>Natural logarithm of the duration over 20 s.</summary>
    public double[] LogSeconds { get; }

    public bool[] IsClickBait { get; }
    public bool[] IsViral { get; }

    /// <summary>Unix seconds.</summary>
    public long[] Uploaded { get; }

    /// <summary>What the video shows: unit vectors, <c>[N + 1, 16]</c>.</summary>
    public double[] Content { get; }

    /// <summary>The same with noise, as an encoder of pictures and sound would see it, <c>[N + 1, 16]</c>.</summary>
    public float[] Observed { get; }

    /// <summary>How alike two videos are: 0 for unrelated ones, 1 for the same; symmetric.</summary>
    public double Similarity(int a, int b)
    {
        var dot = 0.0; // in this order: vector instructions would add up in another, and round otherwise
        for (var d = 0; d < Dimensions; d++)
            dot += Content[a * Dimensions + d] * Content[b * Dimensions + d];
        return Math.Clamp((dot - Unlike) / (1 - Unlike), 0, 1);
    }

    private void FillContent(int item, CounterRandom random)
    {
        var vector = Content.AsSpan(item * Dimensions, Dimensions);
        var (topics, kinds, own) = (random.Fork("topic"), random.Fork("kind"), random.Fork("own"));
        var (topic, author) = (Items.Topic[item], Items.Brand[item]);
        var kind = topic * 16 + (Items.Series[item] > 0 ? 8 : 0) + Items.Kind[item];
        for (var d = 0; d < Dimensions; d++)
            vector[d] =
                0.8 * topics.At(topic, d).Normal
                + 0.5 * topics.At(1000 + Items.Department(item), d).Normal
                + 0.5 * kinds.At(kind, d).Normal
                + 0.3 * topics.At(2000 + author, d).Normal
                + 0.3 * own.At(item, d).Normal;
        var norm = 0.0;
        foreach (var x in vector)
            norm += x * x;
        norm = Math.Sqrt(norm);
        for (var d = 0; d < Dimensions; d++)
        {
            vector[d] /= norm;
            Observed[item * Dimensions + d] = (float)(vector[d] + 0.05 * own.At(item, Dimensions + d).Normal);
        }
    }
}
