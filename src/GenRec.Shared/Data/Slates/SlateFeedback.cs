using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Slates;

/// <summary>What a user did with one slate.</summary>
/// <param name="Seen">Videos reached, <c>1..m</c>: all up to the one after which the user left.</param>
/// <param name="WatchSeconds"><c>[m]</c>; 0 from <paramref name="Seen"/> on.</param>
/// <param name="Actions"><c>[m]</c>; none from <paramref name="Seen"/> on.</param>
public sealed record SlateFeedback(int Seen, float[] WatchSeconds, FeedActions[] Actions) : RichRecord
{
    /// <summary>Session watch time: seconds over the whole slate.</summary>
    public double TotalWatchSeconds => WatchSeconds.Sum(seconds => (double)seconds);

    /// <summary>Whether the user left the app.</summary>
    public bool Left => Count(FeedActions.Exit) > 0;

    /// <summary>How many videos got an action.</summary>
    public int Count(FeedActions action) => Actions.Count(done => (done & action) != 0);
}
