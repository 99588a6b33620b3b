using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Tests.Worlds;

namespace GenRec.Shared.Tests.Data;

public class SessionExamplesTests
{
    private static readonly FeedWorld world = FeedSamples.Smoke;

    [Fact]
    public void EachRuleIsCountedAsAPlainLoopCountsIt()
    {
        var rules = new SessionRules
        {
            MaxHistory = 7,
            MinWatched = 4,
            MinWatchSeconds = 45,
        };
        var found = SessionExamples.Of(world.Slates, 300, rules);
        var (watched, seconds, acted, together, kept) = (0, 0, 0, 0, new List<(int Request, int[] History)>());
        var histories = Enumerable.Range(0, world.Preset.Users).Select(_ => new List<int>()).ToArray();
        for (var row = 0; row < world.Slates.Count; row++)
        {
            var feedback = world.Slates.FeedbackOf(row);
            var history = histories[world.Slates.Users[row]];
            var (one, two) = (feedback.Count(FeedActions.View) >= 4, feedback.TotalWatchSeconds > 45);
            var three = feedback.Count(FeedActions.Like | FeedActions.Share) > 0;
            (watched, seconds, acted) = (watched + (one ? 1 : 0), seconds + (two ? 1 : 0), acted + (three ? 1 : 0));
            together += one && two && three ? 1 : 0;
            if (one && two && three && history.Count > 0)
                kept.Add((row, [.. history.TakeLast(7)]));
            for (var place = 0; place < feedback.Seen; place++)
                if (
                    (feedback.Actions[place] & (FeedActions)(1 | 2 | 4 | 8)) != 0
                    && (feedback.Actions[place] & FeedActions.Dislike) == 0
                )
                    history.Add(world.Slates.SlateOf(row)[place]);
        }
        var counts = found.Counts;
        Assert.Equal(
            (world.Slates.Count, watched, seconds, acted),
            (counts.Sessions, counts.Watched, counts.WatchSeconds, counts.Acted)
        );
        Assert.Equal((together, kept.Count), (counts.AfterRules, counts.Kept));
        Assert.True(kept.Count > 20 && kept.Count < together + 1 && together < Math.Min(watched, acted)); // the rules do something
        for (var at = 0; at < found.Count; at++)
        {
            Assert.Equal(kept[at].Request, found.RequestOf(at));
            Assert.Equal(kept[at].History, found.HistoryOf(at).ToArray());
            Assert.Equal(world.Slates.SlateOf(kept[at].Request).ToArray(), found.SessionOf(at).ToArray());
        }
    }

    [Fact]
    public void AnyRuleKeepsMoreThanAllAndNoRuleKeepsEverything()
    {
        var rules = new SessionRules();
        int Kept(SessionRules with) => SessionExamples.Of(world.Slates, 300, with).Counts.AfterRules;
        Assert.True(Kept(rules) < Kept(rules with { NeedAll = false }));
        Assert.Equal(world.Slates.Count, Kept(SessionRules.KeepAll));
        Assert.Equal(world.Slates.Count, Kept(SessionRules.KeepAll with { NeedAll = false }));
    }

    [Fact]
    public void AHistoryIsWhatServingWouldGive()
    {
        var found = SessionExamples.Of(world.Slates, 300, SessionRules.KeepAll with { MaxHistory = 10_000 });
        var requests = world.Requests();
        var last = Enumerable
            .Range(0, found.Count)
            .GroupBy(found.UserOf)
            .ToDictionary(one => one.Key, one => one.Last());
        foreach (var (user, example) in last)
        {
            var before = found.HistoryOf(example).ToArray();
            Assert.Equal(before, requests.History(user).Positives(10_000)[..before.Length]);
        }
    }

    [Fact]
    public void APointIsAnEngagedVideoAfterThoseBeforeIt()
    {
        var found = SessionExamples.Of(world.Slates, 300, SessionRules.KeepAll with { MaxHistory = 5 });
        var points = found.PointWise();
        var at = 0;
        for (var example = 0; example < found.Count; example++)
        {
            var seen = new List<int>(found.HistoryOf(example).ToArray());
            var feedback = world.Slates.FeedbackOf(found.RequestOf(example));
            for (var place = 0; place < 5; place++)
            {
                if (
                    (feedback.Actions[place] & (FeedActions)15) == 0
                    || (feedback.Actions[place] & FeedActions.Dislike) != 0
                )
                    continue;
                Assert.Equal(found.SessionOf(example)[place], points.SessionOf(at)[0]);
                Assert.Equal(seen.TakeLast(5), points.HistoryOf(at).ToArray());
                seen.Add(found.SessionOf(example)[place]);
                at++;
            }
        }
        Assert.Equal(points.Count, at);
        Assert.Equal(1, points.Length);
    }

