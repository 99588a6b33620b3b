using GenRec.Shared.Data;
using GenRec.Shared.Data.Worlds;

namespace GenRec.Shared.Tests.Worlds;

public class WorldOracleTests
{
    private static readonly Lazy<Split> smokeSplit = new(() =>
        Splits.LeaveOneOut(WorldSamples.Smoke.Dataset.Interactions)
    );
    private static readonly Lazy<Split> sequencesSplit = new(() =>
        Splits.LeaveOneOut(WorldSamples.Sequences.Dataset.Interactions)
    );

    [Fact]
    public void ProbabilitiesAreNeverNegativeAndSumToOne()
    {
        var (oracle, log) = (WorldSamples.Smoke.Oracle, WorldSamples.Smoke.Dataset.Interactions);
        for (var user = 0; user < log.Users; user++)
            foreach (var position in (int[])[0, 1, 2, log.ItemsOf(user).Length - 1, log.ItemsOf(user).Length])
            {
                var probabilities = oracle.NextItem(user, position);
                Assert.Equal(0, probabilities[0]);
                Assert.All(probabilities, p => Assert.True(p >= 0));
                Assert.Equal(1, probabilities.Sum(), 1e-12);
                Assert.Equal(1, oracle.ReasonProbabilities(user, position).Sum(), 1e-12);
                Assert.Equal(1, oracle.TasteOf(user, position).Sum(taste => taste.Share), 1e-12);
            }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 3)]
    [InlineData(17, 4)]
    [InlineData(42, 5)]
    public void ChoicesMadeOnceMoreFollowTheOracle(int user, int position)
    {
        const int Trials = 50_000; // enough to notice probabilities that are off by a twentieth
        var oracle = WorldSamples.Smoke.Oracle;
        var (counts, reasons) = (new double[oracle.ItemCount + 1], new double[6]);
        for (var trial = 0; trial < Trials; trial++)
        {
            var (reason, item) = oracle.Resample(user, position, trial);
            (counts[item], reasons[(int)reason]) = (counts[item] + 1, reasons[(int)reason] + 1);
        }
        AssertFits(counts, oracle.NextItem(user, position), Trials);
        AssertFits(reasons, oracle.ReasonProbabilities(user, position), Trials);
    }

    // Pearson's chi-square; cells that expect fewer than 10 are thrown together. Five standard deviations of its law.
    private static void AssertFits(double[] counts, double[] probabilities, int trials)
    {
        var (statistic, cells, restSeen, restExpected) = (0.0, 0, 0.0, 0.0);
        for (var i = 0; i < counts.Length; i++)
        {
            var expected = probabilities[i] * trials;
            if (expected < 10)
                (restSeen, restExpected) = (restSeen + counts[i], restExpected + expected);
            else
                (statistic, cells) = (
                    statistic + (counts[i] - expected) * (counts[i] - expected) / expected,
                    cells + 1
                );
        }
        if (restExpected >= 1)
            statistic += (restSeen - restExpected) * (restSeen - restExpected) / restExpected;
        Assert.True(cells >= 2);
        Assert.True(statistic < cells + 5 * Math.Sqrt(2.0 * cells), $"chi-square {statistic:F1} in {cells} cells");
    }

    [Fact]
    public void TheLogIsAsSurprisingAsTheOracleExpects()
    {
        var (oracle, log) = (WorldSamples.Smoke.Oracle, WorldSamples.Smoke.Dataset.Interactions);
        var (sum, squares) = (0.0, 0.0);
        for (var user = 0; user < log.Users; user++)
        for (var position = 0; position < log.ItemsOf(user).Length; position++)
        {
            var probabilities = oracle.NextItem(user, position);
            var entropy = -probabilities.Where(p => p > 0).Sum(p => p * Math.Log(p));
            var excess = -Math.Log(probabilities[log.ItemsOf(user)[position]]) - entropy;
            (sum, squares) = (sum + excess, squares + excess * excess);
        }
        Assert.True(Math.Abs(sum) < 4 * Math.Sqrt(squares), $"{sum / log.Count:F4} nats too much a choice");
    }

    [Fact]
    public void EveryChoiceFitsItsReason()
    {
        var (oracle, data) = (WorldSamples.Smoke.Oracle, WorldSamples.Smoke.Dataset);
        var counts = new int[6];
        for (var user = 0; user < data.Interactions.Users; user++)
        {
            var items = data.Interactions.ItemsOf(user).ToArray();
            for (var at = 0; at < items.Length; at++)
            {
                var (item, reason, past) = (items[at], oracle.ReasonOf(user, at), items[..at]);
                counts[(int)reason]++;
                var path = string.Join(" > ", data.Items.Categories(item)[0].Take(2));
                Assert.True(
                    reason switch
                    {
                        ChoiceReason.Taste => oracle.TasteOf(user, at).Any(taste => taste.Category == path),
                        ChoiceReason.Sequel => past.Any(p => oracle.SequelOf(p) == item) && !past.Contains(item),
                        ChoiceReason.Complement => past.TakeLast(4).Any(p => oracle.ComplementsOf(p).Contains(item)),
                        ChoiceReason.Mood => oracle.IntentOf(user, at) == path,
                        ChoiceReason.AttributeNeed => past.Any(p => SharesAttribute(data.Items, p, item)),
                        _ => true,
                    },
                    $"user {user}, position {at}: {reason}"
                );
            }
        }
        Assert.All(counts, count => Assert.True(count > 100));
    }

    private static bool SharesAttribute(ItemTable items, int a, int b) =>
        items.Brand(a) == items.Brand(b)
        || items.Categories(a)[0][0] == items.Categories(b)[0][0]
            && ((string[])["style", "colour"]).Any(column => items.Text(a, column) == items.Text(b, column));

    [Fact]
    public void AnswersDoNotDependOnWhatWasAskedBefore()
    {
        var (first, second) = (WorldSamples.Smoke.Oracle, World.Create(WorldPreset.Smoke).Oracle);
        var users = Enumerable.Range(0, 60).ToArray();
        var forwards = users.Select(user => first.NextItem(user, 4)).ToArray();
        var backwards = new double[users.Length][];
        Parallel.ForEach(users.Reverse(), user => backwards[user] = second.NextItem(user, 4));
        Assert.Equal(forwards, backwards);
        var late = second.Resample(3, 2, trial: 9);
        Assert.Equal(late, first.Resample(3, 2, trial: 9));
    }

    [Fact]
    public void NoRecommenderBeatsTheOracleInExpectation()
    {
        var (oracle, all) = (WorldSamples.Sequences.Oracle, sequencesSplit.Value);
        var split = all with { Test = First(all.Test, 1000) };
        var ceiling = oracle.Ceiling(split.Test, 10);
        var best = oracle.BestItems(split.Test, 10);
        var (expected, realised) = (oracle.Expected(split.Test, best, 10), RankingValue.Realised(split.Test, best, 10));
        Assert.Equal(ceiling.Recall, expected.Recall, 1e-12);
        Assert.Equal(ceiling.Ndcg, expected.Ndcg, 1e-12);
        Assert.Equal(ceiling.Recall, realised.Recall, 4 * Math.Sqrt(0.25 / split.Test.Count));
        int[][] rivals =
        [
            WorldSamples.Popularity(split, 10),
            WorldSamples.Markov(split, 10),
            WorldSamples.ItemNeighbours(split, 10),
        ];
        foreach (var lists in rivals)
        {
            Assert.True(oracle.Expected(split.Test, lists, 10).Recall < ceiling.Recall);
            Assert.True(oracle.Expected(split.Test, lists, 10).Ndcg < ceiling.Ndcg);
            Assert.True(RankingValue.Realised(split.Test, lists, 10).Recall < realised.Recall);
        }
    }

    private static NextItemCases First(NextItemCases cases, int count) =>
        cases with
        {
            Users = cases.Users[..count],
            Histories = cases.Histories.Slice(0, count),
            Targets = cases.Targets[..count],
        };

    [Fact]
    public void WithOrderEffectsTheLastItemTellsMoreForwardsThanBackwardsAndMoreThanPopularity()
    {
        var (oracle, split) = (WorldSamples.Sequences.Oracle, sequencesSplit.Value);
        var popular = oracle.Expected(split.Test, WorldSamples.Popularity(split, 10), 10).Recall;
        var forwards = oracle.Expected(split.Test, WorldSamples.Markov(split, 10), 10).Recall;
        var backwards = oracle.Expected(split.Test, WorldSamples.Markov(split, 10, backwards: true), 10).Recall;
        Assert.True(forwards > 4 * popular, $"Recall@10: Markov {forwards:F3}, popularity {popular:F3}");
        Assert.True(forwards > 3 * backwards, $"Recall@10: forwards {forwards:F3}, backwards {backwards:F3}");
    }

    [Fact]
    public void WithoutOrderEffectsOrderCarriesNoInformation()
    {
        var world = WorldSamples.Unordered;
        for (var user = 0; user < 50; user++)
        {
            var start = world.Oracle.NextItem(user, 0);
            for (var position = 1; position <= world.Dataset.Interactions.ItemsOf(user).Length; position++)
                Assert.Equal(start, world.Oracle.NextItem(user, position)); // the history changes nothing at all
        }
        var split = Splits.LeaveOneOut(world.Dataset.Interactions);
        var forwards = world.Oracle.Expected(split.Test, WorldSamples.Markov(split, 10), 10).Recall;
        var backwards = world.Oracle.Expected(split.Test, WorldSamples.Markov(split, 10, backwards: true), 10).Recall;
        Assert.InRange(forwards / backwards, 0.93, 1.07);
    }

    [Fact]
    public void ScoresAreTheProbabilitiesOfTheCases()
    {
        var (oracle, cases) = (WorldSamples.Smoke.Oracle, smokeSplit.Value.Test);
        var (scores, width) = (oracle.Scores(cases, 7, 3), oracle.ItemCount + 1);
        Assert.Equal(3 * width, scores.Length);
        for (var row = 0; row < 3; row++)
        {
            var wanted = oracle.NextItem(cases.Users[7 + row], cases.Histories[7 + row].Length);
            Assert.Equal(wanted.Select(p => (float)p), scores[(row * width)..((row + 1) * width)]);
            var best = oracle.BestItems(cases, 5)[((7 + row) * 5)..((8 + row) * 5)];
            Assert.Equal(wanted.OrderDescending().Take(5), best.Select(item => wanted[item]));
        }
    }

    [Fact]
    public void TargetRanksAgreeWithTheLists()
    {
        var (oracle, cases) = (WorldSamples.Smoke.Oracle, smokeSplit.Value.Test);
        var (ranks, lists) = (oracle.RankTargets(cases), oracle.BestItems(cases, 10));
        for (var c = 0; c < cases.Count; c++)
            if (ranks[c].Level == 0)
                Assert.Equal(ranks[c].Above < 10, lists.AsSpan(c * 10, 10).Contains(cases.Targets[c]));
        Assert.True(ranks.Count(rank => rank.Level == 0) > 450);
    }

    [Fact]
    public void AHistoryThatIsNotTheUsersOwnIsRefused()
    {
        var (oracle, cases) = (WorldSamples.Smoke.Oracle, smokeSplit.Value.Test);
        var cut = cases with
        {
            Histories = Histories.From([cases.Histories[0][1..].ToArray()]),
            Targets = [1],
            Users = [0],
        };
        var error = Assert.Throws<ArgumentException>(() => oracle.Ceiling(cut, 10));
        Assert.Contains("case 0", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => oracle.Expected(cases, [], 10));
        var twice = new int[cases.Count * 2];
        (twice[0], twice[1]) = (3, 3);
        Assert.Contains("twice", Assert.Throws<ArgumentException>(() => oracle.Expected(cases, twice, 2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.BestItems(cases, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.NextItem(0, 1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.NextItem(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.ReasonOf(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => oracle.SequelOf(0));
    }
}
