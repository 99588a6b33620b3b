using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Nn;

[Collection(TorchGenerator.Name)]
public class RelativePositionBiasTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(-7, 7)]
    [InlineData(-8, 8)]
    [InlineData(-11, 8)] // ln(11/8) / ln(16) * 8 = 0.92
    [InlineData(-12, 9)] // 1.17
    [InlineData(-16, 10)] // exactly 2
    [InlineData(-32, 12)]
    [InlineData(-127, 15)]
    [InlineData(-128, 15)]
    [InlineData(-5000, 15)]
    [InlineData(1, 17)]
    [InlineData(8, 24)]
    [InlineData(5000, 31)]
    public void AnEncoderHasSixteenBucketsForEachDirection(int distance, int bucket) =>
        Assert.Equal(bucket, RelativePositionBias.Bucket(distance, bidirectional: true, 32, 128));

    [Theory]
    [InlineData(3, 0)] // what lies ahead is masked
    [InlineData(0, 0)]
    [InlineData(-15, 15)]
    [InlineData(-16, 16)]
    [InlineData(-18, 16)] // ln(18/16) / ln(8) * 16 = 0.91
    [InlineData(-19, 17)] // 1.32
    [InlineData(-128, 31)]
    [InlineData(-5000, 31)]
    public void ADecoderHasAllBucketsForThePast(int distance, int bucket) =>
        Assert.Equal(bucket, RelativePositionBias.Bucket(distance, bidirectional: false, 32, 128));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheTableEqualsASlowExactVersion(bool bidirectional)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var bias = new RelativePositionBias(heads: 3, bidirectional, buckets: 8, maxDistance: 16, deviation: 1);
        var weight = bias.parameters().Single();
        const int queries = 5;
        const int keys = 40;
        const int offset = 30;
        var fast = bias.Between(queries, keys, offset);
        Assert.Equal([1, 3, queries, keys], fast.shape);
        for (var head = 0; head < 3; head++)
        for (var query = 0; query < queries; query++)
        for (var key = 0; key < keys; key++)
        {
            var bucket = RelativePositionBias.Bucket(key - (query + offset), bidirectional, 8, 16);
            Assert.Equal(weight[bucket, head].item<float>(), fast[0, head, query, key].item<float>());
        }
    }
}
