using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Everything that happened to the users: the observable log, and the hidden states behind it.</summary>
/// <param name="Traits">State: what stays the same, <c>[users]</c>.</param>
/// <param name="Offsets">Log rows, <c>[users + 1]</c>.</param>
/// <param name="Items">Observable: chosen items, user after user.</param>
/// <param name="Times">Observable: Unix seconds of midnight of the day, user after user.</param>
/// <param name="Reasons">Ground truth: why each item was chosen.</param>
/// <param name="Moments">
/// State before each choice; user u has one more than log entries, from <c>Offsets[u] + u</c>: the last belongs to the
/// choice that comes after the log.
/// </param>
internal sealed record Course(
    UserTraits[] Traits,
    long[] Offsets,
    int[] Items,
    long[] Times,
    ChoiceReason[] Reasons,
    Moment[] Moments
);

/// <summary>Lets the users of a world live through their histories.</summary>
internal sealed class Simulator(WorldPreset preset, Catalogue items, CounterRandom random)
{
    private const long FirstDay = 17_167; // 2017-01-01, in days since 1970
    private const int Days = 1_096; // three years in which users arrive
    private const double SessionGoesOn = 0.55;
    private const double IntentSurvives = 0.3; // the end of a session
    private const double IntentStays = 0.75; // with the topic of the item that opened the session, else a linked topic
    private const double NeedArises = 0.7; // when a session opens and no need is left over

    private readonly CounterRandom traits = random.Fork("traits");
    private readonly CounterRandom clock = random.Fork("clock");
    private readonly CounterRandom drift = random.Fork("drift");
    private readonly CounterRandom intents = random.Fork("intent");
    private readonly CounterRandom choices = random.Fork("choice");

    public Course Run()
    {
        var lengths = Enumerable.Range(0, preset.Users).Select(DrawLength).ToArray();
        var offsets = new long[preset.Users + 1];
        for (var user = 0; user < preset.Users; user++)
            offsets[user + 1] = offsets[user] + lengths[user];
        var total = (int)offsets[^1];
        var course = new Course(
            [.. Enumerable.Range(0, preset.Users).Select(DrawTraits)],
            offsets,
            new int[total],
            new long[total],
            new ChoiceReason[total],
            new Moment[total + preset.Users]
        );
        var model = new ChoiceModel(items, preset);
        for (var user = 0; user < preset.Users; user++)
            Live(user, course, model);
        return course;
    }

    private void Live(int user, Course course, ChoiceModel model)
    {
        var (start, length) = ((int)course.Offsets[user], (int)(course.Offsets[user + 1] - course.Offsets[user]));
        var day = FirstDay + traits.At(user, 900).Below(Days);
        var now = new Moment(DrawInterests(user), -1, 0, 0, true);
        for (var at = 0; at <= length; at++)
        {
            var opens = at == 0 || !clock.At(user, 2 * at).Chance(SessionGoesOn);
            if (opens && at > 0)
            {
                var gap = -PortableMath.Log(1 - clock.At(user, 2 * at + 1).Double) * course.Traits[user].Restlessness;
                day += 1 + (long)gap;
                now = BetweenSessions(user, at, now);
            }
            now = now with { OpensSession = opens };
            course.Moments[start + user + at] = now;
            if (at == length)
                return;
            var (reason, item) = model.Choose(
                course.Traits[user],
                now,
                course.Items.AsSpan(start, at),
                choices.At(user, 2 * at),
                choices.At(user, 2 * at + 1)
            );
            (course.Items[start + at], course.Reasons[start + at]) = (item, reason);
            course.Times[start + at] = day * 86_400;
            if (opens && preset.OrderEffects)
                now = AfterOpening(user, at, item, now);
        }
    }

    private Moment BetweenSessions(int user, int at, Moment now)
    {
        if (!preset.OrderEffects)
            return now;
        var survives = intents.At(user, 8 * at).Chance(IntentSurvives);
        return now with
        {
            Interests = Drift(user, at, now.Interests),
            Intent = survives ? now.Intent : -1,
            NeedItem = survives ? now.NeedItem : 0,
        };
    }

