using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Slates;

/// <summary>Served slates and what users did with them, columns of equal length: a request is a row.</summary>
/// <remarks>
/// Rows of a user stand together, oldest first. Holds what a platform would log and no way to the world it came from.
/// Unlike <see cref="Dataset.Interactions"/> it also has the items that were served but never reached.
/// </remarks>
public sealed class SlateLog : RichObject
{
    private readonly long[] offsets;
    private readonly int[] users;
    private readonly int[] visits;
    private readonly int[] policies;
    private readonly int[] seen;
    private readonly long[] times;
    private readonly int[] items;
    private readonly float[] watch;
    private readonly FeedActions[] actions;
    private readonly float[] propensities;

    internal SlateLog(ulong run, int[] sessionsOfUsers, int slateLength, IReadOnlyList<string> policyNames)
    {
        (Run, SlateLength, Policies) = (run, slateLength, policyNames);
        offsets = new long[sessionsOfUsers.Length + 1];
        for (var user = 0; user < sessionsOfUsers.Length; user++)
            offsets[user + 1] = offsets[user] + sessionsOfUsers[user];
        var count = checked((int)offsets[^1]);
        (users, visits, policies, seen) = (new int[count], new int[count], new int[count], new int[count]);
        (times, items) = (new long[count], new int[checked(count * slateLength)]);
        (watch, actions, propensities) = (
            new float[items.Length],
            new FeedActions[items.Length],
            new float[items.Length]
        );
        for (var user = 0; user < sessionsOfUsers.Length; user++)
            users.AsSpan((int)offsets[user], sessionsOfUsers[user]).Fill(user);
    }

    /// <summary>Which run it is: 0 for the log that a world ships, else the number it was asked for with.</summary>
    public ulong Run { get; }

    /// <summary>Number of requests, each with one slate.</summary>
    public int Count => users.Length;

    /// <summary>m, the number of items of a slate.</summary>
    public int SlateLength { get; }

    /// <summary>Names of the policies that served.</summary>
    public IReadOnlyList<string> Policies { get; }

    /// <summary>Whose request, <c>[Count]</c>.</summary>
    public ReadOnlySpan<int> Users => users;

    /// <summary>First row of each user, <c>[users + 1]</c>.</summary>
    public ReadOnlySpan<long> Offsets => offsets;

    /// <summary>Unix seconds of the requests, <c>[Count]</c>.</summary>
    public ReadOnlySpan<long> Times => times;

    /// <summary>The user's how-manieth visit, from 0; several requests can be one visit; <c>[Count]</c>.</summary>
    public ReadOnlySpan<int> Visits => visits;

    /// <summary>Which of <see cref="Policies"/> served, <c>[Count]</c>.</summary>
    public ReadOnlySpan<int> PolicyIndices => policies;

    /// <summary>Items reached, <c>[Count]</c>, <c>1..m</c>.</summary>
    public ReadOnlySpan<int> Seen => seen;

    /// <summary>Served item ids, <c>[Count x m]</c>.</summary>
    public ReadOnlySpan<int> Items => items;

    /// <summary>Seconds watched, <c>[Count x m]</c>.</summary>
    public ReadOnlySpan<float> WatchSeconds => watch;

    /// <summary>What was done, <c>[Count x m]</c>.</summary>
    public ReadOnlySpan<FeedActions> Actions => actions;

    /// <summary>
    /// Log-probability of each served item given those before it in the slate, <c>[Count x m]</c>; NaN where the policy does
    /// not know.
    /// </summary>
    public ReadOnlySpan<float> LogPropensities => propensities;

    /// <summary>The items of one slate, <c>[m]</c>.</summary>
    public ReadOnlySpan<int> SlateOf(int request) => items.AsSpan(request * SlateLength, SlateLength);

    /// <summary>What the user did with one slate.</summary>
    public SlateFeedback FeedbackOf(int request) =>
        new(
            seen[request],
            watch.AsSpan(request * SlateLength, SlateLength).ToArray(),
            actions.AsSpan(request * SlateLength, SlateLength).ToArray()
        );

    internal int FirstOf(int user) => (int)offsets[user];

    internal void Set(int row, long time, int visit, int policy, SlateFeedback feedback)
    {
        (times[row], visits[row], policies[row], seen[row]) = (time, visit, policy, feedback.Seen);
        feedback.WatchSeconds.CopyTo(watch, row * SlateLength);
        feedback.Actions.CopyTo(actions, row * SlateLength);
    }

    internal void SetSlate(int row, ReadOnlySpan<int> slate, ReadOnlySpan<float> logPropensities)
    {
        slate.CopyTo(items.AsSpan(row * SlateLength));
        logPropensities.CopyTo(propensities.AsSpan(row * SlateLength));
    }
}
