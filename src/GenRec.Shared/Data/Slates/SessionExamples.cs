using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Slates;

/// <summary>Training pairs of a session generator: what a user had engaged with before, and the session that was served then.</summary>
/// <remarks>
/// OneRec (arXiv:2502.18965), section 3.2: the history is the last n videos with an effective view, like, follow or share and
/// without a dislike; the session is the m videos of one request, if it passes the <see cref="SessionRules"/>. Histories are
/// kept as places in one list of each user's engaged videos, so that n does not multiply memory. Plain arrays.
/// </remarks>
public sealed class SessionExamples : RichObject
{
    private readonly int[] positives; // engaged items, user after user, oldest first
    private readonly Example[] examples;
    private readonly int[] items; // [Count x m]

    private SessionExamples(
        int itemCount,
        int length,
        SessionRules rules,
        SessionCounts counts,
        int[] positives,
        Example[] examples,
        int[] items
    )
    {
        (ItemCount, Length, Rules, Counts) = (itemCount, length, rules, counts);
        (this.positives, this.examples, this.items) = (positives, examples, items);
    }

    /// <summary>N: items are <c>1..N</c>.</summary>
    public int ItemCount { get; }

    /// <summary>m, items of a session.</summary>
    public int Length { get; }

    /// <summary>The rules that they passed.</summary>
    public SessionRules Rules { get; }

    /// <summary>What each rule kept.</summary>
    public SessionCounts Counts { get; }

    /// <summary>Number of pairs.</summary>
    public int Count => examples.Length;

    /// <summary>Whose a pair is: row of the log's users.</summary>
    public int UserOf(int example) => examples[example].User;

    /// <summary>Which request of the log a pair was: the row of a <see cref="SlateLog"/>, else the session's first interaction.</summary>
    public int RequestOf(int example) => examples[example].Request;

    /// <summary>The last n positively engaged items before, oldest first; never empty.</summary>
    public ReadOnlySpan<int> HistoryOf(int example) =>
        positives.AsSpan(examples[example].From, examples[example].To - examples[example].From);

    /// <summary>Items of the session, <c>[m]</c>.</summary>
    public ReadOnlySpan<int> SessionOf(int example) => items.AsSpan(example * Length, Length);

    /// <summary>Pairs of a log of slates.</summary>
    /// <param name="log">Served slates; their first videos up to <see cref="SlateLog.Seen"/> were reached.</param>
    /// <param name="itemCount">N of the catalogue.</param>
    /// <param name="rules">Which sessions are kept; the paper's rules where null.</param>
    /// <exception cref="ArgumentException">A slate has an unknown item, a rule is out of range, or no session is left.</exception>
    public static SessionExamples Of(SlateLog log, int itemCount, SessionRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        var builder = new Builder(itemCount, log.SlateLength, rules ?? new SessionRules());
        var m = log.SlateLength;
        for (var user = 0; user + 1 < log.Offsets.Length; user++)
        {
            builder.Begin(user);
            for (var row = (int)log.Offsets[user]; row < log.Offsets[user + 1]; row++)
                builder.Add(
                    row,
                    log.SlateOf(row),
                    log.Seen[row],
                    log.WatchSeconds.Slice(row * m, m),
                    log.Actions.Slice(row * m, m)
                );
        }
        return builder.Build();
    }

    /// <summary>Pairs of a log that knows no slates: a session is cut into runs of m videos, what is left at its end is too short.</summary>
    /// <param name="sessions">A log and where it is cut, for example KuaiRand's by a pause of 30 minutes.</param>
    /// <param name="columns">Where the log has its feedback.</param>
    /// <param name="length">m, items of a session.</param>
    /// <param name="rules">Which sessions are kept; the paper's rules where null.</param>
    /// <exception cref="ArgumentException">The log lacks a column, a rule is out of range, or no session is left.</exception>
    public static SessionExamples Of(SessionIndex sessions, FeedColumns columns, int length, SessionRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var builder = new Builder(sessions.Log.ItemCount, length, rules ?? new SessionRules());
        var (watch, actions) = columns.Of(sessions.Log);
        for (var session = 0; session < sessions.Count; session++)
        {
            if (session == 0 || sessions.Users[session] != sessions.Users[session - 1])
                builder.Begin(sessions.Users[session]);
            for (var (at, end) = (sessions.Starts[session], sessions.Starts[session + 1]); at < end; at += length)
            {
                var count = Math.Min(length, end - at);
                builder.Add(
                    at,
                    sessions.Log.Items.Slice(at, count),
                    count,
                    watch.AsSpan(at, count),
                    actions.AsSpan(at, count)
                );
            }
        }
        return builder.Build();
    }

    /// <summary>Some pairs as a batch: histories and their sessions, copied.</summary>
    /// <param name="rows">Which pairs.</param>
    public SessionBatch Batch(ReadOnlySpan<int> rows)
    {
        var (offsets, users, sessions) = (
            new long[rows.Length + 1],
            new int[rows.Length],
            new int[rows.Length * Length]
        );
        for (var row = 0; row < rows.Length; row++)
        {
            offsets[row + 1] = offsets[row] + HistoryOf(rows[row]).Length;
            users[row] = UserOf(rows[row]);
            SessionOf(rows[row]).CopyTo(sessions.AsSpan(row * Length));
        }
        var histories = new int[offsets[^1]];
        for (var row = 0; row < rows.Length; row++)
            HistoryOf(rows[row]).CopyTo(histories.AsSpan((int)offsets[row]));
        return new SessionBatch(new Histories(offsets, histories, users), sessions, Length);
    }

