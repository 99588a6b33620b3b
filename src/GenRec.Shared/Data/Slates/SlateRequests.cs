using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Slates;

/// <summary>Requests that wait for their slates, one a user: all that a policy may know.</summary>
public sealed class SlateRequests : RichObject
{
    private readonly int[] users;
    private readonly int[] ordinals;
    private readonly long[] times;
    private readonly long[] uploadTimes;
    private readonly FeedHistory[] histories;

    internal SlateRequests(
        int[] users,
        int[] ordinals,
        long[] times,
        FeedHistory[] histories,
        long[] uploadTimes,
        int slateLength,
        CounterRandom random
    )
    {
        (this.users, this.ordinals, this.times, this.histories) = (users, ordinals, times, histories);
        (this.uploadTimes, SlateLength, Random) = (uploadTimes, slateLength, random);
    }

    /// <summary>Number of requests.</summary>
    public int Count => users.Length;

    /// <summary>m, the number of items of a slate.</summary>
    public int SlateLength { get; }

    /// <summary>N, the number of items; ids are <c>1..N</c>.</summary>
    public int ItemCount => uploadTimes.Length - 1;

    /// <summary>Random numbers for the policy's choices; see <see cref="Place"/>.</summary>
    public CounterRandom Random { get; }

    /// <summary>Whose request it is: the user's row in the data set.</summary>
    public int User(int request) => users[request];

    /// <summary>Unix seconds.</summary>
    public long Time(int request) => times[request];

    /// <summary>The user's past.</summary>
    public FeedHistory History(int request) => histories[request];

    /// <summary>Whether an item was uploaded before the request.</summary>
    public bool IsAvailable(int request, int item) => uploadTimes[item] <= times[request];

    /// <summary>
    /// The stream of <see cref="Random"/> that belongs to this request alone, so that choices do not depend on the batch.
    /// </summary>
    public ulong Place(int request) => (ulong)users[request] << 32 | (uint)ordinals[request];

    /// <summary>Some of the requests, in the order given; each keeps its user, its past and its random numbers.</summary>
    /// <param name="which">Rows of these requests.</param>
    public SlateRequests At(int[] which)
    {
        ArgumentNullException.ThrowIfNull(which);
        return new SlateRequests(
            Array.ConvertAll(which, row => users[row]),
            Array.ConvertAll(which, row => ordinals[row]),
            Array.ConvertAll(which, row => times[row]),
            Array.ConvertAll(which, row => histories[row]),
            uploadTimes,
            SlateLength,
            Random
        );
    }

    internal int Ordinal(int request) => ordinals[request];
}

/// <summary>Slates for a batch of requests; a policy fills them in.</summary>
public sealed class SlateChoices : RichObject
{
    internal SlateChoices(int requests, int slateLength)
    {
        (SlateLength, Items) = (slateLength, new int[requests * slateLength]);
        LogPropensities = new float[Items.Length];
        Array.Fill(LogPropensities, float.NaN);
    }

    /// <summary>m, the number of items of a slate.</summary>
    public int SlateLength { get; }

    /// <summary>Item ids <c>[requests x m]</c>, request after request, first position first.</summary>
    public int[] Items { get; }

    /// <summary>
    /// Log-probability with which the policy chose each item, given those before it in the slate; <c>[requests x m]</c>. NaN
    /// where it is unknown, which is how they come.
    /// </summary>
    public float[] LogPropensities { get; }
}

/// <summary>Chooses slates from what a platform can observe.</summary>
public interface ISlatePolicy
{
    /// <summary>Name in logs.</summary>
    string Name { get; }

    /// <summary>Fills in the slates of a batch: available items, none twice in a slate.</summary>
    /// <param name="requests">Who asks, when, and what they did before.</param>
    /// <param name="choices">Receives item ids and, where the policy knows them, log-propensities.</param>
    void Choose(SlateRequests requests, SlateChoices choices);
}
