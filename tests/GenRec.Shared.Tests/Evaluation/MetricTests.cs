using CsCheck;
using GenRec.Shared.Evaluation;

namespace GenRec.Shared.Tests.Evaluation;

public class MetricTests
{
    private static readonly Metric[] All =
    [
        Metric.Recall(3),
        Metric.HitRate(3),
        Metric.Ndcg(3),
        Metric.Mrr(3),
        Metric.Mrr(),
        Metric.Map(3),
    ];

    private static readonly Gen<int[]> Lists = Gen.Shuffle(Enumerable.Range(1, 8).ToArray());

    [Fact]
    public void TiesCountByTheirExpectationOverAllOrders()
    {
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 6])
            .Sample(
                (above, tied) =>
                {
                    foreach (var metric in All)
                    {
                        var expected = Enumerable
                            .Range(above + 1, tied + 1)
                            .Average(rank => metric.Of(new TargetRank(rank - 1, 0)));
                        Assert.Equal(expected, metric.Of(new TargetRank(above, tied)), 12);
                    }
                },
                iter: 100
            );
    }

    [Fact]
    public void ARankAndTheListItComesFromGiveTheSameValue()
    {
        Gen.Select(Lists, Gen.Int[0, 7])
            .Sample(
                (list, place) =>
                {
                    foreach (var metric in All)
                        Assert.Equal(metric.Of(new TargetRank(place, 0)), metric.Of(list, [list[place]]), 12);
                },
                iter: 100
            );
    }

    [Fact]
    public void SeveralTargetsAgreeWithTheDefinitions()
    {
        Gen.Select(Lists, Lists, Gen.Int[1, 6], Gen.Int[1, 8])
            .Sample(
                (list, items, targetCount, k) =>
                {
                    var targets = items[..targetCount];
                    var relevant = list.Take(k).Select(item => targets.Contains(item) ? 1.0 : 0.0).ToArray();
                    var hits = relevant.Sum();
                    var best = Enumerable.Range(1, Math.Min(k, targetCount)).Sum(r => 1 / Math.Log2(r + 1));
                    var precisions = relevant.Select((hit, i) => hit * relevant.Take(i + 1).Sum() / (i + 1)).Sum();
                    var first = Array.IndexOf(relevant, 1.0);
                    Near(hits / targetCount, Metric.Recall(k));
                    Near(Math.Min(hits, 1), Metric.HitRate(k));
                    Near(relevant.Select((hit, i) => hit / Math.Log2(i + 2)).Sum() / best, Metric.Ndcg(k));
                    Near(first < 0 ? 0 : 1.0 / (first + 1), Metric.Mrr(k));
                    Near(precisions / Math.Min(k, targetCount), Metric.Map(k));

                    void Near(double expected, Metric metric) => Assert.Equal(expected, metric.Of(list, targets), 12);
                },
                iter: 300
            );
    }

    [Fact]
    public void KnownRanksGiveKnownValues()
    {
        TargetRank[] ranks = [new(0, 0), new(2, 0), new(10, 0), TargetRank.Missing];
        Assert.Equal(0.5, Metric.Recall(10).Mean(ranks), 12);
        Assert.Equal((1 + 1 / Math.Log2(4)) / 4, Metric.Ndcg(10).Mean(ranks), 12);
        Assert.Equal((1 + 1.0 / 3 + 1.0 / 11) / 4, Metric.Mrr().Mean(ranks), 12);
        Assert.Equal(2.5, new TargetRank(0, 3).Average);
    }

    [Fact]
    public void ARepeatedItemCountsOnceAndEmptyPlacesNever()
    {
        Assert.Equal(0.5, Metric.Recall(4).Of([7, 7, 7, 0], [7, 8]));
        Assert.Equal(0, Metric.HitRate(3).Of([0, 0, 0], [1]));
    }

    [Fact]
    public void ALongTieIsTheMeanOfItsRanks()
    {
        var expected = Enumerable.Range(1, 10).Sum(rank => 1 / Math.Log2(rank + 1)) / 20_000;
        Assert.Equal(expected, Metric.Ndcg(10).Of(new TargetRank(0, 19_999)), 12);
        Assert.Equal(10 / 20_000.0, Metric.Recall(10).Of(new TargetRank(0, 19_999)), 12);
    }

    [Fact]
    public void NamesAreReadBack()
    {
        foreach (var metric in All.Concat(Metric.Standard))
            Assert.Equal(metric, Metric.Parse(metric.Name));
        Assert.Equal(Metric.Ndcg(10), Metric.Parse("ndcg@10"));
    }

    [Theory]
    [InlineData("Recall")]
    [InlineData("Recall@0")]
    [InlineData("NDCG@ten")]
    [InlineData("AUC@10")]
    [InlineData("")]
    public void AnUnknownNameIsAnErrorThatNamesIt(string name) =>
        Assert.Contains($"'{name}'", Assert.Throws<FormatException>(() => Metric.Parse(name)).Message);

    [Fact]
    public void TargetsThatRepeatOrAreAbsentAreErrors()
    {
        Assert.Throws<ArgumentException>(() => Metric.Recall(3).Of([1, 2], []));
        Assert.Throws<ArgumentException>(() => Metric.Recall(3).Of([1, 2], [4, 4]));
        Assert.Throws<ArgumentException>(() => Metric.Recall(3).Mean([]));
    }
}
