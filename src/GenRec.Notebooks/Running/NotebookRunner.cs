using System.Diagnostics;
using GenRec.Notebooks.Files;

namespace GenRec.Notebooks.Running;

/// <summary>Runs notebooks without an editor.</summary>
/// <remarks>Sources are left as they are unless <see cref="RunOptions.InPlace"/> is set; every file is written whole
/// or not at all.</remarks>
/// <example><code>
/// var runner = new NotebookRunner(new RunOptions { OutputFolder = "runs/notebooks", Scale = "smoke" }, progress);
/// var summary = await runner.RunAsync(NotebookRunner.Find("notebooks"), cancel);
/// </code></example>
public sealed class NotebookRunner
{
    private readonly RunOptions options;
    private readonly IProgress<RunEvent>? progress;

    /// <summary>A runner.</summary>
    /// <param name="options">How to run and where to write.</param>
    /// <param name="progress">Receives news, in order, from the threads of the run.</param>
    /// <exception cref="ArgumentException">In place and a copy are both asked for, or parameters in place.</exception>
    public NotebookRunner(RunOptions options, IProgress<RunEvent>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options is { InPlace: true, OutputFolder: not null })
            throw new ArgumentException(
                "Outputs go either into the notebooks or into a folder; ask for one.",
                nameof(options)
            );
        if (options.InPlace && (options.Parameters.Count > 0 || options.Scale is not null))
            throw new ArgumentException(
                "Parameters are not written into a notebook: write a copy, or change its parameters cell.",
                nameof(options)
            );
        (this.options, this.progress) = (options, progress);
    }

    /// <summary>The notebooks at a path: the file itself, or all below a folder, in the order of their names.</summary>
    /// <param name="path">An .ipynb file or a folder.</param>
    /// <exception cref="FileNotFoundException">There is neither.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"There is no notebook and no folder '{path}'.", path);
        return
        [
            .. Directory
                .EnumerateFiles(path, "*.ipynb", SearchOption.AllDirectories)
                .Where(file => !file.Contains(".ipynb_checkpoints", StringComparison.Ordinal) && !IsPartial(file))
                .OrderBy(file => Path.GetRelativePath(path, file).Replace('\\', '/'), StringComparer.Ordinal),
        ];
    }

    /// <summary>Runs notebooks one after another, each in a session of its own.</summary>
    /// <param name="paths">The notebook files.</param>
    /// <param name="cancel">Stops the run: what ran so far is written.</param>
    /// <returns>What came of it; failures are in there, not thrown.</returns>
    public async Task<RunSummary> RunAsync(IReadOnlyList<string> paths, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var clock = Stopwatch.StartNew();
        var done = new List<NotebookSummary>();
        foreach (var path in paths)
        {
            if (cancel.IsCancellationRequested || done.Any(one => !one.Passed) && !options.ContinueWithNext)
                break;
            done.Add(await RunAsync(path, cancel).ConfigureAwait(false));
        }
        return new RunSummary(done, [.. paths.Skip(done.Count)], clock.Elapsed.TotalSeconds);
    }

    /// <summary>Runs one notebook.</summary>
    /// <param name="path">The notebook file.</param>
    /// <param name="cancel">Stops the run: what ran so far is written.</param>
    /// <returns>What came of it; failures are in there, not thrown.</returns>
    public async Task<NotebookSummary> RunAsync(string path, CancellationToken cancel = default)
    {
        var clock = Stopwatch.StartNew();
        NotebookSummary summary;
        try
        {
            var notebook = Notebook.Read(path);
            Override(notebook);
            var run = new NotebookRun(path, notebook, Target(path), options, progress);
            summary = await run.RunAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is NotebookFormatException or ParameterException or IOException or UnauthorizedAccessException)
        {
            summary = new NotebookSummary(path, null, [], 0, clock.Elapsed.TotalSeconds, e.Message, []);
        }
        progress?.Report(new NotebookEnded(path, summary));
        return summary;
    }

    internal static string PartialOf(string path) => Path.ChangeExtension(path, ".partial.ipynb");

    private static bool IsPartial(string path) => path.EndsWith(".partial.ipynb", StringComparison.OrdinalIgnoreCase);

    private void Override(Notebook notebook)
    {
        var values = new Dictionary<string, string>(options.Parameters, StringComparer.Ordinal);
        if (options.Scale is { } scale && Parameters.Of(notebook).Any(parameter => parameter.Name == "scale"))
            values.TryAdd("scale", scale);
        Parameters.Inject(notebook, values);
    }

    private string? Target(string path)
    {
        if (options.OutputFolder is null)
            return null;
        var root = options.NotebooksRoot ?? Path.GetDirectoryName(Path.GetFullPath(path))!;
        var relative = Path.GetRelativePath(root, path);
        if (relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative))
            relative = Path.GetFileName(path);
        var target = Path.GetFullPath(Path.Combine(options.OutputFolder, relative));
        return target != Path.GetFullPath(path)
            ? target
            : throw new IOException($"The executed copy of '{path}' would overwrite it; choose another output folder.");
    }
}
