using System.Diagnostics;
using System.Globalization;

namespace GenRec.Benchmarks.Harness;

/// <summary>What one run of a side did.</summary>
internal readonly record struct SideRun(double Units, double Seconds)
{
    public double Rate => Units / Seconds;
}

/// <summary>A side of a comparison in a child process, asked over its standard input and output.</summary>
/// <remarks>
/// One line a question, one line an answer: <c>run n</c> -> <c>units seconds</c>; <c>peak</c> -> GFLOP/s of the largest matrix
/// product; <c>memory</c> -> resident bytes. <c>ready</c> comes first; the end of the input ends the child.
/// <see cref="SideWorker"/> answers in C#, <c>Reference/sasrec_reference.py</c> in Python.
/// </remarks>
internal sealed class SideProcess : IDisposable
{
    private readonly string name;
    private readonly Process process;

    private SideProcess(string name, Process process)
    {
        (this.name, this.process) = (name, process);
    }

    /// <summary>Starts this program again as one side of a comparison.</summary>
    /// <exception cref="BenchmarkException">The side ends before it is ready.</exception>
    public static SideProcess Start(string comparison, SideKind side, BenchmarkOptions options)
    {
        var program = Environment.ProcessPath ?? throw new BenchmarkException("The path of this program is unknown.");
        List<string> arguments = ["worker", comparison, side.ToString()];
        arguments.AddRange(["--threads", Text(options.Threads), "--seed", Text(options.Seed)]);
        if (options.Synthetic)
            arguments.Add("--synthetic");
        if (Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            arguments.Insert(0, typeof(SideProcess).Assembly.Location);
        return Start($"{comparison} ({side})", program, arguments);

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Starts any program that speaks the protocol and waits until it is ready.</summary>
    /// <exception cref="BenchmarkException">The program ends before it is ready.</exception>
    public static SideProcess Start(string name, string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var side = new SideProcess(name, Process.Start(start)!);
        try
        {
            if (side.Read() is var answer and not "ready")
                throw new BenchmarkException($"{name} answered '{answer}' where 'ready' was due.");
            return side;
        }
        catch
        {
            side.Dispose();
            throw;
        }
    }

    /// <summary>Does a number of steps; the child holds the clock.</summary>
    public SideRun Run(int steps)
    {
        var answer = Ask($"run {steps.ToString(CultureInfo.InvariantCulture)}").Split(' ');
        return new SideRun(Number(answer[0]), Number(answer[1]));
    }

    /// <summary>Best rate of a square float32 matrix product in the child, GFLOP/s.</summary>
    public double MatrixPeak() => Number(Ask("peak"));

    /// <summary>Resident memory of the child in bytes.</summary>
    public double ResidentBytes() => Number(Ask("memory"));

    /// <summary>Asks a question of the program's own and gives its answer.</summary>
    public string Ask(string question)
    {
        process.StandardInput.WriteLine(question);
        process.StandardInput.Flush();
        return Read();
    }

    public void Dispose()
    {
        process.StandardInput.Close(); // the child leaves when its input ends
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private string Read()
    {
        if (process.StandardOutput.ReadLine() is { } line)
            return line;
        process.WaitForExit();
        throw new BenchmarkException($"{name} ended with exit code {process.ExitCode}; its message is above.");
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>Which side of a comparison.</summary>
internal enum SideKind
{
    Ours,
    Peer,
}

/// <summary>A measurement that cannot go on; the message says why and what to do.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
