using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Worlds;

/// <summary>The feed as a stream of requests in the order of time: take one, serve it, see what the user does.</summary>
/// <remarks>Changes as it is served; a world opens as many as are wanted, each from the same beginning.</remarks>
public sealed class FeedEnvironment : RichObject
{
    private readonly FeedViewer[] viewers;
    private readonly FeedHistory[] histories;
    private readonly FeedLife life;
    private readonly FeedRunner runner;
    private readonly int slateLength;
    private readonly PriorityQueue<int, (long Time, int User)> waiting = new();
    private SlateRequests? open;

    internal FeedEnvironment(
        FeedViewer[] viewers,
        FeedHistory[] histories,
        FeedLife life,
        FeedRunner runner,
        int slateLength
    )
    {
        (this.viewers, this.histories, this.life, this.runner) = (viewers, histories, life, runner);
        this.slateLength = slateLength;
        foreach (var viewer in viewers)
            waiting.Enqueue(viewer.User, (viewer.Time, viewer.User));
    }

    /// <summary>Requests served so far.</summary>
    public int Served { get; private set; }

    /// <summary>The next request, a batch of one; the same until it is served.</summary>
    public SlateRequests NextRequest() =>
        open ??= runner.RequestsOf([waiting.Dequeue()], viewers, histories, slateLength);

    /// <summary>Serves the request that is open.</summary>
    /// <param name="slate">Item ids, <c>[m]</c>, first position first.</param>
    /// <returns>What the user did.</returns>
    /// <exception cref="InvalidOperationException">No request is open.</exception>
    /// <exception cref="ArgumentException">An item is unknown or there twice, or the slate is too short or too long.</exception>
    public SlateFeedback Serve(ReadOnlySpan<int> slate)
    {
        if (open is null)
            throw new InvalidOperationException($"No request is open; call {nameof(NextRequest)} first.");
        FeedRunner.Check(open, 0, slate, "Serve");
        var viewer = viewers[open.User(0)];
        var feedback = life.React(viewer, slate);
        for (var place = 0; place < feedback.Seen; place++)
            histories[viewer.User].Add(slate[place], feedback.WatchSeconds[place], feedback.Actions[place]);
        life.Advance(viewer, slate, feedback);
        waiting.Enqueue(viewer.User, (viewer.Time, viewer.User));
        (open, Served) = (null, Served + 1);
        return feedback;
    }
}
