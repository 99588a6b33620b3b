using System.CommandLine;
using System.Globalization;
using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.NotebookKernel;

namespace GenRec.Benchmarks.Commands;

/// <summary><c>kernel-memory</c>: does the Jupyter kernel's memory stand still over many cells and charts?</summary>
internal static class KernelMemoryCommand
{
    private const double MostGrowth = 0.10;
    private const int WarmCells = 20; // by then libtorch, Plotly.NET and the compiler are loaded and warm
    private const int WarmCharts = 5;

    private const string Chart = """
        double[] steps = [.. Enumerable.Range(0, 1000).Select(i => (double)i)];
        var curve = new LearningCurve("run", steps, [.. steps.Select(step => Math.Exp(-step / 300) + 1)]);
        Figures.LearningCurves(new FigureText("Loss", "Falls.", "step", "loss"), [curve])
        """;

    public static Command Make()
    {
        var cells = new Option<int>("--cells")
        {
            Description = "Cells run between the readings.",
            DefaultValueFactory = _ => 200,
        }.AtLeast(1);
        var charts = new Option<int>("--charts")
        {
            Description = "Of them, cells that show a chart.",
            DefaultValueFactory = _ => 50,
        }.AtLeast(0);
        var program = new Option<FileInfo?>("--program")
        {
            Description = "genrec.dll; that of this build where left out.",
        };
        var command = new Command(
            "kernel-memory",
            "Compares a kernel's resident memory after many cells and charts; exit code 1 if it grew by 10 %."
        )
        {
            cells,
            charts,
            program,
        };
        command.SetAction(parsed =>
        {
            try
            {
                Console.WriteLine(MachineInfo.Line(Environment.ProcessorCount));
                var name = KernelRun.Program(parsed.GetValue(program));
                return Measure(name, parsed.GetValue(cells), parsed.GetValue(charts));
            }
            catch (BenchmarkException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return 1;
            }
        });
        return command;
    }

    private static int Measure(string program, int cells, int charts)
    {
        using var kernel = new KernelRun(program);
        kernel.Client.WaitUntilReady();
        Run(kernel, WarmCells, WarmCharts);
        var before = AtRest(kernel);
        Run(kernel, cells, charts);
        var after = AtRest(kernel);
        var growth = after / before - 1;
        Console.WriteLine(
            $"kernel-memory cells={WarmCells} resident={MiB(before)} cells={WarmCells + cells} charts={charts} "
                + $"resident={MiB(after)} unit=MiB growth={growth.ToString("P2", CultureInfo.InvariantCulture)} "
                + (growth < MostGrowth ? "ok" : "TOO MUCH")
        );
        return growth < MostGrowth ? 0 : 1;

        static string MiB(double bytes) => Statistics.Short(bytes / (1 << 20));
    }

    // As a notebook that lies open: the kernel returns memory when it rests.
    private static double AtRest(KernelRun kernel)
    {
        Thread.Sleep(TimeSpan.FromSeconds(6));
        return kernel.Resident;
    }

    // What cells of the notebooks do: a few tensors, a function, a line of text, now and then a chart.
    private static void Run(KernelRun kernel, int cells, int charts)
    {
        for (var cell = 0; cell < cells; cell++)
        {
            var isChart = (cell + 1) * charts / cells > cell * charts / cells;
            kernel.Execute(
                isChart
                    ? Chart
                    : "using (NewDisposeScope()) { var x = randn(256, 256); Console.WriteLine(x.matmul(x).mean().item<float>()); }"
            );
        }
    }
}
