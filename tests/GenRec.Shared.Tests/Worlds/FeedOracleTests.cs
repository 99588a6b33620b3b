using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Worlds;

public class FeedOracleTests
{
    private static readonly FeedWorld world = FeedSamples.Smoke;
    private static readonly FeedOracle oracle = world.Oracle;

    [Fact]
    public void EveryChanceIsInZeroToOne()
    {
        for (var n = 0; n < 600; n++)
        {
            var (user, slate) = (n % 60, FeedSamples.Slate(n));
            foreach (var place in oracle.Places(user, slate))
            {
                double[] chances =
                [
                    place.Reach,
                    place.Skip,
                    place.Complete,
                    place.Like,
                    place.Follow,
                    place.Share,
                    place.Comment,
                    place.Dislike,
                    place.Exit,
                ];
                Assert.All(chances, chance => Assert.InRange(chance, 0, 1));
                Assert.InRange(place.Skip + place.Complete, 0, 1 + 1e-12);
                Assert.True(place.Like <= 1 - place.Skip); // nobody likes what was skipped
            }
            var value = oracle.Value(user, slate);
            Assert.InRange(value.AnyLike, 0, 1);
            Assert.True(value.AnyLike <= value.Likes + 1e-12); // Boole
            Assert.True(value.AnyFollow <= value.Follows + 1e-12);
            Assert.InRange(value.Stays, 0, 1);
            Assert.InRange(value.Seen, 1, 5);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(17, 2)]
    [InlineData(42, 3)]
    public void ClosedFormEqualsMonteCarloWithinItsError(int user, int number)
    {
        var slate = number == 3 ? Alike() : FeedSamples.Slate(number);
        var exact = oracle.Value(user, slate);
        Near(exact.WatchSeconds, feedback => feedback.TotalWatchSeconds);
        Near(exact.Seen, feedback => feedback.Seen);
        Near(exact.Views, feedback => feedback.Count(FeedActions.View));
        Near(exact.Likes, feedback => feedback.Count(FeedActions.Like));
        Near(exact.Follows, feedback => feedback.Count(FeedActions.Follow));
        Near(exact.Shares, feedback => feedback.Count(FeedActions.Share));
        Near(exact.Comments, feedback => feedback.Count(FeedActions.Comment));
        Near(exact.Dislikes, feedback => feedback.Count(FeedActions.Dislike));
        Near(exact.AnyLike, feedback => Math.Min(1, feedback.Count(FeedActions.Like)));
        Near(exact.AnyFollow, feedback => Math.Min(1, feedback.Count(FeedActions.Follow)));
        Near(exact.Stays, feedback => feedback.Left ? 0 : 1);
        Near(exact.Utility(), new FeedUtility().Of);

        void Near(double wanted, Func<SlateFeedback, double> measure)
        {
            var got = oracle.Estimate(user, slate, measure, trials: 4000);
            var error = Math.Max(got.StandardError, Math.Sqrt(Math.Abs(wanted) / got.Trials)); // of what is too rare to occur
            Assert.InRange(got.Mean, wanted - 4.5 * error - 1e-9, wanted + 4.5 * error + 1e-9);
        }
    }

    // The first item and those most like it.
    private static int[] Alike() =>
        [1, .. Enumerable.Range(2, 299).OrderByDescending(item => oracle.Similarity(1, item)).Take(4)];

    [Fact]
    public void AlikeVideosTireAndUnlikeOnesDoNot()
    {
        var places = oracle.Places(5, Alike());
        Assert.Equal(0, places[0].Boredom);
        Assert.True(places[4].Boredom > 1);
        var (alone, after) = (oracle.Places(5, [Alike()[4]])[0], places[4]);
        Assert.True(after.Skip > alone.Skip && after.Exit > alone.Exit && after.WatchSeconds < alone.WatchSeconds);
        Assert.Equal(1, oracle.Similarity(7, 7), 1e-12);
        Assert.Equal(oracle.Similarity(7, 9), oracle.Similarity(9, 7));
    }

    [Fact]
    public void WithoutBoredomASlateIsItsItems() // the negative control
    {
        var plain = FeedWorld.Create(FeedPreset.Smoke with { Name = "no-boredom", Boredom = 0, Sessions = 60 }).Oracle;
        var places = plain.Places(5, Alike());
        for (var place = 0; place < 5; place++)
        {
            var alone = plain.Places(5, [Alike()[place]])[0];
            Assert.Equal(0, places[place].Boredom);
            Assert.Equal(
                (alone.Skip, alone.Like, alone.WatchSeconds),
                (places[place].Skip, places[place].Like, places[place].WatchSeconds)
            );
        }
    }

    [Fact]
    public void ChancesMoveTheWayTheModelSays()
    {
        var preset = FeedPreset.Smoke;
        var videos = new FeedCatalogue(preset, new CounterRandom(1));
        var law = new FeedLaw(videos, preset);
        foreach (var viewer in FeedLife.Newcomers(preset, videos, new CounterRandom(2)))
        {
            var item = 1 + viewer.User;
            var grid = Enumerable.Range(0, 6).ToArray();
            GetWorse(grid.Select(n => law.Of(viewer, item, 0.5 * n, 0, true)));
            Assert.Equal(
                grid.Order(),
                grid.OrderBy(n => law.Of(viewer, item, 0, 10 * n, true).Mean(after => after.Exit)) // a long visit ends
            );
            GetWorse(grid.Select(_ => OfQuality(viewer, item, videos.Quality[item] - 0.3)));
            Assert.Equal(0, law.Of(viewer, item, 0, 0, canFollow: false).Mean(after => after.Follow));
            videos.IsClickBait[item] = false;
            var honest = law.Of(viewer, item, 0, 0, true);
            videos.IsClickBait[item] = true;
            var bait = law.Of(viewer, item, 0, 0, true);
            Assert.True(bait.Skip < honest.Skip); // it draws views
            Assert.True(bait.Whole / (1 - bait.Skip) < honest.Whole / (1 - honest.Skip)); // that end early
            Assert.True(bait.AfterPart.Dislike > honest.AfterPart.Dislike); // and displease
        }

        ItemLaw OfQuality(FeedViewer viewer, int item, double quality)
        {
            videos.Quality[item] = quality;
            return law.Of(viewer, item, 0, 0, true);
        }

        static void GetWorse(IEnumerable<ItemLaw> laws)
        {
            var steps = laws.ToArray();
            for (var n = 1; n < steps.Length; n++)
            {
                var (less, more) = (steps[n - 1], steps[n]);
                Assert.True(more.Skip > less.Skip && more.Whole < less.Whole && more.MeanSeconds < less.MeanSeconds);
                Assert.True(more.Mean(after => after.Like) < less.Mean(after => after.Like));
                Assert.True(more.Mean(after => after.Follow) < less.Mean(after => after.Follow));
                Assert.True(more.AfterPart.Dislike > less.AfterPart.Dislike);
                Assert.True(more.Mean(after => after.Exit) > less.Mean(after => after.Exit));
            }
        }
    }

    [Fact]
    public void AnswersDoNotDependOnWhatWasAskedBefore()
    {
        var value = oracle.Value(3, FeedSamples.Slate(1));
        var all = oracle.Values(world.Slates);
        world.Log(world.Own, 100);
        oracle.Estimate(3, FeedSamples.Slate(2), feedback => feedback.Seen, trials: 50);
        oracle.GreedySlate(3);
        Assert.Equal(value, oracle.Value(3, FeedSamples.Slate(1)));
        Assert.Equal(all[777], oracle.Values(world.Slates)[777]);
        Assert.Equal(value, oracle.Values([4, 3], [.. FeedSamples.Slate(5), .. FeedSamples.Slate(1)])[1]);
        Assert.Equal(value, FeedWorld.Create(FeedPreset.Smoke).Oracle.Value(3, FeedSamples.Slate(1)));
    }

    [Fact]
    public void ServedSlatesGaveWhatTheyAreWorthOnAverage()
    {
        var log = world.Slates;
        var (values, gap, squares) = (oracle.Values(log), 0.0, 0.0);
        for (var row = 0; row < log.Count; row++)
        {
            var miss = log.FeedbackOf(row).TotalWatchSeconds - values[row].WatchSeconds;
            (gap, squares) = (gap + miss / log.Count, squares + miss * miss / log.Count);
        }
        Assert.InRange(gap, -4.5 * Math.Sqrt(squares / log.Count), 4.5 * Math.Sqrt(squares / log.Count));
    }

    [Fact]
    public void TheCounterfactualOfTheServedSlateIsTheLog()
    {
        foreach (var log in (SlateLog[])[world.Slates, world.Log(world.Traditional, 200, run: 2)])
            for (var row = 0; row < log.Count; row += 37)
            {
                var (logged, again) = (log.FeedbackOf(row), oracle.Counterfactual(log, row, log.SlateOf(row)));
                Assert.Equal(logged.Seen, again.Seen);
                Assert.Equal(logged.WatchSeconds, again.WatchSeconds);
                Assert.Equal(logged.Actions, again.Actions);
                var other = log.SlateOf(row).ToArray();
                other[4] = Enumerable.Range(1, 300).First(item => !other.Contains(item));
                var changed = oracle.Counterfactual(log, row, other);
                Assert.Equal(logged.Actions[..4], changed.Actions[..4]); // what comes later does not change what was before
            }
    }

    [Fact]
    public void AGoodSlateIsWorthMoreAndBringsTheUserBackSooner()
    {
        var (better, sooner) = (0, 0);
        for (var user = 0; user < 8; user++)
        {
            var (good, random) = (oracle.GreedySlate(user), FeedSamples.Slate(user));
            better += oracle.Value(user, good).Utility() > oracle.Value(user, random).Utility() ? 1 : 0;
            var (soon, late) = (oracle.HoursUntilReturn(user, good, 1500), oracle.HoursUntilReturn(user, random, 1500));
            sooner += soon.Mean < late.Mean ? 1 : 0;
            Assert.True(soon.StandardError > 0 && soon.Mean > 0.7);
        }
        Assert.Equal(8, better);
        Assert.True(sooner >= 7, $"{sooner} of 8");
    }

    [Fact]
    public void QualityHasNothingToDoWithDuration()
    {
        var items = Enumerable.Range(1, 300).Select(oracle.Video).ToArray();
        var duration = items.Select(item => Math.Log(item.DurationSeconds)).ToArray();
        var quality = items.Select(item => item.Quality).ToArray();
        var (a, b) = (duration.Average(), quality.Average());
        var covariance = duration.Zip(quality, (x, y) => (x - a) * (y - b)).Average();
        Assert.InRange(covariance / Spread(duration, a) / Spread(quality, b), -0.2, 0.2);

        static double Spread(double[] values, double mean) =>
            Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    [Fact]
    public void QuestionsThatMakeNoSenseAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.Value(60, FeedSamples.Slate(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.Video(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.Estimate(0, [1], feedback => 0, trials: 1));
        Assert.Throws<ArgumentException>(() => oracle.Value(0, []));
        Assert.Throws<ArgumentException>(() => oracle.Value(0, [1, 1]));
        Assert.Throws<ArgumentException>(() => oracle.Value(0, [1, 2, 3, 4, 5, 6]));
        Assert.Throws<ArgumentException>(() => oracle.Values(world.Slates, [1, 2]));
        var other = FeedWorld.Create(FeedPreset.Smoke with { Name = "other", Users = 20, Sessions = 20 });
        Assert.Contains("another world", Assert.Throws<ArgumentException>(() => oracle.Values(other.Slates)).Message);
    }
}
