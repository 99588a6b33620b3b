namespace GenRec.Shared.Data.Slates;

/// <summary>What a user did with one video that was shown; several at once.</summary>
[Flags]
public enum FeedActions
{
    /// <summary>Nothing: the video was skipped, or never reached.</summary>
    None = 0,

    /// <summary>Watched for at least three seconds (an effective view); without it the video was skipped.</summary>
    View = 1,

    /// <summary>Liked.</summary>
    Like = 2,

    /// <summary>Followed the author.</summary>
    Follow = 4,

    /// <summary>Shared.</summary>
    Share = 8,

    /// <summary>Commented.</summary>
    Comment = 16,

    /// <summary>Asked for less of this.</summary>
    Dislike = 32,

    /// <summary>Left the app after this video; what stood behind it was not seen.</summary>
    Exit = 64,
}
