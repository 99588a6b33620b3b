using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Display;

namespace GenRec.Shared.Experiments;

/// <summary>What slates are really worth, mean over users.</summary>
/// <param name="Name">Who chose them.</param>
/// <param name="Users">How many users were served one.</param>
/// <param name="Utility">Expected utility, see <see cref="FeedUtility"/>.</param>
/// <param name="UtilityError">Its standard error over users.</param>
/// <param name="WatchSeconds">Expected watch time of the session.</param>
/// <param name="Likes">Expected likes.</param>
/// <param name="Follows">Expected new followed authors.</param>
/// <param name="Stays">Probability that the user does not leave.</param>
/// <param name="Diversity">One minus the mean likeness of two videos of a slate, <c>0..1</c>.</param>
/// <param name="RepeatShare">Share of places whose video stands in the slate already.</param>
/// <param name="SeenShare">Share of places whose video the user had engaged with before.</param>
/// <param name="CatalogueShare">Share of the catalogue that was served to somebody.</param>
/// <param name="Utilities">Expected utility of each slate, in the order of users, for paired comparisons.</param>
public sealed record SlateReport(
    string Name,
    int Users,
    double Utility,
    double UtilityError,
    double WatchSeconds,
    double Likes,
    double Follows,
    double Stays,
    double Diversity,
    double RepeatShare,
    double SeenShare,
    double CatalogueShare,
    double[] Utilities
) : RichRecord
{
    /// <summary>By name, for records; the utilities of single users left out.</summary>
    public IReadOnlyDictionary<string, double> Metrics() =>
        new Dictionary<string, double>
        {
            ["utility"] = Utility,
            ["utilityError"] = UtilityError,
            ["watchSeconds"] = WatchSeconds,
            ["likes"] = Likes,
            ["follows"] = Follows,
            ["stays"] = Stays,
            ["diversity"] = Diversity,
            ["repeatShare"] = RepeatShare,
            ["seenShare"] = SeenShare,
            ["catalogueShare"] = CatalogueShare,
        };

    /// <summary>Several below each other.</summary>
    public static Table Compare(params IReadOnlyList<SlateReport> reports) =>
        Table.Of(
            reports,
            ("slates of", report => report.Name),
            (new TableColumn("utility", "F4"), report => report.Utility),
            (new TableColumn("standard error", "F4"), report => report.UtilityError),
            (new TableColumn("watch seconds", "F2"), report => report.WatchSeconds),
            (new TableColumn("likes", "F4"), report => report.Likes),
            (new TableColumn("follows", "F4"), report => report.Follows),
            (new TableColumn("stays", "P1"), report => report.Stays),
            (new TableColumn("diversity", "F3"), report => report.Diversity),
            (new TableColumn("repeats", "P1"), report => report.RepeatShare),
            (new TableColumn("seen before", "P1"), report => report.SeenShare),
            (new TableColumn("catalogue", "P1"), report => report.CatalogueShare)
        );

    /// <inheritdoc/>
    protected override Table AsTable() => Compare(this);
}

