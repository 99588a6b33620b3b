using System.Globalization;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>Whose number a published one is.</summary>
public enum PublishedBy
{
    /// <summary>The paper, or its authors' code; in a paper's file also what the paper prints of other systems.</summary>
    Paper,

    /// <summary>Somebody else's run of the system.</summary>
    Reproduction,
}

/// <summary>What a published number counts.</summary>
public enum PublishedUnit
{
    /// <summary>From 0 to 1.</summary>
    Fraction,

    /// <summary>The same, printed from 0 to 100.</summary>
    Percent,

    /// <summary>A change in percent, with its sign.</summary>
    Change,

    /// <summary>Any number: a loss, seconds, a ratio.</summary>
    Number,
}

/// <summary>One published number. With one target for each user, HR@k and Recall@k are the same, and are called Recall@k here.</summary>
/// <param name="System">The model: <c>SASRec</c>.</param>
/// <param name="Variant">What sets it apart: loss, size.</param>
/// <param name="Dataset">Name of the data set and of its version: <c>amazon14-beauty</c> is the 5-core one with 12,101 items.</param>
/// <param name="Split"><c>leave-one-out</c>, ...</param>
/// <param name="Ranking"><c>full</c>, or <c>sampled-100-uniform</c>: the target among 100 uniform negatives; see <see cref="PublishedResults.Rankings"/>.</param>
/// <param name="SeenFilter">Whether items of the history are left out of the ranking; null when the source does not say.</param>
/// <param name="Metric"><c>Recall@10</c>, <c>NDCG@10</c>, ...</param>
/// <param name="Printed">The value as printed: <c>.0605</c>.</param>
/// <param name="Source">Paper or repository, with table, version or commit.</param>
/// <param name="Unconfirmed">True for a value quoted from memory that nobody has looked up again.</param>
public sealed record PublishedResult(
    string System,
    string Variant,
    string Dataset,
    string Split,
    string Ranking,
    bool? SeenFilter,
    string Metric,
    string Printed,
    string Source,
    bool Unconfirmed
) : RichRecord
{
    /// <summary>What a hit is: an <c>item</c>, a <c>semantic-id</c> that items may share, <c>unstated</c>, or <c>none</c> where nothing is matched.</summary>
    public string Level { get; init; } = "item";

    /// <summary>Whose number it is.</summary>
    public PublishedBy By { get; init; }

    /// <summary>What it counts.</summary>
    public PublishedUnit Unit { get; init; }

    /// <summary>The variants of our records that it is compared with; empty compares it with every variant of the system.</summary>
    public IReadOnlyList<string> Ours { get; init; } = [];

    /// <summary>The printed value as a number; percents become fractions.</summary>
    public double Value => Number * (Unit == PublishedUnit.Percent ? 0.01 : 1);

    /// <summary>Half a unit of the last printed digit: how far the unrounded value may lie from <see cref="Value"/>.</summary>
    public double Rounding
    {
        get
        {
            var point = Printed.IndexOf('.', StringComparison.Ordinal);
            var digits = point < 0 ? 0 : Printed.Length - point - 1;
            return 0.5 * Math.Pow(10, -digits - (Unit == PublishedUnit.Percent ? 2 : 0));
        }
    }

    /// <summary>The protocol in words.</summary>
    public string Protocol =>
        (
            Ranking != PublishedResults.FullRanking ? PublishedResults.Rankings.GetValueOrDefault(Ranking) ?? Ranking
            : SeenFilter is null ? PublishedResults.FullRankingUnstated
            : SeenFilter.Value ? PublishedResults.FullRankingUnseen
            : PublishedResults.FullRankingKept
        )
        + Level switch
        {
            "item" or "none" => "",
            "unstated" => ", item or id matched: not said",
            _ => $", match of {Level}",
        };

    private double Number => double.Parse(Printed, NumberStyles.Float, CultureInfo.InvariantCulture);
}
