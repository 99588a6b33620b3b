using System.Diagnostics;
using System.Runtime.InteropServices;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>Winners and losers among the sessions that a frozen policy found itself.</summary>
public sealed class SessionPairs : RichObject
{
    private readonly Dictionary<int, int> places = [];
    private readonly List<int> rows = [];
    private readonly List<int> items = []; // winner, then its losers, session after session
    private readonly List<float> reference = [];
    private readonly List<float> rewards = [];
    private readonly List<double> distinct = [];

    private SessionPairs(SessionBatch samples, int losers) => (Samples, Losers) = (samples, losers);

    /// <summary>Rows of the training data that have a pair, <c>[P]</c>.</summary>
    public IReadOnlyList<int> Rows => rows;

    /// <summary>Number of winners, P.</summary>
    public int Count => rows.Count;

    /// <summary>K, losers of a winner.</summary>
    public int Losers { get; }

    /// <summary>m L, tokens of a session; 0 before anything was sampled.</summary>
    public int Tokens { get; private set; }

    /// <summary>Rows that were asked for.</summary>
    public int Asked { get; private set; }

    /// <summary>Rows without a pair: too few different sessions, or all of one reward.</summary>
    public int WithoutPair => Asked - Count;

    /// <summary>Different sessions among those sampled, mean share.</summary>
    public double DistinctShare => distinct.Count == 0 ? double.NaN : distinct.Average();

    /// <summary>Mean reward of the winners.</summary>
    public double WinnerReward => MeanOf(rewards, first: true);

    /// <summary>Mean reward of the losers.</summary>
    public double LoserReward => MeanOf(rewards, first: false);

    /// <summary>Mean log-probability of the winners under the policy that found them.</summary>
    public double ReferenceWinner => MeanOf(reference, first: true);

    /// <summary>Mean log-probability of the losers under the policy that found them.</summary>
    public double ReferenceLoser => MeanOf(reference, first: false);

    /// <summary>Seconds of beam search.</summary>
    public double SamplingSeconds { get; private set; }

    /// <summary>Seconds of the reward model and of picking.</summary>
    public double RewardSeconds { get; private set; }

    /// <summary>Seconds of the reference's log-probabilities.</summary>
    public double ReferenceSeconds { get; private set; }

    internal SessionBatch Samples { get; }

    /// <summary>Searches, scores and picks.</summary>
    /// <param name="policy">The frozen policy.</param>
    /// <param name="reward">R(u, S).</param>
    /// <param name="samples">The training data.</param>
    /// <param name="rows">For which of them.</param>
    /// <param name="options">How many sessions, and which rules.</param>
    /// <param name="random">Draws of the rule <see cref="PairRule.Random"/>.</param>
    /// <param name="device">Where the policy lives.</param>
    public static SessionPairs Sample(
        ISessionPolicy policy,
        ISessionReward reward,
        SessionBatch samples,
        ReadOnlySpan<int> rows,
        AlignmentOptions options,
        CounterRandom random,
        Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var pairs = new SessionPairs(samples, options.Loss.LosersPerWinner) { Asked = rows.Length };
        using var quiet = no_grad();
        for (var from = 0; from < rows.Length; from += options.SamplingBatch)
        {
            using var scope = NewDisposeScope();
            var some = rows.Slice(from, Math.Min(options.SamplingBatch, rows.Length - from));
            pairs.Add(policy, reward, some, options, random, device ?? CPU);
        }
        return pairs;
    }

    /// <summary>The pair of a row of the training data; negative where there is none.</summary>
    public int PlaceOf(int row) => places.GetValueOrDefault(row, -1);

    /// <summary>Items of a winner, <c>[m]</c>.</summary>
    public int[] Winner(int pair) => SessionOf(pair, 0);

    /// <summary>Items of a loser, <c>[m]</c>.</summary>
    public int[] Loser(int pair, int loser = 0) => SessionOf(pair, 1 + loser);

    /// <summary>Rewards of a winner and its losers, <c>[1 + K]</c>.</summary>
    public float[] RewardsOf(int pair) => [.. rewards.Skip(pair * (1 + Losers)).Take(1 + Losers)];

