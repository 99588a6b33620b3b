using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Worlds;

/// <summary>The truth about a simulated feed. For evaluation and figures; a model that reads it is cheating.</summary>
/// <remarks>
/// Questions by user are about the moment of <see cref="FeedWorld.Requests"/>, when the user comes back after the shipped
/// log. Expectations over one slate are exact; what has no closed form is simulated with a seed and comes with its error.
/// Answers do not depend on what was asked before. Safe to use from several threads.
/// </remarks>
public sealed class FeedOracle : RichObject
{
    private readonly FeedPreset preset;
    private readonly FeedCatalogue videos;
    private readonly FeedLaw law;
    private readonly FeedViewer[] newcomers;
    private readonly FeedViewer[] now;
    private readonly Func<ulong, FeedLife> lifeIn;

    internal FeedOracle(
        FeedPreset preset,
        FeedCatalogue videos,
        FeedLaw law,
        FeedViewer[] newcomers,
        FeedViewer[] now,
        Func<ulong, FeedLife> lifeIn
    )
    {
        (this.preset, this.videos, this.law) = (preset, videos, law);
        (this.newcomers, this.now, this.lifeIn) = (newcomers, now, lifeIn);
    }

    /// <summary>N, the number of videos.</summary>
    public int ItemCount => videos.Count;

