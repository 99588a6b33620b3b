using GenRec.Shared.Data.Slates;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>
/// Our own policy: topics in proportion to what the user engaged with, any video of a topic alike, and it writes down the
/// probability of each choice. Knows what everybody can observe: the videos' categories and the user's past.
/// </summary>
internal sealed class FeedExploringPolicy(int[] topicOf, int topics) : ISlatePolicy
{
    private const int Recent = 50; // positive videos that count
    private const double Curiosity = 0.6; // what a topic without any counts

    public string Name => "own";

    public void Choose(SlateRequests requests, SlateChoices choices) =>
        Parallel.For(
            0,
            requests.Count,
            () => new Scratch(topicOf.Length, topics),
            (request, _, scratch) =>
            {
                Choose(requests, request, scratch, choices);
                return scratch;
            },
            _ => { }
        );

    private void Choose(SlateRequests requests, int request, Scratch scratch, SlateChoices choices)
    {
        var (m, place, history) = (requests.SlateLength, requests.Place(request), requests.History(request));
        scratch.Begin(history.Items);
        if (Gather(requests, request, scratch, again: false) < m)
            Gather(requests, request, scratch, again: true);
        Array.Fill(scratch.Affinity, Curiosity);
        foreach (var item in history.Positives(Recent))
            scratch.Affinity[topicOf[item]]++;
        for (var at = 0; at < m; at++)
        {
            var total = 0.0;
            for (var topic = 0; topic < topics; topic++)
                total += scratch.Mass[topic] = scratch.Affinity[topic] * scratch.Free[topic].Count;
            var draw = requests.Random.At(place, (ulong)(2000 + 2 * at)).Categorical(scratch.Mass);
            var free = scratch.Free[draw];
            var pick = requests.Random.At(place, (ulong)(2001 + 2 * at)).Below(free.Count);
            choices.Items[request * m + at] = free[pick];
            choices.LogPropensities[request * m + at] = (float)PortableMath.Log(scratch.Affinity[draw] / total);
            free.RemoveAt(pick);
        }
    }

    private int Gather(SlateRequests requests, int request, Scratch scratch, bool again)
    {
        var count = 0;
        foreach (var list in scratch.Free)
            list.Clear();
        for (var item = 1; item < topicOf.Length; item++)
            if (requests.IsAvailable(request, item) && (again || !scratch.WasSeen(item)))
            {
                scratch.Free[topicOf[item]].Add(item);
                count++;
            }
        return count;
    }

    private sealed class Scratch(int items, int topics)
    {
        private readonly int[] stamps = new int[items];
        private int stamp;

        public List<int>[] Free { get; } = [.. Enumerable.Range(0, topics).Select(_ => new List<int>())];
        public double[] Affinity { get; } = new double[topics];
        public double[] Mass { get; } = new double[topics];

        public void Begin(ReadOnlySpan<int> seen)
        {
            stamp++;
            foreach (var item in seen)
                stamps[item] = stamp;
        }

        public bool WasSeen(int item) => stamps[item] == stamp;
    }
}
