namespace GenRec.Shared.Data.Worlds;

/// <summary>What stays the same about a user of the feed.</summary>
/// <param name="Tastes">Favourite authors (as brands), styles and colours.</param>
/// <param name="FirstInterests">Long-term taste when the log begins; it drifts from there.</param>
/// <param name="LikedLogSeconds">Natural logarithm of the preferred duration over 20 s.</param>
/// <param name="Like">Propensity to like, as a shift of the logit; so are the next four.</param>
/// <param name="Follow">To follow authors.</param>
/// <param name="Share">To share.</param>
/// <param name="Comment">To comment.</param>
/// <param name="Dislike">To say so when something displeases.</param>
/// <param name="Patience">To stay; a larger one means a smaller chance of leaving after each video.</param>
/// <param name="Boredom">How fast alike videos tire, around 1.</param>
/// <param name="GapHours">Typical hours between visits.</param>
/// <param name="Activity">Share of the requests relative to others.</param>
internal sealed record ViewerTraits(
    UserTraits Tastes,
    Interests FirstInterests,
    double LikedLogSeconds,
    double Like,
    double Follow,
    double Share,
    double Comment,
    double Dislike,
    double Patience,
    double Boredom,
    double GapHours,
    double Activity
);

/// <summary>State of one user just before a request; it fixes what the user would do with any slate.</summary>
internal sealed class FeedViewer(int user, ViewerTraits traits, int items, int topics)
{
    private readonly ulong[] seen = new ulong[items / 64 + 1];

    public int User { get; } = user;
    public ViewerTraits Traits { get; } = traits;
    public Interests Interests { get; set; } = traits.FirstInterests;

    /// <summary>The topic on the user's mind during this visit, or -1.</summary>
    public int Intent { get; set; } = -1;

    /// <summary>Bit a: author a is followed.</summary>
    public ulong Followed { get; set; }

    /// <summary>How tired the user is of each topic, not negative; <c>[topics]</c>.</summary>
    public double[] Tired { get; } = new double[topics];

    /// <summary>Unix seconds of the request.</summary>
    public long Time { get; set; }

    /// <summary>Number of the request, from 0, over the whole life.</summary>
    public int Request { get; set; }

    /// <summary>Number of the visit, from 0.</summary>
    public int Visit { get; set; }

    /// <summary>Videos reached in this visit.</summary>
    public int Shown { get; set; }

    /// <summary>Sum over the visit of how each video pleased.</summary>
    public double Pleasure { get; set; }

    public bool HasSeen(int item) => (seen[item >> 6] >> (item & 63) & 1) != 0;

    public void MarkSeen(int item) => seen[item >> 6] |= 1ul << (item & 63);

    public FeedViewer Copy()
    {
        var copy = new FeedViewer(User, Traits, seen.Length * 64 - 1, Tired.Length)
        {
            Interests = Interests,
            Intent = Intent,
            Followed = Followed,
            Time = Time,
            Request = Request,
            Visit = Visit,
            Shown = Shown,
            Pleasure = Pleasure,
        };
        seen.CopyTo(copy.seen, 0);
        Tired.CopyTo(copy.Tired, 0);
        return copy;
    }
}
