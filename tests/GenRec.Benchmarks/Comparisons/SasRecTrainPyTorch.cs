using System.Globalization;
using GenRec.Benchmarks.Harness;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Our loop against the reference loop in Python, where a Python with PyTorch is found.</summary>
internal sealed class SasRecTrainPyTorch(string name, SasRecTrain ours) : IPeerComparison
{
    public static SasRecTrainPyTorch Beauty { get; } = new("sasrec-train-pytorch", SasRecTrain.Beauty);

    public string Name => name;

    public string Unit => ours.Unit;

    public string EqualWork => $"{ours.EqualWork}; the peer's batches are made before the clock runs";

    public string? Unavailable(BenchmarkOptions options) =>
        ours.Unavailable(options) ?? (Python.WithTorch is null ? Python.Missing : null);

    public double FlopsPerUnit(BenchmarkOptions options) => ours.FlopsPerUnit(options);

    public IComparisonSide Ours(BenchmarkOptions options) => ours.Ours(options);

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        var interpreter = Python.WithTorch ?? throw new BenchmarkException(Python.Missing);
        var (train, model) = (ours.Train(options), ours.Model);
        var data = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(
                data,
                Enumerable.Range(0, train.Users).Select(user => string.Join(' ', train.ItemsOf(user).ToArray()))
            );
            var script = Path.Combine(AppContext.BaseDirectory, "Reference", "sasrec_reference.py");
            List<string> arguments = [script, "--data", data];
            Add("--items", train.ItemCount);
            Add("--length", model.Length);
            Add("--width", model.Width);
            Add("--blocks", model.Blocks);
            Add("--heads", model.Heads);
            Add("--dropout", model.Dropout);
            Add("--batch", model.Batch);
            Add("--learning-rate", model.LearningRate);
            Add("--threads", options.Threads);
            Add("--seed", options.Seed);
            var process = SideProcess.Start(name, interpreter, arguments);
            return new StepSide(() => process.Run(1).Units, process);

            void Add(string option, IFormattable value) =>
                arguments.AddRange([option, value.ToString(null, CultureInfo.InvariantCulture)]);
        }
        finally
        {
            File.Delete(data); // the script has read it once it is ready
        }
    }
}
