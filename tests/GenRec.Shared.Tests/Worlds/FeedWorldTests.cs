using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;

namespace GenRec.Shared.Tests.Worlds;

public class FeedWorldTests
{
    private static readonly FeedWorld world = FeedSamples.Smoke;

    // A difference here means another world: raise FeedWorld.Version and pin the new fingerprint.
    [Fact]
    public void PresetSeedAndVersionNameOneWorld()
    {
        Assert.Equal(1, FeedWorld.Version);
        Assert.Equal(
            "338dba6317413feb4c9ac24dfd0cd5c4803cbd94eaff9878246490eae571a95f",
            FeedWorld.Create(FeedPreset.Smoke).Fingerprint()
        );
        Assert.NotEqual(world.Fingerprint(), FeedWorld.Create(FeedPreset.Smoke, seed: 2).Fingerprint());
        Assert.Equal("world-feed-smoke-v1", world.Dataset.Name);
    }

    [Fact]
    public void ObservablesHoldNoWayToTheTruth()
    {
        foreach (var observable in (object[])[world.Dataset, world.Slates, world.Requests(), world.Log(world.Own, 60)])
        {
            var reached = ObjectGraph.From(observable);
            Assert.All(reached, thing => Assert.NotEqual(typeof(World).Namespace, thing.GetType().Namespace));
            Assert.True(reached.Count > 5);
        }
    }

    [Fact]
    public void TheDataSetHoldsWhatWasReachedAndTheSlatesWhatWasServed()
    {
        var (log, slates) = (world.Dataset.Interactions, world.Slates);
        Assert.Equal((1200, 5, 60), (slates.Count, slates.SlateLength, log.Users));
        Assert.Equal(slates.Seen.ToArray().Sum(), log.Count);
        var sessions = SessionIndex.ByColumn(log, "session");
        Assert.Equal(slates.Count, sessions.Count);
        for (var s = 0; s < sessions.Count; s++)
        {
            Assert.Equal(slates.SlateOf(s)[..slates.Seen[s]].ToArray(), sessions.ItemsOf(s).ToArray());
            Assert.Equal(slates.Users[s], sessions.Users[s]);
            Assert.Equal(slates.Times[s], log.Times[sessions.Starts[s]]);
            Assert.Equal(
                slates.FeedbackOf(s).TotalWatchSeconds,
                sessions.FeedbackOf(s, "watch_seconds").ToArray().Sum(x => (double)x)
            );
            Assert.Equal(slates.FeedbackOf(s).Left, sessions.FeedbackOf(s, "exit")[^1] == 1);
        }
        var (watch, duration) = (log.Feedback["watch_seconds"], log.Feedback["duration_seconds"]);
        Assert.All(watch.Zip(duration), pair => Assert.InRange(pair.First, 0, 2 * pair.Second));
        Assert.All(watch.Zip(log.Feedback["view"]), pair => Assert.Equal(pair.First >= 3, pair.Second == 1));
    }

    [Fact]
    public void AGapOfHalfAnHourFindsTheVisits()
    {
        var log = world.Dataset.Interactions;
        Assert.Equal(
            SessionIndex.ByColumn(log, "visit").Starts.ToArray(),
            SessionIndex.ByGap(log, TimeSpan.FromMinutes(30)).Starts.ToArray()
        );
    }

    [Fact]
    public void EverythingHappensAndNothingAlways()
    {
        var log = world.Dataset.Interactions;
        Assert.InRange(log.Feedback["view"].Average(), 0.4, 0.9);
        Assert.InRange(log.Feedback["like"].Average(), 0.02, 0.25);
        Assert.InRange(log.Feedback["exit"].Average(), 0.03, 0.25);
        foreach (var rare in (string[])["follow", "share", "comment", "dislike"])
            Assert.InRange(log.Feedback[rare].Average(), 0.002, 0.1);
        Assert.InRange(world.Slates.Visits.ToArray().Distinct().Count(), 5, 1000);
    }

    [Fact]
    public void OwnRequestsCarryPropensitiesAndTraditionalOnesDoNot()
    {
        var slates = world.Slates;
        Assert.Equal(["own", "traditional"], slates.Policies);
        var own = 0;
        for (var row = 0; row < slates.Count; row++)
        {
            var known = slates.LogPropensities.Slice(row * 5, 5).ToArray();
            if (slates.PolicyIndices[row] == 0)
                own++;
            Assert.All(known, value => Assert.Equal(slates.PolicyIndices[row] == 1, float.IsNaN(value)));
            Assert.All(known, value => Assert.False(value > 0));
        }
        Assert.InRange(own / (double)slates.Count, 0.2, 0.3);
    }

    [Fact]
    public void PropensitiesAreTheFrequenciesOfChoices() // E[1 / p(chosen)] is the number of items that can be chosen
    {
        const int Runs = 1500;
        var (first, sum, squares) = (world.Open(1).NextRequest(), 0.0, 0.0);
        var choosable = world.Preset.Items - first.History(0).Items.ToArray().Distinct().Count();
        for (var run = 1ul; run <= Runs; run++)
        {
            var request = world.Open(run).NextRequest();
            Assert.Equal(first.User(0), request.User(0));
            var choices = new SlateChoices(1, 5);
            world.Own.Choose(request, choices);
            var inverse = Math.Exp(-choices.LogPropensities[0]);
            (sum, squares) = (sum + inverse, squares + inverse * inverse);
        }
        var mean = sum / Runs;
        var error = Math.Sqrt((squares / Runs - mean * mean) / Runs);
        Assert.InRange(mean, choosable - 4.5 * error, choosable + 4.5 * error);
        Assert.True(error < 0.15 * mean, $"{mean} +- {error} tells nothing");
    }

