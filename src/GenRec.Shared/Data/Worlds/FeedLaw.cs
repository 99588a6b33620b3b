using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>What a user does after a video was skipped, watched in part, or watched to its end: chances in [0, 1].</summary>
internal readonly record struct AfterWatching(
    double Like,
    double Follow,
    double Share,
    double Comment,
    double Dislike,
    double Exit
);

/// <summary>The law of one video at its place in a slate. Skip, part and whole exclude each other and sum to 1.</summary>
/// <param name="Skip">Chance of less than three seconds; then 1.5 s on average.</param>
/// <param name="Part">Chance of a watch that ends early, at <c>3 + f (duration - 3)</c> seconds with f = U^(1/Shape).</param>
/// <param name="Whole">Chance of a watch to the end.</param>
/// <param name="Again">Chance of a second watch right after the first, given the whole.</param>
/// <param name="Shape">Larger is longer; the mean of f is Shape / (Shape + 1).</param>
/// <param name="Seconds">Duration.</param>
/// <param name="AfterSkip">What follows a skip.</param>
/// <param name="AfterPart">What follows a watch in part.</param>
/// <param name="AfterWhole">What follows a watch to the end, once or twice.</param>
internal readonly record struct ItemLaw(
    double Skip,
    double Part,
    double Whole,
    double Again,
    double Shape,
    double Seconds,
    AfterWatching AfterSkip,
    AfterWatching AfterPart,
    AfterWatching AfterWhole
)
{
    public double MeanSeconds =>
        Skip * FeedLaw.ShortestView / 2
        + Part * (FeedLaw.ShortestView + (Seconds - FeedLaw.ShortestView) * Shape / (Shape + 1))
        + Whole * Seconds * (1 + Again);

    /// <summary>Mean of something over the three ways to watch.</summary>
    public double Mean(Func<AfterWatching, double> of) =>
        Skip * of(AfterSkip) + Part * of(AfterPart) + Whole * of(AfterWhole);
}

/// <summary>Every chance in the feed: the simulator draws from these, the oracle adds them up.</summary>
/// <remarks>
/// All that matters about a video for this user now is its appeal, from which boredom is taken off, its duration against
/// the user's habit, and whether it is click-bait or viral. What happens at a place depends on which items stand before
/// it in the slate, not on what was done with them; therefore expectations over a slate have a closed form.
/// </remarks>
internal sealed class FeedLaw(FeedCatalogue videos, FeedPreset preset)
{
    public const double ShortestView = 3; // seconds

    private const double InSlateBoredom = 2.2;
    private const double BoredomFading = 0.75; // a place: the neighbour tires most
    private const double TopicBoredom = 0.5;
    private const double AlreadySeen = 1.5;

    /// <summary>Taste without the moment: topic, author, style and colour against long-term interests.</summary>
    public double Taste(UserTraits tastes, Interests interests, int item)
    {
        var (topic, department) = (videos.Items.Topic[item], videos.Items.Department(item));
        var match = -0.9;
        for (var k = 0; k < interests.Topics.Length; k++)
            if (interests.Topics[k] == topic)
                match = Math.Max(match, 0.5 + 1.5 * interests.Weights[k]);
            else if (interests.Topics[k] / 6 == department)
                match = Math.Max(match, -0.3);
        return match
            + ((tastes.Brands >> videos.Items.Brand[item] & 1) != 0 ? 0.4 : 0)
            + ((tastes.Styles >> videos.Items.Style[item] & 1) != 0 ? 0.3 : 0)
            + ((tastes.Colours >> videos.Items.Colour[item] & 1) != 0 ? 0.15 : 0);
    }