    [Fact]
    public void HeldOutSessionsAreTheLastOfUsersWhoHaveSeveral()
    {
        var found = SessionExamples.Of(world.Slates, 300, SessionRules.KeepAll);
        var (train, heldOut) = found.HoldOutLast();
        Assert.Equal(found.Count, train.Count + heldOut.Count);
        Assert.Equal(heldOut.Count, Enumerable.Range(0, heldOut.Count).Select(heldOut.UserOf).Distinct().Count());
        for (var at = 0; at < heldOut.Count; at++)
            Assert.DoesNotContain(
                Enumerable.Range(0, train.Count),
                row => train.UserOf(row) == heldOut.UserOf(at) && train.RequestOf(row) > heldOut.RequestOf(at)
            );
    }

    [Fact]
    public void ABatchHoldsWhatThePairsHold()
    {
        var found = SessionExamples.Of(world.Slates, 300, SessionRules.KeepAll);
        var batch = found.Batch([4, 0]);
        Assert.Equal((2, 5), (batch.Count, batch.Length));
        Assert.Equal(found.HistoryOf(4).ToArray(), batch.Histories[0].ToArray());
        Assert.Equal([found.UserOf(4), found.UserOf(0)], batch.Histories.Users.ToArray());
        Assert.Equal(found.SessionOf(0).ToArray(), batch[1].ToArray());
    }

    [Fact]
    public void KuaiRandsSessionsAreCutWhereTimePassesAndIntoRunsOfM()
    {
        // Two sessions of one user, of 5 and 2 videos; milliseconds of watching; a like on the last video of the first run of 2.
        var log = new Interactions(
            9,
            [0, 7],
            [1, 2, 3, 4, 5, 6, 7],
            [0, 10, 20, 30, 40, 4000, 4010],
            new Dictionary<string, float[]>
            {
                ["play_time_ms"] = [3000, 9000, 100, 2999, 8000, 7000, 5000],
                ["is_like"] = [0, 1, 0, 0, 0, 0, 1],
                ["is_follow"] = new float[7],
                ["is_forward"] = new float[7],
                ["is_comment"] = new float[7],
                ["is_hate"] = [0, 0, 0, 0, 0, 1, 0],
            }
        );
        var cut = SessionIndex.ByGap(log, TimeSpan.FromMinutes(30));
        var rules = SessionRules.KeepAll with { MaxHistory = 2 };
        var found = SessionExamples.Of(cut, FeedColumns.KuaiRand, 2, rules);
        Assert.Equal((3, 1, 2), (found.Counts.Sessions, found.Counts.TooShort, found.Count)); // the first has no history
        Assert.Equal([1, 2], found.HistoryOf(0).ToArray());
        Assert.Equal([3, 4], found.SessionOf(0).ToArray());
        Assert.Equal([2, 5], found.HistoryOf(1).ToArray()); // 3 and 4 were skipped
        Assert.Equal([6, 7], found.SessionOf(1).ToArray());
        var strict = rules with { MinWatched = 2, Actions = FeedActions.Like, MinWatchSeconds = 11.9 };
        Assert.Equal((2, 2, 2), Counted(SessionExamples.Of(cut, FeedColumns.KuaiRand, 2, strict).Counts));

        static (int, int, int) Counted(SessionCounts counts) => (counts.Watched, counts.Acted, counts.AfterRules);
    }

    [Fact]
    public void RepeatsUnknownItemsMissingColumnsAndEmptyResultsAreSaid()
    {
        var feedback = new Dictionary<string, float[]> { ["watch_seconds"] = [9, 9, 9, 9] };
        var log = new Interactions(3, [0, 4], [1, 2, 3, 3], [0, 1, 2, 3], feedback);
        var cut = SessionIndex.ByGap(log, TimeSpan.FromMinutes(30));
        Assert.Contains(
            "no column 'like'. There are: watch_seconds",
            Message(() => SessionExamples.Of(cut, FeedColumns.Feed, 2))
        );
        var message = Message(() => SessionExamples.Of(cut, new FeedColumns("watch_seconds"), 2, SessionRules.KeepAll));
        Assert.Contains("of 1 sessions of 2 videos", message); // the other repeats a video
        Assert.Contains("none of those has a history", message);
        Assert.Contains("the catalogue has the items 1..100", Message(() => SessionExamples.Of(world.Slates, 100)));

        static string Message(Func<object> act) => Assert.ThrowsAny<ArgumentException>(act).Message;
    }
}
