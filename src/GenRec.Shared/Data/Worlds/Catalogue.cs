using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>State of the items: how they really are. Read by the simulator and the oracle, by nothing else.</summary>
/// <remarks>Arrays are indexed by item id, entry 0 unused. Ids are in random order and reveal nothing.</remarks>
internal sealed class Catalogue
{
    /// <summary>How often the first, second and third complement of an item is taken.</summary>
    public static readonly double[] ComplementWeights = [0.6, 0.3, 0.1];

    private const double SeriesShare = 0.45; // of the items of a topic
    private const double LaterVolumePull = 0.4; // few begin a series in the middle
    private const double PopularityCap = 60;

    private readonly CounterRandom random;

    public Catalogue(WorldPreset preset, CounterRandom random)
    {
        this.random = random;
        (Count, Topics) = (preset.Items, Vocabulary.Topics[..(preset.Departments * 6)]);
        (Topic, Kind, Line) = (new int[Count + 1], new int[Count + 1], new int[Count + 1]);
        (Brand, Style, Colour) = (new int[Count + 1], new int[Count + 1], new int[Count + 1]);
        (Series, Volume, NextVolume) = (new int[Count + 1], new int[Count + 1], new int[Count + 1]);
        (Popularity, Price) = (new double[Count + 1], new double[Count + 1]);
        TopicPull = DrawTopicPull();
        Links = DrawLinks();
        var ids = Enumerable.Range(1, Count).ToArray();
        random.Fork("ids").Shuffle(ids.AsSpan(), 0);
        var sizes = TopicSizes();
        for (int topic = 0, first = 0; topic < Topics.Length; first += sizes[topic++])
            FillTopic(topic, ids.AsSpan(first, sizes[topic]));
        DrawPopularity(preset.PopularityTail);
        DrawPrices();
        ByTopic = GroupBy(item => Topic[item], Topics.Length);
        ByBrand = GroupBy(item => Brand[item], BrandCount);
        ByStyle = GroupBy(item => Department(item) * Vocabulary.Styles.Length + Style[item], StyleGroups);
        ByColour = GroupBy(item => Department(item) * Vocabulary.Colours.Length + Colour[item], ColourGroups);
        Complements = DrawComplements();
    }

    public static int BrandCount => Vocabulary.BrandStarts.Length * Vocabulary.BrandEnds.Length;

    public int Count { get; }
    public Topic[] Topics { get; }

    /// <summary>How much a topic draws new interest; <c>[topics]</c>.</summary>
    public double[] TopicPull { get; }

    /// <summary>Two topics related to each, one of the same department and one of any; <c>[topics][2]</c>.</summary>
    public int[][] Links { get; }

    public int[] Topic { get; }

    /// <summary>Index in the topic's gear, or the format of a series.</summary>
    public int[] Kind { get; }

    /// <summary>Product line of gear, adjective of a series.</summary>
    public int[] Line { get; }

    public int[] Brand { get; }
    public int[] Style { get; }
    public int[] Colour { get; }

    /// <summary>Number of the series over the whole catalogue, from 1; 0 for gear.</summary>
    public int[] Series { get; }

    /// <summary>Number in the series, from 1; 0 for gear.</summary>
    public int[] Volume { get; }

    /// <summary>The item that continues the series, or 0.</summary>
    public int[] NextVolume { get; }

    /// <summary>How easily an item is found by chance, relative to others; long-tailed.</summary>
    public double[] Popularity { get; }

    public double[] Price { get; }
    public int[][] ByTopic { get; }
    public int[][] ByBrand { get; }

    /// <summary>Items of one department and style; index department * styles + style.</summary>
    public int[][] ByStyle { get; }

    /// <summary>Items of one department and colour; index department * colours + colour.</summary>
    public int[][] ByColour { get; }

    /// <summary>Up to three items that go with an item, likeliest first.</summary>
    public int[][] Complements { get; }

    private int StyleGroups => Topics.Length / 6 * Vocabulary.Styles.Length;
    private int ColourGroups => Topics.Length / 6 * Vocabulary.Colours.Length;

    public int Department(int item) => Topic[item] / 6;

    /// <summary>Items with the same brand (0), or with the same department and style (1) or colour (2).</summary>
    public int[] WithAttributeOf(int item, int attribute) =>
        attribute switch
        {
            0 => ByBrand[Brand[item]],
            1 => ByStyle[Department(item) * Vocabulary.Styles.Length + Style[item]],
            _ => ByColour[Department(item) * Vocabulary.Colours.Length + Colour[item]],
        };

    private double[] DrawTopicPull()
    {
        var draws = random.Fork("topic pull");
        return [.. Topics.Select((_, topic) => PortableMath.Exp(0.5 * draws.At(0, topic).Normal))];
    }

    private int[][] DrawLinks()
    {
        var draws = random.Fork("topic links");
        return
        [
            .. Topics.Select(
                (_, topic) =>
                    new[]
                    {
                        topic / 6 * 6 + (topic + 1 + draws.At(0, topic).Below(5)) % 6, // the five others, by offset
                        (topic + 1 + draws.At(1, topic).Below(Topics.Length - 1)) % Topics.Length,
                    }
            ),
        ];
    }