    private Moment AfterOpening(int user, int at, int item, Moment now)
    {
        if (now.Intent < 0)
        {
            var topic = items.Topic[item];
            var stays = intents.At(user, 8 * at + 1).Chance(IntentStays);
            now = now with { Intent = stays ? topic : items.Links[topic][intents.At(user, 8 * at + 2).Below(2)] };
        }
        if (now.NeedItem == 0 && intents.At(user, 8 * at + 3).Chance(NeedArises))
            now = now with { NeedItem = item, NeedAttribute = intents.At(user, 8 * at + 4).Below(3) };
        return now;
    }

    private int DrawLength(int user)
    {
        var excess = preset.MedianExcess * PortableMath.Exp(1.0 * traits.At(user, 901).Normal);
        return (int)Math.Min(preset.MaxLength, preset.MinLength + Math.Floor(excess));
    }

    private UserTraits DrawTraits(int user) => DrawTastes(traits, user);

    /// <summary>Favourite attributes, inclinations and restlessness of a user.</summary>
    public static UserTraits DrawTastes(CounterRandom traits, int user)
    {
        var inclination = new double[ChoiceModel.Reasons];
        for (var reason = 0; reason < inclination.Length; reason++)
            inclination[reason] = PortableMath.Exp(0.35 * traits.At(user, 910 + reason).Normal);
        return new UserTraits(
            Some(10, Catalogue.BrandCount, 10),
            Some(30, Vocabulary.Styles.Length, 2),
            Some(40, Vocabulary.Colours.Length, 2),
            inclination,
            Restlessness: 10 + 50 * traits.At(user, 902).Double
        );

        ulong Some(int from, int of, int count) =>
            Enumerable.Range(0, count).Aggregate(0ul, (bits, n) => bits | 1ul << traits.At(user, from + n).Below(of));
    }

    private Interests DrawInterests(int user) => DrawInterests(items, traits, user);

    /// <summary>Three to five topics; every other one is near the first, that is, in its department.</summary>
    public static Interests DrawInterests(Catalogue items, CounterRandom traits, int user)
    {
        var topics = new int[3 + traits.At(user, 100).Below(3)];
        Array.Fill(topics, -1);
        for (var k = 0; k < topics.Length; k++)
            topics[k] = DrawTopic(items, topics, k % 2 == 1 ? topics[0] : -1, traits.At(user, 101 + k));
        return new Interests(
            topics,
            Normalised([.. topics.Select((_, k) => PortableMath.Exp(0.5 * traits.At(user, 120 + k).Normal))])
        );
    }

    private Interests Drift(int user, int at, Interests old) =>
        Drift(items, drift, user, at, old, preset.InterestTurnover);

    /// <summary>Taste at the next visit: shares wander, and now and then one topic gives way to another.</summary>
    public static Interests Drift(
        Catalogue items,
        CounterRandom drift,
        int user,
        int at,
        Interests old,
        double turnover
    )
    {
        var topics = (int[])old.Topics.Clone();
        var weights = old.Weights.Select((w, k) => w * PortableMath.Exp(0.15 * drift.At(user, 32 * at + k).Normal));
        if (drift.At(user, 32 * at + 20).Chance(turnover))
        {
            var gone = drift.At(user, 32 * at + 21).Below(topics.Length);
            var near = drift.At(user, 32 * at + 22).Chance(0.6) ? topics[gone] : -1;
            topics[gone] = DrawTopic(items, topics, near, drift.At(user, 32 * at + 23));
        }
        return new Interests(topics, Normalised([.. weights]));
    }

    // A topic that is not among those taken, in proportion to its pull; near another means in its department.
    private static int DrawTopic(Catalogue items, int[] taken, int near, CounterDraw draw) =>
        draw.Categorical([
            .. items.TopicPull.Select(
                (pull, topic) => taken.Contains(topic) || near >= 0 && topic / 6 != near / 6 ? 0 : pull
            ),
        ]);

    private static double[] Normalised(double[] weights)
    {
        var total = 0.0;
        foreach (var weight in weights)
            total += weight;
        return [.. weights.Select(weight => weight / total)];
    }
}
