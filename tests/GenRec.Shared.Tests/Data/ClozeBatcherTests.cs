using CsCheck;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class ClozeBatcherTests
{
    private static readonly Interactions Train = NextItemBatcherTests.Build([
        [1, 2, 3, 4, 5],
        [6, 7],
        [8],
        [2, 4, 6, 8, 10, 12],
        [9, 3, 1],
    ]);

    private static readonly ClozeBatching Options = new()
    {
        BatchSize = 10,
        MaxLength = 6,
        Seed = 3,
    };

    private static readonly Gen<ClozeBatching> Any =
        from rate in Gen.Double[0.05, 1]
        from exact in Gen.Bool
        from most in Gen.Int[1, 6]
        from copies in Gen.Int[0, 3]
        from seed in Gen.Int[0, 1000]
        select Options with
        {
            MaskRate = rate,
            Draw = exact ? MaskDraw.Exact : MaskDraw.Bernoulli,
            MaxMasks = most,
            Copies = copies == 0 ? null : copies,
            Seed = (ulong)seed,
        };

    [Fact]
    public void EverySequenceHasAMaskAndEveryMaskItsItem() =>
        Any.Sample(options =>
        {
            var batcher = new ClozeBatcher(Train, options);
            for (var step = 0; step < 4; step++)
            {
                var batch = batcher.At(step);
                var told = batch.Items.ToArray();
                for (var i = 0; i < batch.Cells.Length; i++)
                {
                    Assert.Equal(batcher.MaskId, batch.Items[batch.Cells[i]]);
                    told[batch.Cells[i]] = batch.Targets[i];
                }
                Assert.DoesNotContain(batcher.MaskId, told); // nothing else shows the mask
                Assert.Equal(batch.Cells.Length, batch.Cells.Distinct().Count());
                foreach (var sequence in Enumerable.Range(0, told.Length).GroupBy(cell => batch.Segments[cell]))
                {
                    if (sequence.Key == 0)
                        continue;
                    Assert.InRange(sequence.Count(cell => batch.Cells.Contains(cell)), 1, options.MaxMasks!.Value);
                    var row = sequence.Select(cell => (int)told[cell]).ToArray();
                    Assert.Contains(Enumerable.Range(0, Train.Users), user => Train.ItemsOf(user).SequenceEqual(row));
                    Assert.Equal(options.MaxLength - 1, batch.Positions[sequence.Max()]);
                }
            }
        });

    [Theory]
    [InlineData(MaskDraw.Exact)]
    [InlineData(MaskDraw.Bernoulli)]
    public void TheMaskedShareIsTheMaskRate(MaskDraw draw)
    {
        var rows = Enumerable.Range(0, 50).Select(_ => Enumerable.Range(1, 40).ToArray()).ToArray();
        var options = new ClozeBatching
        {
            BatchSize = 50,
            MaxLength = 40,
            MaskRate = 0.3,
            Draw = draw,
        };
        var batcher = new ClozeBatcher(NextItemBatcherTests.Build(rows, 40), options);
        var masked = new int[41];
        foreach (var target in Enumerable.Range(0, 20).SelectMany(step => batcher.At(step).Targets))
            masked[target]++;
        // 1,000 sequences of 40: the standard error of the mean is 0.0023, that of one position 0.0145.
        Assert.Equal(0.3, masked.Sum() / 40_000.0, 0.012);
        Assert.All(masked[1..], count => Assert.Equal(0.3, count / 1000.0, 0.075));
        if (draw == MaskDraw.Exact)
            Assert.Equal(50 * 12, batcher.At(0).Cells.Length);
    }

    [Fact]
    public void EightOfTenAreHiddenAndTheRestKeptOrReplaced() // BERT's rule
    {
        var rows = Enumerable.Range(0, 100).Select(_ => Enumerable.Range(1, 50).ToArray()).ToArray();
        var options = new ClozeBatching
        {
            BatchSize = 100,
            MaxLength = 50,
            MaskRate = 1,
            MaskShare = 0.8,
        };
        var batcher = new ClozeBatcher(NextItemBatcherTests.Build(rows, 1000), options);
        var batch = batcher.At(0);
        var shown = batch.Cells.Select(cell => batch.Items[cell]).Zip(batch.Targets).ToArray();
        Assert.Equal(5000, shown.Length);
        Assert.Equal(0.8, shown.Count(pair => pair.First == batcher.MaskId) / 5000.0, 0.03);
        Assert.Equal(0.1, shown.Count(pair => pair.First == pair.Second) / 5000.0, 0.03);
        Assert.All(shown, pair => Assert.InRange(pair.First, 1, batcher.MaskId));
    }

    [Fact]
    public void FreshMasksDifferFromEpochToEpochAndCopiesReturn()
    {
        var rows = new[] { Enumerable.Range(1, 30).ToArray() };
        var options = new ClozeBatching { MaxLength = 30, BatchSize = 1 };
        var train = NextItemBatcherTests.Build(rows, 30);
        var fresh = Masks(new ClozeBatcher(train, options), 40);
        Assert.Equal(40, fresh.Distinct().Count());
        var copies = Masks(new ClozeBatcher(train, options with { Copies = 10 }), 40);
        Assert.Equal(10, copies.Distinct().Count());
        Assert.Equal(copies[..10], copies[30..]);

        static string[] Masks(ClozeBatcher batcher, int epochs) =>
            [.. Enumerable.Range(0, epochs).Select(step => string.Join(' ', batcher.At(step).Cells))];
    }

    [Fact]
    public void LastOnlySequencesHideTheNewestItemAlone()
    {
        var batcher = new ClozeBatcher(Train, Options with { LastOnlyShare = 1 });
        Assert.Equal([1, 5, 7, 12], batcher.At(0).Targets.Order());
        var rows = Enumerable.Range(0, 400).Select(_ => Enumerable.Range(1, 20).ToArray()).ToArray();
        var some = new ClozeBatcher(
            NextItemBatcherTests.Build(rows),
            new ClozeBatching
            {
                BatchSize = 400,
                MaxLength = 20,
                MaskRate = 0.5,
                Draw = MaskDraw.Exact,
                LastOnlyShare = 0.25,
            }
        ).At(0);
        var alone = some.Cells.GroupBy(cell => some.Segments[cell]).Count(sequence => sequence.Count() == 1);
        Assert.InRange(alone, 65, 135); // 100 expected, standard deviation 8.7
    }

    [Fact]
    public void LongHistoriesBecomeWindowsCountedFromTheNewestItem()
    {
        var train = NextItemBatcherTests.Build([
            [.. Enumerable.Range(1, 11)],
        ]);
        var options = new ClozeBatching
        {
            MaxLength = 4,
            WindowStep = 0.5,
            LastOnlyShare = 1,
        };
        var batcher = new ClozeBatcher(train, options);
        // First items 8, 6, 4, 2 and, since the oldest were not reached, 1.
        Assert.Equal([4, 5, 7, 9, 11], batcher.At(0).Targets.Order());
        Assert.Equal(5, batcher.Sequences);
        Assert.Equal([11], new ClozeBatcher(train, options with { WindowStep = null }).At(0).Targets);
    }

    [Fact]
    public void ABatchDependsOnItsStepAlone() =>
        Any.Select(Gen.Int[0, 30])
            .Sample(
                (options, step) =>
                {
                    options = options with { BatchSize = 2, Negatives = 2 };
                    var (used, fresh) = (new ClozeBatcher(Train, options), new ClozeBatcher(Train, options));
                    used.At(17);
                    var (a, b) = (used.At(step), fresh.At(step));
                    Assert.Equal(a.Items, b.Items);
                    Assert.Equal(a.Targets, b.Targets);
                    Assert.Equal(a.Negatives, b.Negatives);
                    Assert.Equal(2 * a.Cells.Length, a.Negatives.Length);
                }
            );

    [Fact]
    public void NegativesAreNeverSeenByTheirUser()
    {
        var batch = new ClozeBatcher(Train, Options with { Negatives = 40, MaskRate = 1 }).At(0);
        for (var i = 0; i < batch.Cells.Length; i++)
        {
            var own = batch
                .Cells.Zip(batch.Targets)
                .Where(pair => batch.Segments[pair.First] == batch.Segments[batch.Cells[i]])
                .Select(pair => pair.Second)
                .ToArray();
            Assert.Empty(batch.Negatives[(i * 40)..(i * 40 + 40)].Intersect(own));
        }
    }

    [Fact]
    public void BadInputIsNamed()
    {
        var alone = NextItemBatcherTests.Build([
            [1],
            [2],
        ]);
        Assert.Contains(
            "two training items",
            Assert.Throws<ArgumentException>(() => new ClozeBatcher(alone, Options)).Message
        );
        Assert.Contains(
            "MaskRate",
            Assert
                .Throws<ArgumentOutOfRangeException>(() => new ClozeBatcher(Train, Options with { MaskRate = 0 }))
                .Message
        );
    }
}
