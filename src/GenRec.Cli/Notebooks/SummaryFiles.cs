using System.Text;
using System.Text.Json;
using GenRec.Notebooks.Running;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Notebooks;

/// <summary>The summary of a run of notebooks, for people and for programs.</summary>
internal static class SummaryFiles
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes <c>summary.md</c> and <c>summary.json</c> into the folder of the executed copies.</summary>
    public static void Write(RunSummary summary, RunOptions options, string folder)
    {
        Directory.CreateDirectory(folder);
        Replace(Path.Combine(folder, "summary.md"), Markdown(summary, options));
        Replace(Path.Combine(folder, "summary.json"), JsonSerializer.Serialize(Records(summary, options), Form) + "\n");
    }

    private static string Markdown(RunSummary summary, RunOptions options)
    {
        var text = new StringBuilder();
        text.Append($"# Notebooks, {DateTime.Now:yyyy-MM-dd HH:mm}\n\n");
        text.Append($"Scale: {options.Scale ?? "as written in each notebook"}.");
        foreach (var (name, value) in options.Parameters)
            text.Append($" {name} = {value}.");
        text.Append("\n\n| notebook | result | code cells | time |\n| --- | --- | --- | --- |\n");
        foreach (var notebook in summary.Notebooks)
            text.Append(
                $"| {Link(notebook, options)} | {NotebookRun.Verdict(notebook).Replace('|', '/').ReplaceLineEndings(" ")} | "
                    + $"{notebook.Cells.Count} of {notebook.CodeCells} | {NotebookRun.Seconds(notebook.Seconds)} |\n"
            );
        foreach (var path in summary.NotStarted)
            text.Append($"| {NotebookRun.Name(path)} | not started | | |\n");
        return text.ToString();
    }

    private static string Link(NotebookSummary notebook, RunOptions options) =>
        notebook.Output is { } copy && options.OutputFolder is { } folder
            ? $"[{NotebookRun.Name(notebook.Source)}]({Path.GetRelativePath(folder, copy).Replace('\\', '/')})"
            : NotebookRun.Name(notebook.Source);

    private static object Records(RunSummary summary, RunOptions options) =>
        new
        {
            summary.Passed,
            options.Scale,
            options.Parameters,
            summary.Seconds,
            Notebooks = summary.Notebooks.Select(notebook => new
            {
                Name = NotebookRun.Name(notebook.Source),
                notebook.Passed,
                Result = NotebookRun.Verdict(notebook),
                notebook.Seconds,
                notebook.CodeCells,
                notebook.Notes,
                Cells = notebook.Cells.Select(cell => new
                {
                    cell.Number,
                    cell.Id,
                    Outcome = cell.Outcome.ToString(),
                    cell.Seconds,
                }),
            }),
            NotStarted = summary.NotStarted.Select(NotebookRun.Name),
        };

    private static void Replace(string path, string text) =>
        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text)));
}
