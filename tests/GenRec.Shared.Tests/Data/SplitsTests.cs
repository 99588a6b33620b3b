using CsCheck;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class SplitsTests
{
    [Fact]
    public void LeaveOneOutLosesNothingAndLooksAtNoFuture() =>
        DataGen.Timed.Sample(all =>
        {
            var split = Splits.LeaveOneOut(all);

            var asked = Enumerable.Range(0, all.Users).Where(user => all.ByUser.LengthOf(user) >= 3).ToArray();
            Assert.Equal(asked, split.Validation.Users);
            Assert.Equal(asked, split.Test.Users);
            Assert.Equal(all.Users, split.Train.Users);
            Assert.Equal(all.Count, split.Train.Count + split.Validation.Count + split.Test.Count);
            for (var user = 0; user < all.Users; user++)
            {
                var (row, at) = (all.ItemsOf(user).ToArray(), Array.IndexOf(asked, user));
                var train = DataGen.Events(all, user).Take(at < 0 ? row.Length : row.Length - 2);
                Assert.Equal(train, DataGen.Events(split.Train, user));
                if (at < 0)
                    continue;
                Assert.Equal(row[..^2], split.Validation.Histories[at].ToArray());
                Assert.Equal(row[..^1], split.Test.Histories[at].ToArray());
                Assert.Equal((row[^2], row[^1]), (split.Validation.Targets[at], split.Test.Targets[at]));
            }
        });

    [Fact]
    public void SpreadCasesReachOverAllUsersAndAreAlwaysTheSame()
    {
        var histories = Histories.From(Enumerable.Range(0, 10).Select(_ => (IReadOnlyList<int>)[1]));
        var cases = new NextItemCases([.. Enumerable.Range(0, 10)], histories, [.. Enumerable.Range(1, 10)], 10);
        Assert.Equal([0, 2, 5, 7], cases.Spread(4).Users);
        Assert.Equal([1, 3, 6, 8], cases.Spread(4).Targets);
        Assert.Same(cases, cases.Spread(0));
        Assert.Same(cases, cases.Spread(99));
    }

    [Fact]
    public void ATemporalSplitLosesNothingAndLooksAtNoFuture() =>
        Gen.Select(DataGen.Timed, Gen.Long[0, 5], Gen.Long[0, 5])
            .Sample(
                (all, a, b) =>
                {
                    var (validationFrom, testFrom) = (86_400 * Math.Min(a, b), 86_400 * Math.Max(a, b));
                    var split = Splits.Temporal(all, validationFrom, testFrom, shortestHistory: 0);

                    Assert.Equal(all.Count, split.Train.Count + split.Validation.Count + split.Test.Count);
                    Assert.All(split.Train.Times.ToArray(), time => Assert.True(time < validationFrom));
                    Check(all, split.Validation, validationFrom, testFrom - 1);
                    Check(all, split.Test, testFrom, long.MaxValue);
                }
            );

    [Fact]
    public void NewcomersAreLeftOutAndHistoriesCut()
    {
        var all = DataGen.Build(
            [
                [1, 2, 3, 4],
                [5, 6],
            ],
            [
                [0, 10, 20, 30],
                [30, 40],
            ]
        );
        var split = Splits.Temporal(all, 20, 30, longestHistory: 2);
        Assert.Equal([3], split.Validation.Targets);
        Assert.Equal([4, 6], split.Test.Targets); // 5 is the first thing its user does
        Assert.Equal([2, 3], split.Test.Histories[0].ToArray());
        var first = Splits.Temporal(all, 10, 30, CasesAfterCut.FirstOfEachUser);
        Assert.Equal([2], first.Validation.Targets);
        Assert.Equal([4, 6], first.Test.Targets);
    }

    [Fact]
    public void SharesBecomeCutsInTime()
    {
        var all = DataGen.Build(
            [
                [.. Enumerable.Range(1, 10)],
            ],
            [
                [.. Enumerable.Range(1, 10).Select(i => (long)i)],
            ]
        );
        var split = Splits.TemporalByShare(all, 0.2, 0.1);
        Assert.Equal((7, 2, 1), (split.Train.Count, split.Validation.Count, split.Test.Count));
        Assert.Equal(10, Splits.TemporalByShare(all, 0, 0).Train.Count);
    }

    [Fact]
    public void ATemporalSplitNeedsTimesInOrder()
    {
        var untimed = DataGen.Build(
            [
                [1, 2],
            ],
            null
        );
        Assert.Throws<ArgumentException>(() => Splits.Temporal(untimed, 1, 2));
        Assert.Throws<ArgumentException>(() => Splits.TemporalByShare(untimed));
        Assert.Throws<ArgumentException>(() =>
            Splits.Temporal(
                DataGen.Build(
                    [
                        [1],
                    ],
                    [
                        [1],
                    ]
                ),
                2,
                1
            )
        );
    }

    [Fact]
    public void ColdCasesAreThoseWhoseTargetTrainingNeverShows() =>
        Gen.Select(DataGen.Timed, DataGen.Arrays(Gen.Int[1, 6], 0, 2))
            .Sample(
                (all, held) =>
                {
                    var split = Splits.LeaveOneOut(all);
                    var cold = ColdItems.HoldOut(split, held.Where(item => item <= all.ItemCount));

                    var seen = cold.Split.Train.Items.ToArray().ToHashSet();
                    Assert.DoesNotContain(held, seen.Contains);
                    Assert.All(
                        cold.WarmTest.Targets.Concat(cold.WarmValidation.Targets),
                        item => Assert.Contains(item, seen)
                    );
                    Assert.All(
                        cold.ColdTest.Targets.Concat(cold.ColdValidation.Targets),
                        item => Assert.DoesNotContain(item, seen)
                    );
                    Assert.Equal(split.Test.Count, cold.WarmTest.Count + cold.ColdTest.Count);
                    Assert.Equal(split.Validation.Count, cold.WarmValidation.Count + cold.ColdValidation.Count);
                    Assert.Equal(
                        cold.ColdTest.Targets.Concat(cold.ColdValidation.Targets).Distinct().Order(),
                        cold.Items
                    );
                }
            );

    [Fact]
    public void TheSameSeedDrawsTheSameItems()
    {
        var split = Splits.LeaveOneOut(
            DataGen.Build([.. Enumerable.Range(1, 20).Select(i => new[] { 1, 2, i })], null)
        );
        var drawn = ColdItems.Draw(split, 0.25, seed: 7);
        Assert.Equal(5, drawn.Length);
        Assert.Equal(drawn, ColdItems.Draw(split, 0.25, seed: 7));
        Assert.NotEqual(drawn, ColdItems.Draw(split, 0.25, seed: 8));
    }

    private static void Check(Interactions all, NextItemCases cases, long from, long to)
    {
        var next = new Dictionary<(int User, int Place), bool>();
        for (var i = 0; i < cases.Count; i++)
        {
            var (user, history) = (cases.Users[i], cases.Histories[i].ToArray());
            Assert.Equal(all.ItemsOf(user)[..history.Length].ToArray(), history);
            Assert.Equal(all.ItemsOf(user)[history.Length], cases.Targets[i]);
            Assert.InRange(all.TimesOf(user)[history.Length], from, to);
            Assert.True(next.TryAdd((user, history.Length), true), "an event is asked twice");
        }
    }
}
