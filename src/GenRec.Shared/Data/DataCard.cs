using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>The numbers by which a data set is known, and where it comes from.</summary>
/// <param name="Name">The set's name.</param>
/// <param name="Users">Users, with those without events.</param>
/// <param name="Items">N, the size of the catalogue.</param>
/// <param name="Interactions">Events, repeats counted.</param>
/// <param name="MeanLength">Events a user.</param>
/// <param name="MedianLength">Median of the events a user has.</param>
/// <param name="ShortestLength">Events of the user with the fewest.</param>
/// <param name="LongestLength">Events of the user with the most.</param>
/// <param name="FirstTime">Time of the first event, or null where times are unknown.</param>
/// <param name="LastTime">Time of the last event, or null where times are unknown.</param>
/// <param name="Sources">Where the data comes from.</param>
/// <param name="Licence">What may be done with it.</param>
public sealed record DataCard(
    string Name,
    int Users,
    int Items,
    int Interactions,
    double MeanLength,
    double MedianLength,
    int ShortestLength,
    int LongestLength,
    DateTimeOffset? FirstTime,
    DateTimeOffset? LastTime,
    IReadOnlyList<string> Sources,
    string Licence
) : RichRecord
{
    /// <summary>Share of all user-item pairs that occur, 0..1: interactions / (users x items); repeats count again.</summary>
    public double Density => Interactions / ((double)Users * Items);

    /// <summary>Whether the source gave times.</summary>
    public bool HasTimes => FirstTime is not null;

    /// <summary>Computes a card.</summary>
    /// <param name="name">The set's name.</param>
    /// <param name="interactions">The whole set, not a training part.</param>
    /// <param name="sources">Where the data comes from.</param>
    /// <param name="licence">What may be done with it.</param>
    public static DataCard Of(
        string name,
        Interactions interactions,
        IReadOnlyList<string>? sources = null,
        string licence = "not stated"
    )
    {
        ArgumentNullException.ThrowIfNull(interactions);
        var lengths = new int[interactions.Users];
        for (var user = 0; user < lengths.Length; user++)
            lengths[user] = interactions.ByUser.LengthOf(user);
        Array.Sort(lengths);
        var (half, none) = (lengths.Length / 2, lengths.Length == 0);
        var (first, last) = (long.MaxValue, long.MinValue);
        foreach (var time in interactions.Times)
            (first, last) = (Math.Min(first, time), Math.Max(last, time));
        return new DataCard(
            name,
            interactions.Users,
            interactions.ItemCount,
            interactions.Count,
            none ? 0 : (double)interactions.Count / lengths.Length,
            none ? 0
                : lengths.Length % 2 == 1 ? lengths[half]
                : (lengths[half - 1] + lengths[half]) / 2.0,
            none ? 0 : lengths[0],
            none ? 0 : lengths[^1],
            first <= last ? DateTimeOffset.FromUnixTimeSeconds(first) : null,
            first <= last ? DateTimeOffset.FromUnixTimeSeconds(last) : null,
            sources ?? [],
            licence
        );
    }

    /// <summary>The card as a table of two columns.</summary>
    public override string ToString()
    {
        (string Name, string Value)[] rows =
        [
            ("data set", Name),
            ("users", $"{Users:N0}"),
            ("items", $"{Items:N0}"),
            ("interactions", $"{Interactions:N0}"),
            ("density", $"{100 * Density:F4} %"),
            ("events a user", $"{MeanLength:F4} (median {MedianLength}, {ShortestLength} to {LongestLength})"),
            ("times", HasTimes ? $"{FirstTime:yyyy-MM-dd} to {LastTime:yyyy-MM-dd}" : "unknown, order only"),
            .. Sources.Select((source, i) => (i == 0 ? "source" : "", source)),
            ("licence", Licence),
        ];
        return string.Join('\n', rows.Select(row => $"{row.Name, -14} {row.Value}"));
    }
}
