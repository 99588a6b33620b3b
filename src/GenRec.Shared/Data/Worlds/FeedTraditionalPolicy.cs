using GenRec.Shared.Data.Slates;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>
/// The pipeline of recall and ranking that ran before: candidates from recent topics and from what is popular, scored one by
/// one by a stale and biased estimate of taste. What is recalled is random, so that it cannot tell its propensities.
/// </summary>
internal sealed class FeedTraditionalPolicy : ISlatePolicy
{
    private const int Candidates = 64;
    private const int Recent = 20; // positive videos whose topics are recalled
    private const double Temperature = 0.6;

    private readonly FeedPreset preset;
    private readonly FeedCatalogue videos;
    private readonly FeedLaw law;
    private readonly ViewerTraits[] beliefs;
    private readonly CounterRandom errors;
    private readonly int[] everything;
    private readonly double[] popularity; // running sums over everything
    private readonly double[][] topicPopularity; // running sums over each topic's items
    private readonly double[] bias;

    public FeedTraditionalPolicy(
        FeedPreset preset,
        FeedCatalogue videos,
        FeedLaw law,
        ViewerTraits[] beliefs,
        CounterRandom random
    )
    {
        (this.preset, this.videos, this.law, this.beliefs, errors) = (preset, videos, law, beliefs, random);
        everything = [.. Enumerable.Range(1, videos.Count)];
        popularity = RunningSums(everything);
        topicPopularity = [.. videos.Items.ByTopic.Select(RunningSums)];
        bias = [.. Enumerable.Range(0, videos.Count + 1).Select(item => item == 0 ? 0 : BiasOf(item))];
    }

    public string Name => "traditional";

    public void Choose(SlateRequests requests, SlateChoices choices) =>
        Parallel.For(
            0,
            requests.Count,
            () => new Scratch(videos.Count),
            (request, _, scratch) =>
            {
                Choose(requests, request, scratch, choices);
                return scratch;
            },
            _ => { }
        );

    private void Choose(SlateRequests requests, int request, Scratch scratch, SlateChoices choices)
    {
        var (m, place, user) = (requests.SlateLength, requests.Place(request), requests.User(request));
        Recall(requests, request, scratch);
        var weights = scratch.Weights.AsSpan(0, scratch.Count);
        for (var c = 0; c < weights.Length; c++)
        {
            var item = scratch.Items[c];
            var isNew = requests.Time(request) - videos.Uploaded[item] < 3 * FeedCatalogue.Day;
            var score =
                law.Taste(beliefs[user].Tastes, beliefs[user].FirstInterests, item)
                + 0.7 * errors.At(user, item).Normal
                + bias[item]
                - (isNew ? 0.8 * preset.LoggerBias : 0);
            weights[c] = PortableMath.Exp(score / Temperature);
        }
        for (var at = 0; at < m; at++)
        {
            var chosen = requests.Random.At(place, (ulong)(1000 + at)).Categorical(weights);
            choices.Items[request * m + at] = scratch.Items[chosen];
            weights[chosen] = 0;
        }
    }

    private void Recall(SlateRequests requests, int request, Scratch scratch)
    {
        var (history, place) = (requests.History(request), requests.Place(request));
        scratch.Begin();
        foreach (var item in history.Items)
            scratch.Bar(item);
        var recent = history.Positives(Recent);
        for (var k = 0; k < 2 * Candidates && scratch.Count < Candidates; k++)
        {
            var (source, pick) = (
                requests.Random.At(place, (ulong)(2 * k)),
                requests.Random.At(place, (ulong)(2 * k + 1))
            );
            var fromTopic = recent.Length > 0 && source.Double < 0.6;
            var topic = fromTopic
                ? videos.Items.Topic[recent[(int)Math.BigMul(source.Second, (ulong)recent.Length, out _)]]
                : -1;
            var item = fromTopic
                ? Pick(videos.Items.ByTopic[topic], topicPopularity[topic], pick.Double)
                : Pick(everything, popularity, pick.Double);
            if (requests.IsAvailable(request, item))
                scratch.Offer(item);
        }
        // Whoever has seen nearly everything gets what is left, and then what was seen before.
        for (var item = 1; item <= videos.Count && scratch.Count < requests.SlateLength; item++)
            if (requests.IsAvailable(request, item))
                scratch.Offer(item);
        for (var at = 0; at < history.Count && scratch.Count < requests.SlateLength; at++)
            scratch.OfferAgain(history.Items[at]);
    }

    private double BiasOf(int item) =>
        preset.LoggerBias
        * (
            0.3 * PortableMath.Log(videos.Items.Popularity[item])
            + (videos.IsClickBait[item] ? 0.9 : 0)
            + (videos.IsViral[item] ? 0.6 : 0)
            + 0.35 * videos.LogSeconds[item]
        );

    private double[] RunningSums(int[] items)
    {
        var (sums, sum) = (new double[items.Length], 0.0);
        for (var i = 0; i < items.Length; i++)
            sums[i] = sum += videos.Items.Popularity[items[i]] * (videos.IsViral[items[i]] ? 3 : 1);
        return sums;
    }

    private static int Pick(int[] items, double[] sums, double uniform)
    {
        var at = Array.BinarySearch(sums, uniform * sums[^1]);
        return items[Math.Min(at < 0 ? ~at : at + 1, items.Length - 1)];
    }

    /// <summary>Candidates of one request; what is barred or taken already is known by a stamp.</summary>
    private sealed class Scratch(int items)
    {
        private readonly int[] stamps = new int[items + 1];
        private int stamp;

        public int[] Items { get; } = new int[items];
        public double[] Weights { get; } = new double[items];
        public int Count { get; private set; }

        public void Begin() => (stamp, Count) = (stamp + 2, 0);

        public void Bar(int item) => stamps[item] = Math.Max(stamps[item], stamp);

        public void Offer(int item)
        {
            if (stamps[item] < stamp)
                Take(item);
        }

        public void OfferAgain(int item)
        {
            if (stamps[item] <= stamp)
                Take(item);
        }

        private void Take(int item) => (stamps[item], Items[Count++]) = (stamp + 1, item);
    }
}
