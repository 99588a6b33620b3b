using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Slates;

/// <summary>Which sessions are good enough to learn from: the three rules of OneRec (arXiv:2502.18965), section 3.2.</summary>
/// <remarks>The paper lists the rules without saying how they combine; taken together they keep the fewest and the best.</remarks>
public sealed record SessionRules : RichRecord
{
    /// <summary>n, the longest history: the latest positively engaged videos. Default 256, the paper's.</summary>
    [Range(1, 1_000_000)]
    public int MaxHistory { get; init; } = 256;

    /// <summary>First rule: so many videos of the session were really watched (an effective view). Default 5, the paper's; 0: no rule.</summary>
    [Range(0, 1000)]
    public int MinWatched { get; init; } = 5;

    /// <summary>Second rule: more seconds than these were watched in all. Default 60, ours: the paper has a threshold and no number; 0: no rule.</summary>
    [Range(0.0, 1e9)]
    public double MinWatchSeconds { get; init; } = 60;

    /// <summary>
    /// Third rule: at least one of these actions was taken. Default a like or a share; the paper also names collecting, which the
    /// logs here do not have. None: no rule.
    /// </summary>
    public FeedActions Actions { get; init; } = FeedActions.Like | FeedActions.Share;

    /// <summary>Whether all rules must hold, which is the default, or any one.</summary>
    public bool NeedAll { get; init; } = true;

    /// <summary>No rule: every session is kept.</summary>
    public static SessionRules KeepAll { get; } =
        new()
        {
            MinWatched = 0,
            MinWatchSeconds = 0,
            Actions = FeedActions.None,
        };

    internal void Check() => OptionRanges.Check(this);

    internal (bool Watched, bool Seconds, bool Acted) Look(ReadOnlySpan<float> watch, ReadOnlySpan<FeedActions> actions)
    {
        var (watched, seconds, acted) = (0, 0.0, false);
        for (var place = 0; place < actions.Length; place++)
        {
            watched += (actions[place] & FeedActions.View) != 0 ? 1 : 0;
            seconds += watch[place];
            acted |= (actions[place] & Actions) != 0;
        }
        return (watched >= MinWatched, MinWatchSeconds == 0 || seconds > MinWatchSeconds, Actions == 0 || acted);
    }

    internal bool Keeps((bool Watched, bool Seconds, bool Acted) found)
    {
        if (NeedAll)
            return found.Watched && found.Seconds && found.Acted;
        var (byWatched, bySeconds, byActions) = (MinWatched > 0, MinWatchSeconds > 0, Actions != 0);
        return (!byWatched && !bySeconds && !byActions)
            || (byWatched && found.Watched)
            || (bySeconds && found.Seconds)
            || (byActions && found.Acted);
    }
}

/// <summary>How many sessions each rule keeps, by itself and all together.</summary>
/// <param name="Sessions">Sessions of full length, none with an item twice.</param>
/// <param name="Watched">Of these, those that the first rule keeps.</param>
/// <param name="WatchSeconds">Those that the second rule keeps.</param>
/// <param name="Acted">Those that the third rule keeps.</param>
/// <param name="AfterRules">Those that the rules keep as they combine.</param>
/// <param name="Kept">Of the last, those whose user had engaged with a video before.</param>
/// <param name="TooShort">Left out before: fewer than m videos.</param>
/// <param name="Repeating">Left out before: a video twice.</param>
public sealed record SessionCounts(
    int Sessions,
    int Watched,
    int WatchSeconds,
    int Acted,
    int AfterRules,
    int Kept,
    int TooShort,
    int Repeating
) : RichRecord
{
    /// <inheritdoc/>
    protected override Table AsTable()
    {
        var whole = Math.Max(1, Sessions);
        return new Table(
            ["sessions", new TableColumn("count", "N0"), new TableColumn("share", "P1")],
            [
                Row("of full length, without repeats", Sessions),
                Row("enough videos watched", Watched),
                Row("watched for long enough", WatchSeconds),
                Row("with a like or another action asked for", Acted),
                Row("kept by the rules together", AfterRules),
                Row("of these with a history: what is learned from", Kept),
            ]
        )
        {
            Caption = $"{TooShort:N0} shorter sessions and {Repeating:N0} with a video twice were left out before.",
        };

        object?[] Row(string what, int count) => [what, count, count / (double)whole];
    }
}
