using CsCheck;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class NextItemBatcherTests
{
    private static readonly Interactions Train = Build([
        [1, 2, 3, 4, 5],
        [6, 7],
        [8],
        [2, 4, 6, 8, 10, 12],
        [9, 3, 1],
    ]);

    [Fact]
    public void EveryCellIsFollowedByItsTarget()
    {
        var batcher = new NextItemBatcher(Train, new NextItemBatching { BatchSize = 10, MaxLength = 4 });
        var batch = batcher.At(0);
        var pairs = batch.Cells.Zip(batch.Targets, (cell, target) => (batch.Items[cell], target)).ToHashSet();
        (
            long,
            long
        )[] expected = // the newest four inputs of each user
        [
            .. new (long, long)[]
            {
                (1, 2),
                (2, 3),
                (3, 4),
                (4, 5),
                (6, 7),
                (4, 6),
                (6, 8),
                (8, 10),
                (10, 12),
                (9, 3),
                (3, 1),
            },
        ];
        Assert.Equal(expected.ToHashSet(), pairs);
    }

    [Fact]
    public void TheNewestInputAlwaysHasTheLastPosition()
    {
        var batch = new NextItemBatcher(Train, new NextItemBatching { MaxLength = 4 }).At(0);
        foreach (var sequence in batch.Cells.GroupBy(cell => batch.Segments[cell]))
            Assert.Equal(3, batch.Positions[sequence.Max()]);
    }

    [Fact]
    public void NegativesAreNeverSeenByTheirUser()
    {
        var options = new NextItemBatching { MaxLength = 4, Negatives = 50 };
        var batch = new NextItemBatcher(Train, options).At(0);
        for (var position = 0; position < batch.Cells.Length; position++)
        {
            var newest = batch.Targets[
                Array.FindLastIndex(batch.Cells, c => batch.Segments[c] == batch.Segments[batch.Cells[position]])
            ];
            var user = Enumerable
                .Range(0, Train.Users)
                .Single(u => Train.ItemsOf(u).Length > 1 && Train.ItemsOf(u)[^1] == newest);
            var own = Train.ItemsOf(user).ToArray();
            Assert.All(
                batch.Negatives[(position * 50)..(position * 50 + 50)],
                negative => Assert.DoesNotContain((int)negative, own)
            );
        }
    }

    [Fact]
    public void AnEpochVisitsEveryUserOnce()
    {
        var batcher = new NextItemBatcher(Train, new NextItemBatching { BatchSize = 3, MaxLength = 9 });
        Assert.Equal(2, batcher.StepsPerEpoch);
        var targets = new[] { 2L, 3L }.Select(batcher.At).SelectMany(batch => batch.Targets).Order();
        Assert.Equal(
            Train
                .ByUser[0]
                .ToArray()[1..]
                .Concat([7])
                .Concat(Train.ByUser[3].ToArray()[1..])
                .Concat([3, 1])
                .Select(i => (long)i)
                .Order(),
            targets
        );
    }

    [Fact]
    public void ABatchDependsOnItsStepAlone() =>
        Gen.Int[0, 50]
            .Sample(step =>
            {
                var options = new NextItemBatching
                {
                    BatchSize = 2,
                    Negatives = 3,
                    Seed = 7,
                };
                var (used, fresh) = (new NextItemBatcher(Train, options), new NextItemBatcher(Train, options));
                used.At(17);
                var (a, b) = (used.At(step), fresh.At(step));
                Assert.Equal(a.Items, b.Items);
                Assert.Equal(a.Negatives, b.Negatives);
            });

    [Fact]
    public void AUserWhoHasSeenEverythingIsReported()
    {
        var everything = Build(
            [
                [1, 2, 3],
            ],
            itemCount: 3
        );
        var batcher = new NextItemBatcher(everything, new NextItemBatching());
        Assert.Contains("ExcludeSeen", Assert.Throws<InvalidOperationException>(() => batcher.At(0)).Message);
    }

    [Fact]
    public void WithoutAnyPairThereIsNothingToLearn() =>
        Assert.Throws<ArgumentException>(() =>
            new NextItemBatcher(
                Build([
                    [1],
                    [2],
                ]),
                new NextItemBatching()
            )
        );

    internal static Interactions Build(int[][] rows, int itemCount = 20)
    {
        var offsets = new long[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
            offsets[i + 1] = offsets[i] + rows[i].Length;
        return new Interactions(itemCount, offsets, [.. rows.SelectMany(row => row)]);
    }
}
