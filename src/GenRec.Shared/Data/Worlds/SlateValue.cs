using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Worlds;

/// <summary>What a slate is worth under the truth: exact expectations over what the user would do with it.</summary>
/// <param name="WatchSeconds">Session watch time.</param>
/// <param name="Seen">Videos reached, <c>1..m</c>.</param>
/// <param name="Views">Videos watched for at least three seconds; those below count videos, too.</param>
/// <param name="Likes">Liked.</param>
/// <param name="Follows">Author followed.</param>
/// <param name="Shares">Shared.</param>
/// <param name="Comments">Commented.</param>
/// <param name="Dislikes">Disliked.</param>
/// <param name="AnyLike">Probability of at least one like.</param>
/// <param name="AnyFollow">Probability of at least one follow.</param>
/// <param name="Stays">Probability that the user does not leave before the next request.</param>
public sealed record SlateValue(
    double WatchSeconds,
    double Seen,
    double Views,
    double Likes,
    double Follows,
    double Shares,
    double Comments,
    double Dislikes,
    double AnyLike,
    double AnyFollow,
    double Stays
) : RichRecord
{
    /// <summary>Expected utility.</summary>
    /// <param name="weights">What each kind of feedback counts; the defaults when null.</param>
    public double Utility(FeedUtility? weights = null)
    {
        weights ??= new FeedUtility();
        return weights.WatchMinute * WatchSeconds / 60
            + weights.View * Views
            + weights.Like * Likes
            + weights.Follow * Follows
            + weights.Share * Shares
            + weights.Comment * Comments
            + weights.Dislike * Dislikes;
    }

    /// <summary>Adds up a slate, place after place; what happens at a place depends on the items before it alone.</summary>
    internal static SlateValue Of(FeedLaw law, FeedViewer viewer, ReadOnlySpan<int> slate)
    {
        var (reach, noLike, noFollow) = (1.0, 1.0, 1.0); // reached; reached without a like, a follow so far
        var (endLike, endFollow) = (0.0, 0.0); // left without one
        var (watch, seen, views, likes) = (0.0, 0.0, 0.0, 0.0);
        var (follows, shares, comments, dislikes) = (0.0, 0.0, 0.0, 0.0);
        for (var place = 0; place < slate.Length; place++)
        {
            var one = law.At(viewer, slate, place);
            watch += reach * one.MeanSeconds;
            seen += reach;
            views += reach * (1 - one.Skip);
            likes += reach * one.Mean(after => after.Like);
            follows += reach * one.Mean(after => after.Follow);
            shares += reach * one.Mean(after => after.Share);
            comments += reach * one.Mean(after => after.Comment);
            dislikes += reach * one.Mean(after => after.Dislike);
            endLike += noLike * one.Mean(after => (1 - after.Like) * after.Exit);
            endFollow += noFollow * one.Mean(after => (1 - after.Follow) * after.Exit);
            noLike *= one.Mean(after => (1 - after.Like) * (1 - after.Exit));
            noFollow *= one.Mean(after => (1 - after.Follow) * (1 - after.Exit));
            reach *= 1 - one.Mean(after => after.Exit);
        }
        return new SlateValue(
            watch,
            seen,
            views,
            likes,
            follows,
            shares,
            comments,
            dislikes,
            1 - noLike - endLike,
            1 - noFollow - endFollow,
            reach
        );
    }
}