    // Every topic gets 20 items; the rest follows the topic's pull, so that items of small topics are not starved.
    private int[] TopicSizes()
    {
        var (sizes, spare, left) = (new int[Topics.Length], Count - 20 * Topics.Length, 0.0);
        foreach (var pull in TopicPull) // in this order: a library's sum may take another, and round otherwise
            left += pull;
        for (var topic = 0; topic < sizes.Length; topic++)
        {
            var extra = topic + 1 == sizes.Length ? spare : (int)(spare * (TopicPull[topic] / left));
            (sizes[topic], spare, left) = (20 + extra, spare - extra, left - TopicPull[topic]);
        }
        return sizes;
    }

    private void FillTopic(int topic, ReadOnlySpan<int> ids)
    {
        var draws = random.Fork("attributes");
        var series = random.Fork("series");
        var inSeries = (int)(ids.Length * SeriesShare);
        var adjectives = Enumerable.Range(0, Vocabulary.SeriesAdjectives.Length).ToArray();
        series.Shuffle(adjectives.AsSpan(), (ulong)topic);
        var at = 0;
        for (var s = 0; s < adjectives.Length && at + 4 <= inSeries; s++)
        {
            var volumes = Math.Min(4 + series.At(topic, 1000 + s).Below(3), inSeries - at);
            DrawAttributes(ids[at], series, topic, 2000 + 8 * s);
            (Kind[ids[at]], Line[ids[at]]) = (series.At(topic, 3000 + s).Below(4), adjectives[s]);
            for (var v = 0; v < volumes; v++)
            {
                var (item, first) = (ids[at + v], ids[at]);
                (Topic[item], Kind[item], Line[item]) = (topic, Kind[first], Line[first]);
                (Brand[item], Style[item], Colour[item]) = (Brand[first], Style[first], Colour[first]);
                (Series[item], Volume[item]) = (topic * adjectives.Length + s + 1, v + 1);
                NextVolume[item] = v + 1 < volumes ? ids[at + v + 1] : 0;
            }
            at += volumes;
        }
        var titles = new HashSet<(int Kind, int Line, int Brand, int Style, int Colour)>();
        for (var attempt = 0; at < ids.Length; attempt++)
        {
            var item = ids[at];
            DrawAttributes(item, draws, topic, 8 * attempt);
            Kind[item] = draws.At(topic, 8 * attempt + 3).Below(Topics[topic].Gear.Length);
            Line[item] = draws.At(topic, 8 * attempt + 4).Below(Vocabulary.Lines.Length);
            if (titles.Add((Kind[item], Line[item], Brand[item], Style[item], Colour[item])))
                at++;
        }
    }

    private void DrawAttributes(int item, CounterRandom draws, int topic, int index)
    {
        Topic[item] = topic;
        Brand[item] = (topic / 6 * 8 + draws.At(topic, index).Below(16)) % BrandCount; // two departments share a brand
        Style[item] = draws.At(topic, index + 1).Below(Vocabulary.Styles.Length);
        Colour[item] = draws.At(topic, index + 2).Below(Vocabulary.Colours.Length);
    }

    private void DrawPopularity(double tail)
    {
        var draws = random.Fork("popularity");
        for (var item = 1; item <= Count; item++)
        {
            var pareto = PortableMath.Exp(-PortableMath.Log(1 - draws.At(0, item).Double) / tail);
            Popularity[item] = Math.Min(pareto, PopularityCap) * (Volume[item] > 1 ? LaterVolumePull : 1);
        }
    }

    private void DrawPrices()
    {
        var draws = random.Fork("price");
        for (var item = 1; item <= Count; item++)
        {
            var kind = draws.At(1, Topic[item] * 10 + Kind[item] + (Series[item] > 0 ? 5 : 0)).Normal;
            var own = draws.At(0, Series[item] > 0 ? Count + Series[item] : item).Normal;
            Price[item] = Math.Floor(PortableMath.Exp(3.2 + 0.7 * kind + 0.25 * own)) + 0.99;
        }
    }

    private int[][] GroupBy(Func<int, int> group, int groups)
    {
        var lists = new List<int>[groups];
        for (var g = 0; g < groups; g++)
            lists[g] = [];
        for (var item = 1; item <= Count; item++)
            lists[group(item)].Add(item);
        return [.. lists.Select(list => list.ToArray())];
    }

    // Half the complements come from the item's own topic, the others from its two links; brand and style attract.
    private int[][] DrawComplements()
    {
        var draws = random.Fork("complements");
        var complements = new int[Count + 1][];
        complements[0] = [];
        for (var item = 1; item <= Count; item++)
        {
            var chosen = new int[ComplementWeights.Length];
            for (var c = 0; c < chosen.Length; c++)
            {
                var from = draws.At(item, 2 * c).Below(4) is var side and < 2 ? Links[Topic[item]][side] : Topic[item];
                var weights = ByTopic[from].Select(other => Attraction(item, other, chosen)).ToArray();
                chosen[c] = ByTopic[from][draws.At(item, 2 * c + 1).Categorical(weights)];
            }
            complements[item] = chosen;
        }
        return complements;
    }

    private double Attraction(int item, int other, int[] taken)
    {
        var sameThing = Series[item] > 0 ? Series[other] == Series[item] : other == item;
        var sameKind =
            Topic[item] == Topic[other] && Series[item] == 0 && Series[other] == 0 && Kind[item] == Kind[other];
        if (sameThing || sameKind || Volume[other] > 1 || taken.Contains(other))
            return 0;
        return Math.Sqrt(Popularity[other])
            * (Brand[item] == Brand[other] ? 6 : 1)
            * (Style[item] == Style[other] ? 3 : 1);
    }
}
