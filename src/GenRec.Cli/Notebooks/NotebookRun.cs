using System.Diagnostics;
using System.Text.RegularExpressions;
using GenRec.Notebooks.Running;

namespace GenRec.Cli.Notebooks;

/// <summary>Runs notebooks with progress and writes the summary.</summary>
internal static partial class NotebookRun
{
    public static async Task<int> WatchAsync(
        Terminal terminal,
        IReadOnlyList<string> notebooks,
        RunOptions options,
        CancellationToken cancel
    )
    {
        var values = ParameterChoice.Divide(notebooks, options.Parameters);
        var summary = await ProgressBar.ShowAsync(
            terminal,
            "notebooks",
            report => RunAsync(notebooks, values, options, new News(notebooks, report), cancel)
        );
        foreach (var notebook in summary.Notebooks)
        foreach (var note in notebook.Notes)
            terminal.Out.WriteLine($"note: {Name(notebook.Source)}: {note}");
        if (options.OutputFolder is { } folder)
        {
            SummaryFiles.Write(summary, options, folder);
            terminal.Out.WriteLine($"Executed copies and summary: {Repository.Shown(folder)}");
        }
        var passed = summary.Notebooks.Count(notebook => notebook.Passed);
        var rest = summary.NotStarted.Count == 0 ? "" : $", {summary.NotStarted.Count} not started";
        terminal.Out.WriteLine($"{passed} of {notebooks.Count} notebooks passed in {Seconds(summary.Seconds)}{rest}.");
        return summary.Passed ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<RunSummary> RunAsync(
        IReadOnlyList<string> notebooks,
        IReadOnlyList<IReadOnlyDictionary<string, string>> values,
        RunOptions options,
        News news,
        CancellationToken cancel
    )
    {
        var (clock, done) = (Stopwatch.StartNew(), new List<NotebookSummary>());
        while (done.Count < notebooks.Count && !cancel.IsCancellationRequested)
        {
            var own = options with { Parameters = values[done.Count] };
            var runner = new NotebookRunner(own, new Direct<RunEvent>(news.Tell));
            done.Add(await runner.RunAsync(notebooks[done.Count], cancel));
        }
        return new RunSummary(done, [.. notebooks.Skip(done.Count)], clock.Elapsed.TotalSeconds);
    }

    /// <summary>One line that says why a notebook did not pass, or that it did.</summary>
    public static string Verdict(NotebookSummary notebook)
    {
        if (notebook.Passed)
            return "passed";
        if (notebook.FirstFailure is not { } cell)
            return $"failed: {notebook.Problem ?? "not all cells ran"}";
        var what = cell.Error is { } error ? $"{error.Name}: {error.Message}" : cell.Outcome.ToString();
        return $"failed in cell {cell.Number}{(cell.Error is { Line: > 0 and var line } ? $", line {line}" : "")}: {what}";
    }

    public static string Name(string path) => Path.GetFileNameWithoutExtension(path);

    public static string Seconds(double seconds) => seconds < 90 ? $"{seconds:F1} s" : $"{seconds / 60:F1} min";

    /// <summary>Turns news of the run into the bar's share and into lines.</summary>
    private sealed partial class News(IReadOnlyList<string> notebooks, Action<double, string?> report)
    {
        private int ended;
        private double share;
        private (int Cell, string Epoch) last;

        public void Tell(RunEvent happened)
        {
            switch (happened)
            {
                case NotebookStarted started:
                    report(Done(0), $"{Name(started.Source)}: {started.CodeCells} code cells");
                    break;
                case CellStarted cell:
                    share = (cell.Number - 1) / (double)cell.CodeCells;
                    report(Done(share), null);
                    break;
                // A training's bar moves a few times a second: of that a log keeps one line an epoch.
                case CellProgress said when Epoch().Match(said.Text) is { Success: true } epoch:
                    var now = (said.Number, epoch.Groups["number"].Value);
                    if (now == last)
                        break;
                    last = now;
                    report(Done(share), $"{Name(said.Source)}, cell {said.Number}: {epoch.Value}");
                    break;
                case NotebookEnded over:
                    ended++;
                    var line = $"{Name(over.Source)}: {Verdict(over.Summary)} ({Seconds(over.Summary.Seconds)})";
                    report(Done(0), line);
                    break;
            }
        }

        [GeneratedRegex(@"epoch (?<number>\d+) of \d+.*")]
        private static partial Regex Epoch();

        private double Done(double ofCurrent) => (ended + ofCurrent) / notebooks.Count;
    }
}
