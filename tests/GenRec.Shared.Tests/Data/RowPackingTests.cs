using CsCheck;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class RowPackingTests
{
    private static readonly Gen<int[]> Lengths = Gen.Int[1, 12].Array[1, 40];

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

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    public void ASequenceThatDoesNotFitIsNamed(int length)
    {
        var failure = Assert.Throws<ArgumentException>(() => RowPacking.Pack([3, length], width: 12));
        Assert.Contains("Sequence 1", failure.Message);
    }
}
