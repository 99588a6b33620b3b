using GenRec.Shared.Data.Slates;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Lets the users of a feed live: what they do with a slate, and what becomes of them after it.</summary>
/// <remarks>Random numbers belong to a run, a user and a request; nothing depends on who else is served, or when.</remarks>
internal sealed class FeedLife(FeedCatalogue videos, FeedLaw law, CounterRandom run)
{
    /// <summary>Pauses between visits are longer, so that cutting the log at 30 minutes finds the visits.</summary>
    public const double ShortestPauseHours = 0.75;

    private const int Places = 32; // a request, at least the longest slate
    private const double InterestTurnover = 0.03; // a visit
    private const double TiredHalfLifeHours = 8;

    private readonly CounterRandom feedback = run.Fork("feedback");
    private readonly CounterRandom visits = run.Fork("visits");
    private readonly CounterRandom drift = run.Fork("drift");

    /// <summary>Users as they are before the log begins.</summary>
    public static FeedViewer[] Newcomers(FeedPreset preset, FeedCatalogue videos, CounterRandom random)
    {
        var viewers = new FeedViewer[preset.Users];
        var (traits, own) = (random.Fork("traits"), random.Fork("propensities"));
        for (var user = 0; user < viewers.Length; user++)
        {
            var who = new ViewerTraits(
                Simulator.DrawTastes(traits, user),
                Simulator.DrawInterests(videos.Items, traits, user),
                LikedLogSeconds: 0.6 * own.At(user, 0).Normal,
                Like: 0.8 * own.At(user, 1).Normal,
                Follow: 0.8 * own.At(user, 2).Normal,
                Share: 0.8 * own.At(user, 3).Normal,
                Comment: 0.8 * own.At(user, 4).Normal,
                Dislike: 0.6 * own.At(user, 5).Normal,
                Patience: 0.4 * own.At(user, 6).Normal,
                Boredom: PortableMath.Exp(0.4 * own.At(user, 7).Normal),
                GapHours: 10 * PortableMath.Exp(0.5 * own.At(user, 8).Normal),
                Activity: PortableMath.Exp(0.6 * own.At(user, 9).Normal)
            );
            viewers[user] = new FeedViewer(user, who, videos.Count, videos.Items.Topics.Length)
            {
                Time = FeedCatalogue.FirstSecond + (long)(own.At(user, 10).Double * FeedCatalogue.Day),
            };
        }
        return viewers;
    }

    /// <summary>What a user does with a slate; the user stays as before.</summary>
    /// <param name="viewer">State of the user.</param>
    /// <param name="slate">Item ids, first position first.</param>
    public SlateFeedback React(FeedViewer viewer, ReadOnlySpan<int> slate)
    {
        var (watch, actions) = (new float[slate.Length], new FeedActions[slate.Length]);
        for (var place = 0; place < slate.Length; place++)
        {
            var draws = (ulong)(viewer.Request * Places + place) * 4;
            var one = law.At(viewer, slate, place);
            (watch[place], actions[place]) = React(one, (ulong)viewer.User, draws);
            if ((actions[place] & FeedActions.Exit) != 0)
                return new SlateFeedback(place + 1, watch, actions);
        }
        return new SlateFeedback(slate.Length, watch, actions);
    }

    private (float, FeedActions) React(in ItemLaw one, ulong user, ulong draws)
    {
        var (how, first) = (feedback.At(user, draws), feedback.At(user, draws + 1));
        var (second, third) = (feedback.At(user, draws + 2), feedback.At(user, draws + 3));
        var fraction = Uniform(how.Second);
        var (seconds, after, done) =
            how.Double < one.Skip ? (FeedLaw.ShortestView * fraction, one.AfterSkip, FeedActions.None)
            : how.Double < one.Skip + one.Part
                ? (
                    FeedLaw.ShortestView
                        + (one.Seconds - FeedLaw.ShortestView)
                            * PortableMath.Exp(PortableMath.Log(fraction) / one.Shape),
                    one.AfterPart,
                    FeedActions.View
                )
            : (one.Seconds * (fraction < one.Again ? 2 : 1), one.AfterWhole, FeedActions.View);
        done |= Happens(Uniform(first.UInt64), after.Like, FeedActions.Like);
        done |= Happens(Uniform(first.Second), after.Follow, FeedActions.Follow);
        done |= Happens(Uniform(second.UInt64), after.Share, FeedActions.Share);
        done |= Happens(Uniform(second.Second), after.Comment, FeedActions.Comment);
        done |= Happens(Uniform(third.UInt64), after.Dislike, FeedActions.Dislike);
        done |= Happens(Uniform(third.Second), after.Exit, FeedActions.Exit);
        return ((float)seconds, done);

        static FeedActions Happens(double number, double chance, FeedActions action) =>
            number < chance ? action : FeedActions.None;
    }