    /// <summary>How a video appeals to a user at this moment on its own, about -3..3.</summary>
    public double Appeal(FeedViewer viewer, int item) =>
        Taste(viewer.Traits.Tastes, viewer.Interests, item)
        + 0.6 * videos.Quality[item]
        + (viewer.Intent == videos.Items.Topic[item] ? 0.7 : 0)
        + ((viewer.Followed >> videos.Items.Brand[item] & 1) != 0 ? 0.4 : 0)
        - (viewer.HasSeen(item) ? AlreadySeen : 0)
        - preset.Boredom * TopicBoredom * viewer.Traits.Boredom * viewer.Tired[videos.Items.Topic[item]];

    /// <summary>What alike videos earlier in the slate take off the appeal at a place, not negative.</summary>
    public double BoredomAt(FeedViewer viewer, ReadOnlySpan<int> slate, int place)
    {
        var (sum, weight) = (0.0, 1.0);
        for (var before = place - 1; before >= 0; before--, weight *= BoredomFading)
            sum += weight * videos.Similarity(slate[before], slate[place]);
        return preset.Boredom * InSlateBoredom * viewer.Traits.Boredom * sum;
    }

    /// <summary>The law at a place of a slate.</summary>
    public ItemLaw At(FeedViewer viewer, ReadOnlySpan<int> slate, int place)
    {
        var item = slate[place];
        var author = videos.Items.Brand[item];
        var canFollow = (viewer.Followed >> author & 1) == 0;
        for (var before = 0; before < place; before++)
            canFollow &= videos.Items.Brand[slate[before]] != author; // offered once in a slate
        return Of(viewer, item, BoredomAt(viewer, slate, place), viewer.Shown + place, canFollow);
    }

    /// <summary>The law of a video.</summary>
    /// <param name="viewer">State of the user.</param>
    /// <param name="item">The video.</param>
    /// <param name="boredom">What earlier videos of the slate take off its appeal.</param>
    /// <param name="shown">Videos reached in this visit before it; the longer, the likelier the user leaves.</param>
    /// <param name="canFollow">Whether its author can still be followed.</param>
    public ItemLaw Of(FeedViewer viewer, int item, double boredom, int shown, bool canFollow)
    {
        var who = viewer.Traits;
        var appeal = Appeal(viewer, item) - boredom;
        var (bait, viral) = (videos.IsClickBait[item] ? 1.0 : 0.0, videos.IsViral[item] ? 1.0 : 0.0);
        var skip = 1 - Sigmoid(0.4 + 1.1 * appeal + 1.1 * bait + 0.5 * viral);
        var whole = Sigmoid(0.1 + 0.9 * appeal - 1.1 * bait - 0.8 * (videos.LogSeconds[item] - who.LikedLogSeconds));
        var again = 0.5 * Sigmoid(appeal - 1) * PortableMath.Exp(-videos.Seconds[item] / 20);
        var shape = PortableMath.Exp(0.4 * (appeal - bait));
        return new ItemLaw(
            skip,
            (1 - skip) * (1 - whole),
            (1 - skip) * whole,
            again,
            shape,
            videos.Seconds[item],
            After(-1),
            After(0),
            After(1)
        );

        AfterWatching After(int way) // -1 skipped, 0 in part, 1 to the end
        {
            var exit = Sigmoid(
                -2.2 - who.Patience - 0.45 * appeal - 0.5 * way + 0.3 * preset.Boredom * boredom + 0.03 * shown
            );
            var dislike = Sigmoid(who.Dislike - 4.2 - 0.8 * appeal - 1.2 * way + 1.3 * bait);
            if (way < 0)
                return new AfterWatching(0, 0, 0, 0, dislike, exit);
            return new AfterWatching(
                Sigmoid(who.Like - 3.4 + 1.0 * appeal + 0.9 * way - 0.8 * bait),
                canFollow ? Sigmoid(who.Follow - 5.2 + 1.0 * appeal + 0.7 * way) : 0,
                Sigmoid(who.Share - 4.8 + 0.7 * appeal + 0.6 * way + 1.6 * viral),
                Sigmoid(who.Comment - 4.3 + 0.5 * appeal + 0.4 * way + 0.5 * bait),
                dislike,
                exit
            );
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + PortableMath.Exp(-x));
}