    [Fact]
    public void TheLogIsTheSameInWhateverOrderItIsMade() // user after user by time, or in rounds of everybody
    {
        var (log, stream) = (world.Log(world.Traditional, 300, run: 3), world.Open(run: 3));
        var (asked, compared) = (new int[60], 0);
        while (stream.Served < 400)
        {
            var request = stream.NextRequest();
            var (user, choices) = (request.User(0), new SlateChoices(1, 5));
            world.Traditional.Choose(request, choices);
            var time = request.Time(0);
            var feedback = stream.Serve(choices.Items);
            var row = (int)log.Offsets[user] + asked[user]++;
            if (row >= log.Offsets[user + 1])
                continue;
            compared++;
            Assert.Equal(log.SlateOf(row).ToArray(), choices.Items);
            Assert.Equal((log.Times[row], log.Seen[row]), (time, feedback.Seen));
            Assert.Equal(log.FeedbackOf(row).Actions, feedback.Actions);
        }
        Assert.True(compared > 100);
        Assert.Equal(log.Items.ToArray(), world.Log(world.Traditional, 300, run: 3).Items.ToArray());
        Assert.NotEqual(log.Items.ToArray(), world.Log(world.Traditional, 300, run: 4).Items.ToArray());
    }

    [Fact]
    public void RunsBeginAfterTheLogAndLeaveTheWorldAsItIs()
    {
        var before = world.Requests();
        var log = world.Log(world.Own, 200);
        Assert.All(log.Times.ToArray(), time => Assert.True(time >= world.EndOfLog));
        Assert.True(world.Slates.Times.ToArray().Max() < world.EndOfLog);
        var after = world.Requests();
        for (var user = 0; user < 60; user++)
        {
            Assert.Equal(before.Time(user), after.Time(user));
            Assert.Equal(world.Dataset.Interactions.ItemsOf(user).ToArray(), after.History(user).Items.ToArray());
            Assert.True(Enumerable.Range(1, 300).All(item => after.IsAvailable(user, item)));
        }
        Assert.Equal(200, log.Count);
    }

    [Fact]
    public void NewVideosAreNotShownBeforeTheyAreUploaded()
    {
        var (log, uploaded) = (world.Dataset.Interactions, world.Dataset.Items.Frame["uploaded"]);
        for (var row = 0; row < log.Count; row++)
            Assert.True((double)uploaded[log.Items[row] - 1] <= log.Times[row]);
        Assert.True(Enumerable.Range(0, 300).Count(row => (double)uploaded[row] > log.Times[0]) > 20);
    }

    [Fact]
    public void TheTraditionalPolicyLeansToClickBait()
    {
        double Share(SlateLog log) => log.Items.ToArray().Average(item => world.Oracle.Video(item).IsClickBait ? 1 : 0);
        Assert.True(Share(world.Log(world.Traditional, 1000)) > 1.2 * Share(world.Log(world.Own, 1000)));
    }

    [Theory]
    [InlineData("place 0 of the slate holds item 0", 0, 2, 3, 4, 5)]
    [InlineData("place 4 of the slate holds item 301; items are 1..300", 1, 2, 3, 4, 301)]
    [InlineData("holds item 2 twice", 1, 2, 3, 2, 5)]
    [InlineData("has 3 items, need 5", 1, 2, 3)]
    public void ASlateThatCannotBeServedIsRefused(string message, params int[] slate)
    {
        var stream = world.Open();
        Assert.Throws<InvalidOperationException>(() => stream.Serve([1, 2, 3, 4, 5]));
        stream.NextRequest();
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => stream.Serve(slate)).Message);
        if (slate.Length == 5)
            Assert.Contains(
                $"fixed, user 0: ",
                Assert.Throws<ArgumentException>(() => world.Log(new FeedSamples.Fixed(slate), 60)).Message
            );
    }

    [Fact]
    public void AFeedOutsideItsRangesIsRefused()
    {
        var own = FeedPreset.Smoke with { Name = "own" };
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedWorld.Create(own with { SlateLength = 0 }));
        Assert.Contains("need at least as many", Refusal(own with { Sessions = 10 }));
        Assert.Contains("240 items", Refusal(own with { Items = 200 }));
        Assert.Contains(
            "name of its own",
            Refusal(FeedPreset.Smoke with { Users = 10 }),
            StringComparison.OrdinalIgnoreCase
        );
        Assert.Contains(
            "feed, feed-smoke, feed-plain",
            Assert.Throws<ArgumentException>(() => FeedPreset.Find("x")).Message
        );

        static string Refusal(FeedPreset preset) =>
            Assert.Throws<ArgumentException>(() => FeedWorld.Create(preset)).Message;
    }
}
