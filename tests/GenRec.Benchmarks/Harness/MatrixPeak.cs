using System.Diagnostics;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Harness;

/// <summary>The rate of the machine's matrix product, against which a step's products are held.</summary>
internal static class MatrixPeak
{
    /// <summary>Best of the median rates of square float32 products of width 256 to 2,048, in GFLOP/s.</summary>
    public static double Measure() => new[] { 256, 512, 1024, 2048 }.Max(Rate);

    private static double Rate(int width)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (left, right) = (randn(width, width), randn(width, width));
        var flops = 2.0 * width * width * width;
        var repeats = Math.Max(1, (int)(4e9 / flops));
        left.mm(right).Dispose();
        var rates = new double[7];
        for (var round = 0; round < rates.Length; round++)
        {
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < repeats; i++)
                left.mm(right).Dispose();
            rates[round] = repeats * flops / clock.Elapsed.TotalSeconds / 1e9;
        }
        return Statistics.Median(rates);
    }
}