    /// <summary>Moves a user past a slate, to the state before the next request.</summary>
    /// <param name="viewer">Changed.</param>
    /// <param name="slate">What was served.</param>
    /// <param name="done">What the user did with it.</param>
    public void Advance(FeedViewer viewer, ReadOnlySpan<int> slate, SlateFeedback done)
    {
        for (var place = 0; place < done.Seen; place++)
        {
            var (item, actions) = (slate[place], done.Actions[place]);
            viewer.MarkSeen(item);
            viewer.Tired[videos.Items.Topic[item]] += 0.25;
            if ((actions & FeedActions.Follow) != 0)
                viewer.Followed |= 1ul << videos.Items.Brand[item];
            viewer.Pleasure += Pleasure(item, done.WatchSeconds[place], actions);
            viewer.Time += 1 + (long)Math.Ceiling((double)done.WatchSeconds[place]);
        }
        viewer.Shown += done.Seen;
        viewer.Request++;
        if (done.Left)
            Leave(viewer);
    }

    /// <summary>Ends the visit, and begins the next one when the user comes back.</summary>
    /// <returns>Hours in between.</returns>
    public double Leave(FeedViewer viewer)
    {
        var hours = HoursAway(viewer);
        BeginVisit(viewer, viewer.Time + (long)(hours * 3600), hours);
        return hours;
    }

    /// <summary>Ends whatever the user is doing and begins a visit on a later day.</summary>
    public void Resume(FeedViewer viewer, long morning)
    {
        var draw = visits.At(viewer.User, 16 * viewer.Visit + 8).Double;
        var time = morning + (long)(draw * FeedCatalogue.Day / 2);
        BeginVisit(viewer, time, (time - viewer.Time) / 3600.0);
    }

    // A visit that pleased brings the user back sooner; few come at night.
    private double HoursAway(FeedViewer viewer)
    {
        var mean = viewer.Traits.GapHours * PortableMath.Exp(-0.8 * (viewer.Pleasure / viewer.Shown - 0.5));
        var draw = visits.At(viewer.User, 16 * viewer.Visit);
        var hours = ShortestPauseHours - mean * PortableMath.Log(1 - draw.Double);
        var atNight = (viewer.Time + (long)(hours * 3600)) / 3600 % 24 < 7;
        return atNight && Uniform(draw.Second) < 0.8 ? hours + 7 : hours;
    }

    private void BeginVisit(FeedViewer viewer, long time, double hoursAway)
    {
        viewer.Visit++;
        (viewer.Time, viewer.Shown, viewer.Pleasure) = (time, 0, 0);
        var rest = PortableMath.Exp(-0.6931471805599453 * hoursAway / TiredHalfLifeHours);
        for (var topic = 0; topic < viewer.Tired.Length; topic++)
            viewer.Tired[topic] *= rest;
        viewer.Interests = Simulator.Drift(
            videos.Items,
            drift,
            viewer.User,
            viewer.Visit,
            viewer.Interests,
            InterestTurnover
        );
        var (mood, which) = (
            visits.At(viewer.User, 16 * viewer.Visit + 1),
            visits.At(viewer.User, 16 * viewer.Visit + 2)
        );
        var topics = viewer.Interests.Topics;
        var known = topics[which.Below(topics.Length)];
        viewer.Intent =
            mood.Double < 0.4 ? known
            : mood.Double < 0.55 ? videos.Items.Links[known][1]
            : -1;
    }

    // What drives return visits: content and liked, not merely caught; click-bait and viral videos leave little.
    private double Pleasure(int item, float seconds, FeedActions actions) =>
        0.6 * Math.Min(1, seconds / videos.Seconds[item])
        + 0.25 * videos.Quality[item]
        + ((actions & (FeedActions.Like | FeedActions.Follow)) != 0 ? 0.4 : 0)
        - ((actions & FeedActions.Dislike) != 0 ? 1.5 : 0)
        - (videos.IsClickBait[item] ? 0.5 : 0)
        - (videos.IsViral[item] ? 0.3 : 0);

    private static double Uniform(ulong bits) => ((bits >> 11) + 0.5) * (1.0 / (1ul << 53));
}
