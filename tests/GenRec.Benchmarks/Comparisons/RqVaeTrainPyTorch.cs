using System.Globalization;
using System.Runtime.InteropServices;
using GenRec.Benchmarks.Harness;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Our RQ-VAE training against the reference loop in Python, where a Python with PyTorch is found.</summary>
internal sealed class RqVaeTrainPyTorch : IPeerComparison
{
    public static RqVaeTrainPyTorch Instance { get; } = new();

    public string Name => "rqvae-train-pytorch";

    public string Unit => RqVaeTrain.Loaded.Unit;

    public string EqualWork => $"{RqVaeTrain.Loaded.EqualWork}, at the threads and workers at which it is fastest";

    public string? Unavailable(BenchmarkOptions options) => Python.WithTorch is null ? Python.Missing : null;

    public double FlopsPerUnit(BenchmarkOptions options) => RqVaeTrain.Loaded.FlopsPerUnit(options);

    public IComparisonSide Ours(BenchmarkOptions options) => RqVaeTrain.Loaded.Ours(options);

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var interpreter = Python.WithTorch ?? throw new BenchmarkException(Python.Missing);
        var vectors = RqVaeTrain.Vectors(options);
        var data = Path.GetTempFileName();
        try
        {
            using (var file = File.Create(data))
                file.Write(MemoryMarshal.AsBytes(vectors.Values));
            List<string> arguments =
            [
                Path.Combine(AppContext.BaseDirectory, "Reference", "rqvae_reference.py"),
                data,
                string.Join(',', RqVaeTrain.Widths),
            ];
            foreach (var number in new[] { RqVaeTrain.Options.Levels, RqVaeTrain.Options.Codes })
                arguments.Add(number.ToString(CultureInfo.InvariantCulture));
            foreach (var number in new[] { RqVaeTrain.Options.BatchSize, options.Threads, options.Seed })
                arguments.Add(number.ToString(CultureInfo.InvariantCulture));
            var process = SideProcess.Start(Name, interpreter, arguments);
            return new StepSide(() => process.Run(1).Units, process);
        }
        finally
        {
            File.Delete(data); // the script has read it once it is ready
        }
    }
}
