using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Data;

public class RowPackingTests
{
    private static readonly Gen<int[]> Lengths =
        from seed in Gen.UInt
        from count in Gen.Int[1, 40]
        select Draw(seed, count);

    [Fact]
    public void NoTwoSequencesShareACellAndNoneCrossesARow() =>
        Lengths.Sample(lengths =>
        {
            var packing = RowPacking.Pack(lengths, width: 12);
            var taken = new bool[packing.Rows * packing.Width];
            for (var i = 0; i < lengths.Length; i++)
            {
                var start = packing.Starts.Span[i];
                Assert.Equal(start / 12, (start + lengths[i] - 1) / 12);
                for (var cell = start; cell < start + lengths[i]; cell++)
                {
                    Assert.False(taken[cell]);
                    taken[cell] = true;
                }
            }
        });

    [Fact]
    public void RowsAreAtMostHalfEmptyButForOne() =>
        Lengths.Sample(lengths =>
        {
            var packing = RowPacking.Pack(lengths, width: 12);
            Assert.True(packing.Rows <= 2 * lengths.Sum() / 12 + 1); // any-fit never leaves two rows half empty
        });

    private static int[] Draw(uint seed, int count) =>
        [.. Enumerable.Range(0, count).Select(i => 1 + new CounterRandom(seed).At(0, i).Below(12))];

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    public void ASequenceThatDoesNotFitIsNamed(int length)
    {
        var failure = Assert.Throws<ArgumentException>(() => RowPacking.Pack([3, length], width: 12));
        Assert.Contains("Sequence 1", failure.Message);
    }
}
