using GenRec.Shared.Decoding;
using GenRec.Shared.Plotting;

namespace GenRec.Shared.Tests.Decoding;

public class DecodingLatencyTests
{
    private static LatencyRow Row(int items, int beams, int users) =>
        new(items, beams, users, beams * 2, beams, 0.25, 0.01, 1, 2, 3, 0.5);

    private static readonly DecodingLatency Sample = new(
        "a machine",
        128,
        [Row(1000, 20, 1), Row(10_000, 20, 1), Row(500, 1, 1), Row(500, 10, 1), Row(500, 50, 1), Row(500, 10, 4)]
    );

    [Fact]
    public void ACurveHoldsTheOtherSizesFixed()
    {
        Assert.Equal([1000, 10_000], Sample.Along(LatencyAxis.Items).Select(row => row.Items));
        Assert.Equal([1, 10, 50], Sample.Along(LatencyAxis.Beams).Select(row => row.Beams));
        Assert.Equal([1, 4], Sample.Along(LatencyAxis.Users).Select(row => row.Users));
        Assert.Contains("beams", DecodingFigures.Latency(Sample, LatencyAxis.Beams).ToHtml(), StringComparison.Ordinal);
        var single = Sample with { Rows = [Row(1, 1, 1)] };
        Assert.Throws<ArgumentException>(() => DecodingFigures.Latency(single, LatencyAxis.Beams));
    }

    [Fact]
    public void TheBenchmarksFileIsReadAndABrokenOneNamed()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(
                path,
                """
                {"machine": "m", "width": 128, "rows": [{"items": 1000, "beams": 20, "users": 1, "constrainedMs": 4.5,
                "freeMs": 4, "constraintMs": 0.1, "constraintShare": 0.02, "buildMs": 1, "viewMs": 1, "addMs": 1,
                "trieMegabytes": 0.1}]}
                """
            );
            Assert.Equal(4.5, DecodingLatency.TryLoad(path)!.Rows[0].ConstrainedMs);
            File.WriteAllText(path, """{"machine": "m", "width": 128, "rows": [{"items": 1000}]}""");
            var wrong = Assert.Throws<InvalidDataException>(() => DecodingLatency.TryLoad(path));
            Assert.Contains(path, wrong.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Null(DecodingLatency.TryLoad(path));
    }
}
