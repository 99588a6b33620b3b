using CsCheck;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class TiesTests
{
    [Fact]
    public void AnotherOrderMovesEventsOnlyInsideTheirTime() =>
        Gen.Select(DataGen.Timed, Gen.OneOf(Enum.GetValues<TieOrder>()), Gen.ULong)
            .Sample(
                (all, order, seed) =>
                {
                    var moved = Ties.Reorder(all, order, seed);
                    Assert.Equal(all.Times.ToArray(), moved.Times.ToArray());
                    for (var user = 0; user < all.Users; user++)
                        Assert.Equal(DataGen.Events(all, user).Order(), DataGen.Events(moved, user).Order());
                }
            );

    [Fact]
    public void ReversingTwiceChangesNothing() =>
        DataGen.Timed.Sample(all =>
            Assert.Equal(
                DataGen.Rows(all),
                DataGen.Rows(Ties.Reorder(Ties.Reorder(all, TieOrder.Reversed), TieOrder.Reversed))
            )
        );

    [Fact]
    public void ACoarserResolutionTiesMore()
    {
        var all = DataGen.Build(
            [
                [1, 2, 3],
            ],
            [
                [10, 86_399, 86_400],
            ]
        );
        Assert.Equal("u0: 1@10/1 2@86399/2.125 3@86400/3.25", DataGen.Rows(Ties.Reorder(all, TieOrder.Reversed))[0]);
        var daily = Ties.Reorder(all, TieOrder.Reversed, resolution: TimeSpan.FromDays(1));
        Assert.Equal("u0: 2@0/2.125 1@0/1 3@86400/3.25", DataGen.Rows(daily)[0]);
        Assert.Equal((1, 0), (Ties.Count(all, TimeSpan.FromDays(1)).TiedPairs, Ties.Count(all).TiedPairs));
    }

    [Fact]
    public void ShufflingReachesEveryOrderAndFollowsTheSeed()
    {
        var all = DataGen.Build(
            [
                [1, 2, 3],
            ],
            [
                [5, 5, 5],
            ]
        );
        string Shuffled(ulong seed) => DataGen.Rows(Ties.Reorder(all, TieOrder.Shuffled, seed))[0];
        Assert.Equal(6, Enumerable.Range(0, 60).Select(seed => Shuffled((ulong)seed)).Distinct().Count());
        Assert.Equal(Shuffled(3), Shuffled(3));
    }

    [Fact]
    public void TiesNeedTimesAndWholeSeconds()
    {
        Assert.Throws<ArgumentException>(() =>
            Ties.Count(
                DataGen.Build(
                    [
                        [1],
                    ],
                    null
                )
            )
        );
        Assert.Throws<ArgumentException>(() =>
            Ties.Count(
                DataGen.Build(
                    [
                        [1],
                    ],
                    [
                        [1],
                    ]
                ),
                TimeSpan.FromMilliseconds(1500)
            )
        );
    }

    /// <summary>Neighbouring events that share a day, users whose last two do: counted from the public files.</summary>
    [Theory]
    [InlineData("amazon14-beauty", 43.9, 43.5)]
    [InlineData("amazon14-sports", 47.6, 45.1)]
    public void NearlyHalfOfTheAmazonTargetsAreDecidedInsideADay(string name, double pairs, double last)
    {
        var all = PublicData.Load(name).Interactions;
        var ties = Ties.Count(all, TimeSpan.FromDays(1));
        Assert.Equal((pairs, last), (Math.Round(100 * ties.PairShare, 1), Math.Round(100 * ties.LastShare, 1)));

        var reversed = Splits.LeaveOneOut(Ties.Reorder(all, TieOrder.Reversed)).Test.Targets;
        var changed = Splits.LeaveOneOut(all).Test.Targets.Zip(reversed).Count(pair => pair.First != pair.Second);
        Assert.Equal(last, Math.Round(100.0 * changed / reversed.Length, 1));
    }
}