    /// <summary>What a video really is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public VideoTruth Video(int item)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(item);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item, videos.Count);
        var topic = videos.Items.Topics[videos.Items.Topic[item]];
        return new VideoTruth(
            videos.Quality[item],
            videos.Seconds[item],
            videos.IsClickBait[item],
            videos.IsViral[item],
            $"{topic.Department} > {topic.Name}"
        );
    }

    /// <summary>How alike two videos are to a user, 0 for unrelated ones to 1; what tires in a slate.</summary>
    public double Similarity(int first, int second)
    {
        FeedRunner.CheckItems([first], 1, videos.Count, nameof(first));
        FeedRunner.CheckItems([second], 1, videos.Count, nameof(second));
        return videos.Similarity(first, second);
    }

    /// <summary>Every action probability at every place of a slate.</summary>
    /// <param name="user">Row of the data set.</param>
    /// <param name="slate">Item ids, none twice, of any length from 1 to that of the world's slates.</param>
    /// <exception cref="ArgumentException">The slate cannot be served, or there is no such user.</exception>
    public PlaceTruth[] Places(int user, ReadOnlySpan<int> slate)
    {
        var viewer = At(user, slate);
        var (places, reach) = (new PlaceTruth[slate.Length], 1.0);
        for (var place = 0; place < slate.Length; place++)
        {
            var one = law.At(viewer, slate, place);
            places[place] = new PlaceTruth(
                reach,
                one.Skip,
                one.Whole,
                one.Mean(after => after.Like),
                one.Mean(after => after.Follow),
                one.Mean(after => after.Share),
                one.Mean(after => after.Comment),
                one.Mean(after => after.Dislike),
                one.Mean(after => after.Exit),
                one.MeanSeconds,
                law.BoredomAt(viewer, slate, place)
            );
            reach *= 1 - places[place].Exit;
        }
        return places;
    }

    /// <summary>Exact expected value of a slate.</summary>
    /// <inheritdoc cref="Places" path="/param"/>
    /// <inheritdoc cref="Places" path="/exception"/>
    public SlateValue Value(int user, ReadOnlySpan<int> slate) => SlateValue.Of(law, At(user, slate), slate);

    /// <summary>Exact expected values of many slates.</summary>
    /// <param name="users">Rows of the data set, <c>[count]</c>; a user may occur often.</param>
    /// <param name="slates">Item ids <c>[count x m]</c>, slate after slate.</param>
    /// <returns><c>[count]</c>.</returns>
    /// <exception cref="ArgumentException">A slate cannot be served, or there is no such user.</exception>
    public SlateValue[] Values(int[] users, int[] slates)
    {
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(slates);
        var m = preset.SlateLength;
        if (slates.LongLength != (long)users.Length * m)
            throw new ArgumentException($"{slates.Length} items, need {users.Length} slates of {m}.", nameof(slates));
        for (var at = 0; at < users.Length; at++)
            At(users[at], slates.AsSpan(at * m, m));
        var values = new SlateValue[users.Length];
        Parallel.For(0, users.Length, at => values[at] = SlateValue.Of(law, now[users[at]], slates.AsSpan(at * m, m)));
        return values;
    }

    /// <summary>Exact expected value of each slate of a log, for the user as he or she was just then.</summary>
    /// <param name="log">A log of this world.</param>
    /// <param name="slates">Other slates for the same requests, <c>[Count x m]</c>; those that were served when null.</param>
    /// <returns><c>[Count]</c>.</returns>
    /// <exception cref="ArgumentException">The log is not of this world, or a slate cannot be served.</exception>
    public SlateValue[] Values(SlateLog log, int[]? slates = null)
    {
        Check(log);
        var m = log.SlateLength;
        if (slates is not null && slates.Length != log.Items.Length)
            throw new ArgumentException($"{slates.Length} items, need {log.Count} slates of {m}.", nameof(slates));
        for (var row = 0; slates is not null && row < log.Count; row++)
            FeedRunner.CheckItems(slates.AsSpan(row * m, m), m, videos.Count, $"Slate {row}");
        var values = new SlateValue[log.Count];
        Parallel.For(
            0,
            now.Length,
            user =>
                Replay(
                    log,
                    user,
                    (int)log.Offsets[user + 1],
                    (row, viewer) =>
                        values[row] = SlateValue.Of(
                            law,
                            viewer,
                            slates is null ? log.SlateOf(row) : slates.AsSpan(row * m, m)
                        )
                )
        );
        return values;
    }

    /// <summary>What would have happened at a request of a log had another slate been served: same user, same chance.</summary>
    /// <param name="log">A log of this world.</param>
    /// <param name="request">Row of the log.</param>
    /// <param name="slate">Item ids, <c>[m]</c>; the slate that was served gives what was logged.</param>
    /// <exception cref="ArgumentException">The log is not of this world, or the slate cannot be served.</exception>
    public SlateFeedback Counterfactual(SlateLog log, int request, ReadOnlySpan<int> slate)
    {
        Check(log);
        ArgumentOutOfRangeException.ThrowIfNegative(request);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(request, log.Count);
        FeedRunner.CheckItems(slate, log.SlateLength, videos.Count, nameof(slate));
        var then = Replay(log, log.Users[request], request, (_, _) => { });
        return lifeIn(log.Run).React(then, slate);
    }

    /// <summary>The mean of anything that can be read off the feedback, where no closed form exists.</summary>
    /// <param name="user">Row of the data set.</param>
    /// <param name="slate">Item ids, none twice.</param>
    /// <param name="measure">For example whether the session's watch time passes a minute. Called from several threads.</param>
    /// <param name="trials">Independent trials, at least 2.</param>
    /// <param name="seed">Equal seeds give equal estimates.</param>
    /// <exception cref="ArgumentException">The slate cannot be served, or there is no such user.</exception>
    public MonteCarloEstimate Estimate(
        int user,
        ReadOnlySpan<int> slate,
        Func<SlateFeedback, double> measure,
        int trials = 10_000,
        ulong seed = 1
    )
    {
        ArgumentNullException.ThrowIfNull(measure);
        return Simulate(user, slate, trials, seed, (life, viewer, items) => measure(life.React(viewer, items)));
    }

    /// <summary>Hours until the user comes back, had this slate been the last of the visit; sooner when it pleased.</summary>
    /// <inheritdoc cref="Estimate" path="/param"/>
    /// <inheritdoc cref="Estimate" path="/exception"/>
    public MonteCarloEstimate HoursUntilReturn(
        int user,
        ReadOnlySpan<int> slate,
        int trials = 10_000,
        ulong seed = 1
    ) =>
        Simulate(
            user,
            slate,
            trials,
            seed,
            (life, viewer, items) =>
            {
                var (copy, feedback) = (viewer.Copy(), life.React(viewer, items));
                var visit = copy.Visit;
                var before = copy.Time;
                life.Advance(copy, items, feedback);
                if (copy.Visit == visit)
                    return life.Leave(copy);
                var served = 0L;
                for (var place = 0; place < feedback.Seen; place++)
                    served += 1 + (long)Math.Ceiling((double)feedback.WatchSeconds[place]);
                return (copy.Time - before - served) / 3600.0;
            }
        );

    /// <summary>A very good slate: at each place the item that adds most to the expected utility of what stands so far.</summary>
    /// <remarks>Greedy, so not proven the best; trying every slate is out of reach.</remarks>
    /// <param name="user">Row of the data set.</param>
    /// <param name="weights">What each kind of feedback counts; the defaults when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such user.</exception>
    public int[] GreedySlate(int user, FeedUtility? weights = null)
    {
        var viewer = At(user, [1]);
        var slate = new int[preset.SlateLength];
        var worth = new double[videos.Count + 1];
        worth[0] = double.NegativeInfinity;
        for (var place = 0; place < slate.Length; place++)
        {
            var end = place + 1;
            Parallel.For(
                1,
                videos.Count + 1,
                item =>
                {
                    Span<int> tried = stackalloc int[end];
                    slate.AsSpan(0, end).CopyTo(tried);
                    tried[^1] = item;
                    worth[item] = tried[..^1].Contains(item)
                        ? double.NegativeInfinity
                        : SlateValue.Of(law, viewer, tried).Utility(weights);
                }
            );
            slate[place] = Array.IndexOf(worth, worth.Max(), 1);
        }
        return slate;
    }

    private MonteCarloEstimate Simulate(
        int user,
        ReadOnlySpan<int> slate,
        int trials,
        ulong seed,
        Func<FeedLife, FeedViewer, int[], double> measure
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 2);
        var (viewer, items, results) = (At(user, slate), slate.ToArray(), new double[trials]);
        // Runs of logs are small numbers; trials take theirs from the other end.
        Parallel.For(
            0,
            trials,
            trial => results[trial] = measure(lifeIn(ulong.MaxValue - seed * 1_000_003 - (ulong)trial), viewer, items)
        );
        var (mean, spread) = (results.Average(), 0.0);
        foreach (var result in results)
            spread += (result - mean) * (result - mean);
        return new MonteCarloEstimate(mean, Math.Sqrt(spread / (trials - 1) / trials), trials);
    }

    // The state before a row follows from the log: what was served and done, and the run's random numbers.
    private FeedViewer Replay(SlateLog log, int user, int until, Action<int, FeedViewer> look)
    {
        var (viewer, life) = ((log.Run == 0 ? newcomers : now)[user].Copy(), lifeIn(log.Run));
        for (var row = log.FirstOf(user); row < until; row++)
        {
            look(row, viewer);
            life.Advance(viewer, log.SlateOf(row), log.FeedbackOf(row));
        }
        return viewer;
    }

    private FeedViewer At(int user, ReadOnlySpan<int> slate)
    {
        if ((uint)user >= (uint)now.Length)
            throw new ArgumentOutOfRangeException(nameof(user), user, $"There are {now.Length} users.");
        if (slate.Length > preset.SlateLength)
            throw new ArgumentException(
                $"The slate has {slate.Length} items, at most {preset.SlateLength} are served."
            );
        FeedRunner.CheckItems(slate, Math.Max(1, slate.Length), videos.Count, nameof(slate));
        return now[user];
    }

    private void Check(SlateLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (log.Offsets.Length != now.Length + 1 || log.SlateLength != preset.SlateLength)
            throw new ArgumentException(
                $"The log has {log.Offsets.Length - 1} users and slates of {log.SlateLength}, this world {now.Length} and "
                    + $"{preset.SlateLength}: it is another world's.",
                nameof(log)
            );
    }
}
