using System.Diagnostics;
using System.Globalization;

namespace GenRec.Benchmarks.Harness;

/// <summary>The child's half of <see cref="SideProcess"/>.</summary>
internal static class SideWorker
{
    /// <summary>Prepares one side and answers questions until the input ends.</summary>
    public static int Serve(IPeerComparison comparison, SideKind kind, BenchmarkOptions options)
    {
        // What a library prints must not be taken for an answer.
        var answers = Console.Out;
        Console.SetOut(Console.Error);
        using var side = kind == SideKind.Ours ? comparison.Ours(options) : comparison.Peer(options);
        Answer("ready");
        while (Console.In.ReadLine() is { } question)
            Answer(Reply(side, question));
        return 0;

        void Answer(string line)
        {
            answers.WriteLine(line);
            answers.Flush();
        }
    }

    private static string Reply(IComparisonSide side, string question)
    {
        if (question == "peak")
            return Text(MatrixPeak.Measure());
        if (question == "memory")
            return Text(Process.GetCurrentProcess().WorkingSet64);
        var steps = int.Parse(question.AsSpan("run ".Length), CultureInfo.InvariantCulture);
        var (units, clock) = (0.0, Stopwatch.StartNew());
        for (var step = 0; step < steps; step++)
            units += side.Step();
        return $"{Text(units)} {Text(clock.Elapsed.TotalSeconds)}";
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