/// <summary>True-utility evaluation on the embedded feed: what a policy would serve, under the oracle.</summary>
/// <remarks>
/// The paper scores sessions with the reward model that chose its training pairs; here the simulated users' own expectations
/// do. Every user is asked for once, at the first request after the shipped log.
/// </remarks>
public static class FeedEvaluation
{
    /// <summary>What a policy serves at the first request of every user after the log.</summary>
    /// <param name="world">The feed.</param>
    /// <param name="policy">Chooses from what a platform can observe.</param>
    /// <param name="users">Who is served; all users in their order when null.</param>
    /// <returns>Item ids, <c>[users x m]</c>, in the order of users.</returns>
    public static int[] SlatesOf(FeedWorld world, ISlatePolicy policy, int[]? users = null)
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(policy);
        var requests = world.Requests();
        if (users is not null)
            requests = requests.At(users);
        var choices = new SlateChoices(requests.Count, requests.SlateLength);
        policy.Choose(requests, choices);
        return choices.Items;
    }

    /// <summary>Serves every user and measures the slates.</summary>
    /// <param name="world">The feed.</param>
    /// <param name="policy">Chooses from what a platform can observe.</param>
    /// <param name="weights">What each kind of feedback counts; the defaults when null.</param>
    /// <param name="users">Who is served; all users when null.</param>
    public static SlateReport Measure(
        FeedWorld world,
        ISlatePolicy policy,
        FeedUtility? weights = null,
        int[]? users = null
    )
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Measure(world, policy.Name, SlatesOf(world, policy, users), users, weights);
    }

    /// <summary>Measures slates for users at their first request after the log.</summary>
    /// <param name="world">The feed.</param>
    /// <param name="name">Who chose them.</param>
    /// <param name="slates">Item ids, <c>[users x m]</c>.</param>
    /// <param name="users">Whose; all users in their order when null.</param>
    /// <param name="weights">What each kind of feedback counts; the defaults when null.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, or an item is unknown. A repeated item is no error; it is worth nothing.</exception>
    public static SlateReport Measure(
        FeedWorld world,
        string name,
        int[] slates,
        int[]? users = null,
        FeedUtility? weights = null
    )
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(slates);
        users ??= [.. Enumerable.Range(0, world.Preset.Users)];
        var (m, requests) = (world.Preset.SlateLength, world.Requests());
        if (users.Length == 0 || slates.Length != users.Length * m)
            throw new ArgumentException($"{slates.Length} items, need {users.Length} slates of {m}.", nameof(slates));
        foreach (var item in slates)
            if (item < 1 || item > world.Oracle.ItemCount)
                throw new ArgumentException(
                    $"The slates hold item {item}; items are 1..{world.Oracle.ItemCount}.",
                    nameof(slates)
                );
        var values = new SlateValue[users.Length];
        Parallel.For(
            0,
            users.Length,
            at => values[at] = world.Oracle.Value(users[at], slates.AsSpan(at * m, m).ToArray().Distinct().ToArray())
        );
        var utilities = Array.ConvertAll(values, value => value.Utility(weights));
        var mean = utilities.Average();
        var spread = utilities.Sum(one => (one - mean) * (one - mean)) / Math.Max(1, users.Length - 1);
        var (likeness, repeats, seen) = (0.0, 0, 0);
        for (var at = 0; at < users.Length; at++)
        {
            var slate = slates.AsSpan(at * m, m);
            var known = requests.History(users[at]).Positives(int.MaxValue).ToHashSet();
            for (var place = 0; place < m; place++)
            {
                repeats += slate[..place].Contains(slate[place]) ? 1 : 0;
                seen += known.Contains(slate[place]) ? 1 : 0;
                for (var other = 0; other < place; other++)
                    likeness += world.Oracle.Similarity(slate[place], slate[other]);
            }
        }
        double places = users.Length * m;
        return new SlateReport(
            name,
            users.Length,
            mean,
            Math.Sqrt(spread / users.Length),
            values.Average(value => value.WatchSeconds),
            values.Average(value => value.Likes),
            values.Average(value => value.Follows),
            values.Average(value => value.Stays),
            m == 1 ? 1 : 1 - likeness / (users.Length * m * (m - 1) / 2.0),
            repeats / places,
            seen / places,
            slates.Distinct().Count() / (double)world.Oracle.ItemCount,
            utilities
        );
    }

    /// <summary>The pipeline that wrote most of the log, at the same requests: what is to be beaten.</summary>
    public static SlateReport Logged(FeedWorld world, FeedUtility? weights = null)
    {
        ArgumentNullException.ThrowIfNull(world);
        return Measure(world, world.Traditional, weights);
    }

    /// <summary>The greedy oracle's slates for the first users: a height that no policy can be expected to reach.</summary>
    /// <param name="world">The feed.</param>
    /// <param name="users">How many users; each takes one look at every video and place.</param>
    /// <param name="weights">What each kind of feedback counts; the defaults when null.</param>
    public static SlateReport Greedy(FeedWorld world, int users = 100, FeedUtility? weights = null)
    {
        ArgumentNullException.ThrowIfNull(world);
        int[] rows = [.. Enumerable.Range(0, Math.Min(users, world.Preset.Users))];
        return Measure(
            world,
            "greedy oracle",
            [.. rows.SelectMany(user => world.Oracle.GreedySlate(user, weights))],
            rows,
            weights
        );
    }

    /// <summary>Items by how many users engaged with them in the shipped log, most first: for users without a history.</summary>
    public static int[] PopularItems(FeedWorld world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var counts = new int[world.Oracle.ItemCount + 1];
        var (log, m) = (world.Slates, world.Slates.SlateLength);
        for (var row = 0; row < log.Count; row++)
        for (var place = row * m; place < row * m + log.Seen[row]; place++)
            if (FeedHistory.IsPositive(log.Actions[place]))
                counts[log.Items[place]]++;
        return [.. Enumerable.Range(1, world.Oracle.ItemCount).OrderByDescending(item => counts[item])];
    }
}
