using GenRec.Shared.Data.Slates;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Serves many users at once, request after request, and writes the log.</summary>
/// <remarks>
/// In each round every user who has requests left gets one, so that a policy sees large batches. The log is the same on
/// any number of threads.
/// </remarks>
internal sealed class FeedRunner(FeedCatalogue videos, FeedLife life, CounterRandom run)
{
    private readonly CounterRandom choices = run.Fork("choices");
    private readonly CounterRandom assignment = run.Fork("policy");

    /// <summary>Requests that wait: one for each of the users.</summary>
    public SlateRequests RequestsOf(int[] users, FeedViewer[] viewers, FeedHistory[] histories, int slateLength) =>
        new(
            users,
            Array.ConvertAll(users, user => viewers[user].Request),
            Array.ConvertAll(users, user => viewers[user].Time),
            Array.ConvertAll(users, user => histories[user]),
            videos.Uploaded,
            slateLength,
            choices
        );

    /// <summary>Requests of each user, in proportion to activity: at least one each, and <paramref name="total"/> together.</summary>
    public static int[] Quotas(FeedViewer[] viewers, int total)
    {
        var (least, sum, before) = (total >= viewers.Length ? 1 : 0, 0.0, 0L);
        var (spare, all) = (total - (long)least * viewers.Length, 0.0);
        foreach (var viewer in viewers)
            all += viewer.Traits.Activity;
        var quotas = new int[viewers.Length];
        for (var user = 0; user < quotas.Length; user++)
        {
            sum += viewers[user].Traits.Activity;
            var upTo = user + 1 == quotas.Length ? spare : (long)Math.Floor(spare * (sum / all));
            (quotas[user], before) = (least + (int)(upTo - before), upTo);
        }
        return quotas;
    }

    /// <summary>Serves each user as many requests as the quota says.</summary>
    /// <param name="number">Number of the run.</param>
    /// <param name="viewers">Changed: users end up after their last request.</param>
    /// <param name="histories">Grow.</param>
    /// <param name="quotas">Requests of each user.</param>
    /// <param name="slateLength">m.</param>
    /// <param name="policies">Who serves which share of the requests; shares sum to 1.</param>
    public SlateLog Run(
        ulong number,
        FeedViewer[] viewers,
        FeedHistory[] histories,
        int[] quotas,
        int slateLength,
        params (ISlatePolicy Policy, double Share)[] policies
    )
    {
        var log = new SlateLog(number, quotas, slateLength, [.. policies.Select(one => one.Policy.Name)]);
        for (var round = 0; round < quotas.Max(); round++)
        {
            var active = Enumerable.Range(0, quotas.Length).Where(user => quotas[user] > round).ToLookup(Assigned);
            for (var p = 0; p < policies.Length; p++)
                Serve([.. active[p]], p, round);
        }
        return log;

        int Assigned(int user)
        {
            var (draw, p) = (assignment.At(user, viewers[user].Request).Double, 0);
            while (p + 1 < policies.Length && (draw -= policies[p].Share) >= 0)
                p++;
            return p;
        }

        void Serve(int[] users, int p, int round)
        {
            if (users.Length == 0)
                return;
            var requests = RequestsOf(users, viewers, histories, slateLength);
            var chosen = new SlateChoices(users.Length, slateLength);
            policies[p].Policy.Choose(requests, chosen);
            for (var r = 0; r < users.Length; r++)
                Check(requests, r, chosen.Items.AsSpan(r * slateLength, slateLength), policies[p].Policy.Name);
            Parallel.For(0, users.Length, r => ServeOne(users[r], p, log.FirstOf(users[r]) + round, r, chosen));
        }

        void ServeOne(int user, int p, int row, int r, SlateChoices chosen)
        {
            var viewer = viewers[user];
            ReadOnlySpan<int> slate = chosen.Items.AsSpan(r * slateLength, slateLength);
            var feedback = life.React(viewer, slate);
            log.SetSlate(row, slate, chosen.LogPropensities.AsSpan(r * slateLength, slateLength));
            log.Set(row, viewer.Time, viewer.Visit, p, feedback);
            for (var place = 0; place < feedback.Seen; place++)
                histories[user].Add(slate[place], feedback.WatchSeconds[place], feedback.Actions[place]);
            life.Advance(viewer, slate, feedback);
        }
    }

    /// <summary>Refuses a slate that cannot be served.</summary>
    /// <exception cref="ArgumentException">An item is unknown, not uploaded yet, or there twice.</exception>
    public static void Check(SlateRequests requests, int request, ReadOnlySpan<int> slate, string who)
    {
        CheckItems(slate, requests.SlateLength, requests.ItemCount, $"{who}, user {requests.User(request)}");
        foreach (var item in slate)
            if (!requests.IsAvailable(request, item))
                throw new ArgumentException(
                    $"{who}, user {requests.User(request)}: item {item} is not uploaded yet at the time of the request."
                );
    }

    public static void CheckItems(ReadOnlySpan<int> slate, int length, int itemCount, string who)
    {
        if (slate.Length != length)
            throw new ArgumentException($"{who}: the slate has {slate.Length} items, need {length}.");
        for (var place = 0; place < slate.Length; place++)
        {
            if (slate[place] < 1 || slate[place] > itemCount)
                throw new ArgumentException(
                    $"{who}: place {place} of the slate holds item {slate[place]}; items are 1..{itemCount}."
                );
            if (slate[..place].Contains(slate[place]))
                throw new ArgumentException($"{who}: the slate holds item {slate[place]} twice.");
        }
    }
}