    /// <summary>Some of the pairs, in the order given; nothing is copied but the sessions.</summary>
    public SessionExamples At(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var chosen = new int[rows.Count * Length];
        for (var row = 0; row < rows.Count; row++)
            SessionOf(rows[row]).CopyTo(chosen.AsSpan(row * Length));
        return new(ItemCount, Length, Rules, Counts, positives, [.. rows.Select(row => examples[row])], chosen);
    }

    /// <summary>The last session of each user who has several goes to the held-out part, all others are for training.</summary>
    public (SessionExamples Train, SessionExamples HeldOut) HoldOutLast()
    {
        var (train, heldOut) = (new List<int>(), new List<int>());
        for (var at = 0; at < Count; at++)
        {
            var isLast = at + 1 == Count || UserOf(at + 1) != UserOf(at);
            var isOnly = isLast && (at == 0 || UserOf(at - 1) != UserOf(at));
            (isLast && !isOnly ? heldOut : train).Add(at);
        }
        return (At(train), At(heldOut));
    }

    /// <summary>
    /// The same sessions video by video: each positively engaged video of a session is one to predict from those engaged before it,
    /// within the session too. What a point-wise model learns from.
    /// </summary>
    /// <exception cref="ArgumentException">No session has an engaged video.</exception>
    public SessionExamples PointWise()
    {
        var (points, targets) = (new List<Example>(), new List<int>());
        foreach (var example in examples)
            for (var at = example.To; at < example.After; at++)
            {
                var from = Math.Max(example.First, at - Rules.MaxHistory);
                points.Add(example with { From = from, To = at, After = at + 1 });
                targets.Add(positives[at]);
            }
        if (points.Count == 0)
            throw new ArgumentException("None of the sessions has a positively engaged video.");
        return new(ItemCount, 1, Rules, Counts, positives, [.. points], [.. targets]);
    }

    /// <summary>A pair.</summary>
    /// <param name="User">Whose.</param>
    /// <param name="Request">Row of the log.</param>
    /// <param name="First">Where the user's engaged videos begin.</param>
    /// <param name="From">Where the history begins.</param>
    /// <param name="To">Where it ends, and the session's own engaged videos begin.</param>
    /// <param name="After">Where those end.</param>
    private readonly record struct Example(int User, int Request, int First, int From, int To, int After);

    private sealed class Builder
    {
        private readonly int itemCount;
        private readonly int length;
        private readonly SessionRules rules;
        private readonly List<int> positives = [];
        private readonly List<Example> examples = [];
        private readonly List<int> items = [];
        private int user;
        private int first; // where the user's positives begin
        private int sessions;
        private int watched;
        private int longEnough;
        private int acted;
        private int afterRules;
        private int tooShort;
        private int repeating;

        public Builder(int itemCount, int length, SessionRules rules)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(itemCount, 1);
            rules.Check();
            (this.itemCount, this.length, this.rules) = (itemCount, length, rules);
        }

        public void Begin(int whose) => (user, first) = (whose, positives.Count);

        public void Add(
            int request,
            ReadOnlySpan<int> slate,
            int seen,
            ReadOnlySpan<float> watch,
            ReadOnlySpan<FeedActions> actions
        )
        {
            for (var place = 0; place < slate.Length; place++)
                if (slate[place] < 1 || slate[place] > itemCount)
                    throw new ArgumentException(
                        $"Request {request} of user {user} has item {slate[place]} at place {place}; the catalogue has the items "
                            + $"1..{itemCount}. Use the catalogue that the log was written with."
                    );
            var before = positives.Count;
            for (var place = 0; place < seen; place++)
                if (FeedHistory.IsPositive(actions[place]))
                    positives.Add(slate[place]);
            if (Passes(slate, watch, actions) && before > first)
            {
                var from = Math.Max(first, before - rules.MaxHistory);
                examples.Add(new Example(user, request, first, from, before, positives.Count));
                items.AddRange(slate);
            }
        }

        public SessionExamples Build()
        {
            var counts = new SessionCounts(
                sessions,
                watched,
                longEnough,
                acted,
                afterRules,
                examples.Count,
                tooShort,
                repeating
            );
            if (examples.Count == 0)
                throw new ArgumentException(
                    $"No session is left to learn from: of {sessions} sessions of {length} videos, {watched} have {rules.MinWatched} "
                        + $"watched, {longEnough} are longer than {rules.MinWatchSeconds} seconds, {acted} have one of the actions "
                        + $"{rules.Actions}, {afterRules} pass the rules together, and none of those has a history. Loosen a rule."
                );
            return new(itemCount, length, rules, counts, [.. positives], [.. examples], [.. items]);
        }

        private bool Passes(ReadOnlySpan<int> slate, ReadOnlySpan<float> watch, ReadOnlySpan<FeedActions> actions)
        {
            if (slate.Length < length)
            {
                tooShort++;
                return false;
            }
            for (var place = 1; place < slate.Length; place++)
                if (slate[..place].Contains(slate[place]))
                {
                    repeating++;
                    return false;
                }
            var found = rules.Look(watch, actions);
            var kept = rules.Keeps(found);
            sessions++;
            watched += found.Watched ? 1 : 0;
            longEnough += found.Seconds ? 1 : 0;
            acted += found.Acted ? 1 : 0;
            afterRules += kept ? 1 : 0;
            return kept;
        }
    }
}
