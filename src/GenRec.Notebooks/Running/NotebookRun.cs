using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GenRec.Notebooks.Figures;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Running;

/// <summary>One notebook being run.</summary>
internal sealed class NotebookRun(
    string path,
    Notebook notebook,
    string? target,
    RunOptions options,
    IProgress<RunEvent>? progress
)
{
    private static readonly TimeSpan BetweenSaves = TimeSpan.FromSeconds(2);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly List<CellSummary> done = [];
    private readonly List<string> notes = [];
    private readonly List<(NotebookCell Cell, OutputCollector Outputs, int Count)> ran = [];
    private readonly DisplayRegistry displays = new();
    private readonly PathScrubber scrubber = new(options.RepositoryRoot ?? RepositoryAbove(path));
    private TimeSpan lastSave;

    private RunLimits Limits => options.Limits;

    public async Task<NotebookSummary> RunAsync(CancellationToken cancel)
    {
        NotebookCell[] code = [.. notebook.Cells.Where(cell => cell.Kind == CellKind.Code)];
        progress?.Report(new NotebookStarted(path, code.Length));
        var pictures = new PictureMemory(notebook);
        foreach (var cell in code)
        {
            cell.ReplaceOutputs([]);
            cell.ExecutionCount = null;
        }
        var problem = await RunCellsAsync(code.Length, cancel).ConfigureAwait(false);
        Collect();
        pictures.PutBack(notebook);
        if (options.Pictures && !cancel.IsCancellationRequested && WritesTo(problem) is not null)
            notes.AddRange(await PlotlyPictures.AddAsync(notebook, cancel).ConfigureAwait(false));
        var output = WritesTo(problem);
        if (output is not null)
            notebook.Write(output);
        return new NotebookSummary(path, output, done, code.Length, clock.Elapsed.TotalSeconds, problem, notes);
    }

    // A notebook run in place is replaced only by a complete run; what a stopped one did lies beside it.
    private string? WritesTo(string? problem) =>
        !options.InPlace ? target
        : problem is null && done.All(cell => cell.Passed) ? path
        : NotebookRunner.PartialOf(path);

    private async Task<string?> RunCellsAsync(int codeCells, CancellationToken cancel)
    {
        using var session = new NotebookSession(
            new SessionOptions
            {
                Folder = Path.GetDirectoryName(Path.GetFullPath(path))!,
                Name = Path.GetFileName(path),
                Grace = Limits.Grace,
            }
        );
        var heading = "";
        foreach (var cell in notebook.Cells)
        {
            heading = HeadingOf(cell) ?? heading;
            if (cell.Kind != CellKind.Code)
                continue;
            if (cancel.IsCancellationRequested)
                return $"interrupted before cell {done.Count + 1}";
            if (Limits.NotebookTime < clock.Elapsed)
                return TimeIsUp($"before cell {done.Count + 1}");
            progress?.Report(new CellStarted(path, done.Count + 1, codeCells, Title(heading, cell)));
            var summary = await RunCellAsync(session, cell, cancel).ConfigureAwait(false);
            done.Add(summary);
            progress?.Report(new CellEnded(path, summary));
            SaveNowAndThen();
            if (Stops(summary) is { } problem)
                return problem;
        }
        return null;
    }

    private async Task<CellSummary> RunCellAsync(NotebookSession session, NotebookCell cell, CancellationToken cancel)
    {
        var count = done.Count + 1;
        var outputs = new OutputCollector(Limits, scrubber, displays)
        {
            Progress = progress is null ? null : text => progress.Report(new CellProgress(path, count, text)),
        };
        ran.Add((cell, outputs, count));
        var started = DateTime.UtcNow;
        var request = new CellRequest(cell.Source, $"cell {count}") { Limits = CellLimits() };
        var result = await session.RunAsync(request, outputs, cancel).ConfigureAwait(false);
        if (options.RecordTimes)
            RecordTimes(cell, started, DateTime.UtcNow);
        var expected = result.Outcome == CellOutcome.Failed && cell.HasTag("raises-exception");
        return new CellSummary(count, cell.Id, result.Outcome, expected, result.Elapsed.TotalSeconds, result.Error);
    }

    private CellLimits CellLimits()
    {
        var left = Limits.NotebookTime - clock.Elapsed;
        return new CellLimits
        {
            Time = left < (Limits.CellTime ?? TimeSpan.MaxValue) ? left : Limits.CellTime,
            CellBytes = Limits.CellBytes,
            ProcessBytes = Limits.ProcessBytes,
        };
    }

    private string? Stops(CellSummary cell)
    {
        if (cell.Passed || cell.Outcome == CellOutcome.Failed && options.ContinueAfterErrors)
            return null;
        return cell.Outcome switch
        {
            CellOutcome.Interrupted => $"interrupted in cell {cell.Number}",
            CellOutcome.TimeLimit when Limits.NotebookTime < clock.Elapsed => TimeIsUp($"in cell {cell.Number}"),
            _ =>
                $"stopped at cell {cell.Number}: {scrubber.Scrub(cell.Error!.Name)}: {scrubber.Scrub(cell.Error.Message)}",
        };
    }

    private string TimeIsUp(string where) =>
        $"the notebook's limit of {Limits.NotebookTime!.Value.TotalSeconds:0.###} s was reached {where}";

    private void SaveNowAndThen()
    {
        if (target is null || clock.Elapsed - lastSave < BetweenSaves)
            return;
        Collect();
        notebook.Write(target);
        lastSave = clock.Elapsed;
    }

    // Displays of earlier cells may have been updated since, so all cells that ran are written anew.
    private void Collect()
    {
        foreach (var (cell, outputs, count) in ran)
        {
            cell.ReplaceOutputs(outputs.ToOutputs(count));
            cell.ExecutionCount = count;
        }
    }

    private static void RecordTimes(NotebookCell cell, DateTime started, DateTime ended)
    {
        var (start, end) = (Stamp(started), Stamp(ended));
        cell.Metadata["execution"] = new JsonObject
        {
            ["iopub.execute_input"] = start,
            ["iopub.status.busy"] = start,
            ["iopub.status.idle"] = end,
            ["shell.execute_reply"] = end,
        };
    }

    private static string Stamp(DateTime time) =>
        time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string? HeadingOf(NotebookCell cell) =>
        cell.Kind == CellKind.Markdown
            ? cell.Source.Split('\n').FirstOrDefault(line => line.StartsWith('#'))?.TrimStart('#').Trim()
            : null;

    private static string Title(string heading, NotebookCell cell) =>
        heading.Length > 0 ? heading : cell.Source.Split('\n')[0].Trim();

    private static string? RepositoryAbove(string path)
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(Path.GetFullPath(path))!);
        while (
            folder is not null
            && !Path.Exists(Path.Combine(folder.FullName, ".git"))
            && folder.GetFiles("*.sln").Length == 0
        )
            folder = folder.Parent;
        return folder?.FullName;
    }
}
