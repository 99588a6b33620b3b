using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Slates;

/// <summary>Where a log of interactions has the feedback that <see cref="FeedActions"/> name; null where it has none.</summary>
/// <param name="Watch">Column of the watch time.</param>
/// <param name="SecondsPerUnit">Seconds of one unit of it: 0.001 for milliseconds.</param>
public sealed record FeedColumns(string Watch, double SecondsPerUnit = 1) : RichRecord
{
    private const double EffectiveViewSeconds = 3; // what FeedActions.View means

    /// <summary>Not 0 at an effective view; where null, three seconds of watching are one.</summary>
    public string? View { get; init; }

    /// <summary>Not 0 at a like.</summary>
    public string? Like { get; init; }

    /// <summary>Not 0 at a new followed author.</summary>
    public string? Follow { get; init; }

    /// <summary>Not 0 at a share.</summary>
    public string? Share { get; init; }

    /// <summary>Not 0 at a comment.</summary>
    public string? Comment { get; init; }

    /// <summary>Not 0 where less of this was asked for.</summary>
    public string? Dislike { get; init; }

    /// <summary>The embedded feed's columns.</summary>
    public static FeedColumns Feed { get; } =
        new("watch_seconds")
        {
            View = "view",
            Like = "like",
            Follow = "follow",
            Share = "share",
            Comment = "comment",
            Dislike = "dislike",
        };

    /// <summary>KuaiRand's columns; three seconds of watching make an effective view.</summary>
    public static FeedColumns KuaiRand { get; } =
        new("play_time_ms", 0.001)
        {
            Like = "is_like",
            Follow = "is_follow",
            Share = "is_forward",
            Comment = "is_comment",
            Dislike = "is_hate",
        };

    /// <summary>Watch seconds and actions of every interaction of a log.</summary>
    /// <exception cref="ArgumentException">The log lacks a column; the message lists those it has.</exception>
    internal (float[] Watch, FeedActions[] Actions) Of(Interactions log)
    {
        var watch = Array.ConvertAll(Column(log, Watch), units => (float)(units * SecondsPerUnit));
        var actions = new FeedActions[log.Count];
        Add(Like, FeedActions.Like);
        Add(Follow, FeedActions.Follow);
        Add(Share, FeedActions.Share);
        Add(Comment, FeedActions.Comment);
        Add(Dislike, FeedActions.Dislike);
        Add(View, FeedActions.View);
        for (var row = 0; View is null && row < watch.Length; row++)
            if (watch[row] >= EffectiveViewSeconds)
                actions[row] |= FeedActions.View;
        return (watch, actions);

        void Add(string? name, FeedActions action)
        {
            if (name is null)
                return;
            var column = Column(log, name);
            for (var row = 0; row < column.Length; row++)
                if (column[row] != 0)
                    actions[row] |= action;
        }
    }

    private static float[] Column(Interactions log, string name) =>
        log.Feedback.TryGetValue(name, out var values)
            ? values
            : throw new ArgumentException(
                $"The log has no column '{name}'. There are: {string.Join(", ", log.Feedback.Keys)}.",
                nameof(log)
            );
}
