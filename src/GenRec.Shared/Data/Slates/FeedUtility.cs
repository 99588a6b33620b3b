using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Slates;

/// <summary>What each kind of feedback counts; how to fuse them is a choice, and this is where it is made.</summary>
/// <remarks>The defaults are ours: a minute of watching counts 1, and rare actions more the rarer they are.</remarks>
public sealed record FeedUtility : RichRecord
{
    /// <summary>A minute of watching. Default 1.</summary>
    public double WatchMinute { get; init; } = 1;

    /// <summary>An effective view. Default 0.</summary>
    public double View { get; init; }

    /// <summary>A like. Default 0.5.</summary>
    public double Like { get; init; } = 0.5;

    /// <summary>A new followed author. Default 1.</summary>
    public double Follow { get; init; } = 1;

    /// <summary>A share. Default 0.5.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>A comment. Default 0.3.</summary>
    public double Comment { get; init; } = 0.3;

    /// <summary>A dislike. Default -1.</summary>
    public double Dislike { get; init; } = -1;

    /// <summary>Worth of what happened.</summary>
    public double Of(SlateFeedback feedback)
    {
        ArgumentNullException.ThrowIfNull(feedback);
        return WatchMinute * feedback.TotalWatchSeconds / 60
            + View * feedback.Count(FeedActions.View)
            + Like * feedback.Count(FeedActions.Like)
            + Follow * feedback.Count(FeedActions.Follow)
            + Share * feedback.Count(FeedActions.Share)
            + Comment * feedback.Count(FeedActions.Comment)
            + Dislike * feedback.Count(FeedActions.Dislike);
    }
}