    /// <summary>Log-probabilities of winners and losers under a policy, and under the one that found them.</summary>
    /// <param name="policy">Gradients flow into it unless they are off.</param>
    /// <param name="pairs">Which pairs, at least one.</param>
    /// <returns>Tensors owned by the surrounding dispose scope.</returns>
    public PreferenceLogProbabilities Under(ISessionPolicy policy, ReadOnlySpan<int> pairs)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var (each, picked) = (1 + Losers, new int[pairs.Length]);
        for (var at = 0; at < pairs.Length; at++)
            picked[at] = rows[pairs[at]];
        var sessions = Gather(items, pairs, each * Samples.Length);
        var batch = new SessionBatch(SessionRows.At(Samples.Histories, picked), sessions, Samples.Length, each);
        var own = policy.LogProbabilities(batch).view(pairs.Length, each);
        var frozen = tensor(Gather(reference, pairs, each), device: own.device).view(pairs.Length, each);
        return new PreferenceLogProbabilities(
            own.select(1, 0),
            own.narrow(1, 1, Losers),
            frozen.select(1, 0),
            frozen.narrow(1, 1, Losers),
            Math.Max(1, Tokens)
        );
    }

    private void Add(
        ISessionPolicy policy,
        ISessionReward reward,
        ReadOnlySpan<int> some,
        AlignmentOptions options,
        CounterRandom random,
        Device device
    )
    {
        var clock = Stopwatch.StartNew();
        var histories = SessionRows.At(Samples.Histories, some);
        var found = policy.Sample(histories, options.Beams);
        var (m, width) = (Samples.Length, (int)found.Items.shape[1]);
        Tokens = (int)found.Tokens.shape[2];
        var sampled = Numbers<long>(found.Items);
        var whole = Numbers<float>(found.Scores);
        SamplingSeconds += clock.Elapsed.TotalSeconds;

        clock.Restart();
        // A place without a session is scored as some legal one and never looked at.
        var legal = where(
            found.Items.eq(0),
            arange(1, m + 1, device: found.Items.device).to(ScalarType.Int64),
            found.Items
        );
        var scores = Numbers<float>(reward.Score(histories, legal.to(device)));
        var begin = rows.Count;
        for (var at = 0; at < some.Length; at++)
        {
            var kept = Distinct(
                sampled.AsSpan(at * width * m, width * m),
                whole.AsSpan(at * width, width),
                m,
                options.Duplicates
            );
            distinct.Add((double)kept.Count / width);
            if (Pick(kept, scores.AsSpan(at * width, width), some[at], options, random) is not { } chosen)
                continue;
            places.Add(some[at], rows.Count);
            rows.Add(some[at]);
            foreach (var session in chosen)
            {
                rewards.Add(scores[at * width + session]);
                for (var place = 0; place < m; place++)
                    items.Add((int)sampled[(at * width + session) * m + place]);
            }
        }
        RewardSeconds += clock.Elapsed.TotalSeconds;
        clock.Restart();
        AddReference(policy, begin);
        ReferenceSeconds += clock.Elapsed.TotalSeconds;
    }

    private void AddReference(ISessionPolicy policy, int begin)
    {
        if (rows.Count == begin)
            return;
        var (each, m) = (1 + Losers, Samples.Length);
        var picked = rows.Skip(begin).ToArray();
        var sessions = items.Skip(begin * each * m).ToArray();
        var batch = new SessionBatch(SessionRows.At(Samples.Histories, picked), sessions, m, each);
        reference.AddRange(Numbers<float>(policy.LogProbabilities(batch)));
    }

    /// <summary>Places of different sessions, likeliest first.</summary>
    private static List<int> Distinct(ReadOnlySpan<long> items, ReadOnlySpan<float> scores, int m, DuplicateRule rule)
    {
        var (kept, seen) = (new List<int>(scores.Length), new HashSet<string>());
        for (var session = 0; session < scores.Length; session++)
        {
            if (float.IsNegativeInfinity(scores[session]))
                continue;
            var one = items.Slice(session * m, m).ToArray();
            if (rule == DuplicateRule.SameItems)
                Array.Sort(one);
            if (seen.Add(string.Join(' ', one)))
                kept.Add(session);
        }
        return kept;
    }

    /// <summary>The winner and its losers; null where they cannot be told apart.</summary>
    private int[]? Pick(
        List<int> sessions,
        ReadOnlySpan<float> scores,
        int row,
        AlignmentOptions options,
        CounterRandom random
    )
    {
        if (sessions.Count < 1 + Losers)
            return null;
        if (options.Pairs == PairRule.Random)
        {
            var drawn = sessions.ToArray();
            random.Shuffle(drawn.AsSpan(), (ulong)row);
            sessions = [.. drawn.Take(1 + Losers)];
        }
        var rated = new List<(float Score, int Session)>();
        foreach (var session in sessions)
            rated.Add((scores[session], session));
        rated.Sort((a, b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : a.Session.CompareTo(b.Session));
        // The worst first; the winner must be better than every loser.
        return rated[^1].Score > rated[Losers - 1].Score
            ? [rated[^1].Session, .. rated.Take(Losers).Select(one => one.Session)]
            : null;
    }

    private int[] SessionOf(int pair, int which) =>
        [.. items.Skip((pair * (1 + Losers) + which) * Samples.Length).Take(Samples.Length)];

    private double MeanOf(List<float> values, bool first)
    {
        var each = 1 + Losers;
        if (values.Count == 0)
            return double.NaN;
        return values.Where((_, at) => at % each == 0 == first).Average(one => (double)one);
    }

    private static T[] Gather<T>(List<T> all, ReadOnlySpan<int> which, int width)
    {
        var gathered = new T[which.Length * width];
        var from = CollectionsMarshal.AsSpan(all);
        for (var at = 0; at < which.Length; at++)
            from.Slice(which[at] * width, width).CopyTo(gathered.AsSpan(at * width));
        return gathered;
    }

    private static T[] Numbers<T>(Tensor values)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(values.cpu().contiguous().bytes).ToArray();
}
