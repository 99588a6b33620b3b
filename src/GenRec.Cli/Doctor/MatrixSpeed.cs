using System.Diagnostics;
using static TorchSharp.torch;

namespace GenRec.Cli.Doctor;

/// <summary>Measures how fast a device multiplies matrices.</summary>
internal static class MatrixSpeed
{
    /// <summary>Best of several products of two square matrices of random numbers, in GFLOP/s.</summary>
    /// <param name="device">Where.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="size">Rows and columns; larger is nearer to the device's peak.</param>
    /// <param name="atMost">Time to spend after the warm-up.</param>
    public static double Measure(Device device, ScalarType type, int size, TimeSpan atMost)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var left = rand(size, size, dtype: ScalarType.Float32, device: device).to_type(type);
        var right = rand(size, size, dtype: ScalarType.Float32, device: device).to_type(type);
        Multiply(); // warm-up: threads start, kernels are chosen
        var (best, all) = (TimeSpan.MaxValue, Stopwatch.StartNew());
        do
        {
            var clock = Stopwatch.StartNew();
            Multiply();
            best = clock.Elapsed < best ? clock.Elapsed : best;
        } while (all.Elapsed < atMost);
        return 2.0 * size * size * size / best.TotalSeconds / 1e9;

        void Multiply()
        {
            using var product = left.mm(right);
            using var corner = product[0, 0].to_type(ScalarType.Float32);
            corner.item<float>(); // waits for the device
        }
    }
}
