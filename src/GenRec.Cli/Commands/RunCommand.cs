using System.CommandLine;
using GenRec.Cli.Notebooks;
using GenRec.Notebooks.Running;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec run</c>: executes the notebooks and writes executed copies with a summary.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        var only = new Option<string[]>("--only")
        {
            Description = "Run only the notebooks whose name starts with this, for example 01; may be repeated",
            AllowMultipleArgumentsPerToken = true,
        };
        var scale = new Option<string?>("--scale")
        {
            Description = "smoke (seconds), tutorial (minutes, what the notebooks hold) or paper (hours)",
        };
        scale.AcceptOnlyFromAmong("smoke", "tutorial", "paper");
        var parameters = new Option<string[]>("--parameter", "-p")
        {
            Description = "Override a value of the notebooks' parameters cell: name=value; may be repeated",
        };
        var output = new Option<DirectoryInfo?>("--output", "-o")
        {
            Description = "Folder for the executed copies and the summary; default runs/notebooks-<time>",
        };
        var inPlace = new Option<bool>("--in-place")
        {
            Description = "Write outputs into the notebooks themselves (for maintainers)",
        };
        var pictures = new Option<bool>("--no-pictures") { Description = "Do not draw figures as PNG" };
        var command = new Command("run", "Execute the notebooks on the embedded data")
        {
            only,
            scale,
            parameters,
            output,
            inPlace,
            pictures,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                var folder = parsed.GetValue(output)?.FullName;
                if (folder is not null && File.Exists(folder))
                    throw new UserError($"--output {folder} is a file; name a folder.");
                var inside = parsed.GetValue(inPlace);
                if (inside && folder is not null)
                    throw new UserError("--in-place writes into the notebooks; leave --output out.");
                var root = Path.Combine(Repository.Root, "notebooks");
                var options = new RunOptions
                {
                    InPlace = inside,
                    NotebooksRoot = root,
                    RepositoryRoot = Repository.Root,
                    OutputFolder = inside ? null : folder ?? Repository.NewRunFolder("notebooks"),
                    Scale = parsed.GetValue(scale),
                    Parameters = Parameters(parsed.GetValue(parameters) ?? []),
                    Pictures = !parsed.GetValue(pictures),
                };
                var chosen = NotebookChoice.Choose(NotebookRunner.Find(root), parsed.GetValue(only) ?? []);
                return NotebookRun.WatchAsync(terminal, chosen, options, cancel);
            }
        );
        return command;
    }

    private static Dictionary<string, string> Parameters(IEnumerable<string> assignments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var assignment in assignments)
        {
            var at = assignment.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
                throw new UserError($"--parameter '{assignment}' must be name=value, for example seed=7.");
            if (!values.TryAdd(assignment[..at].Trim(), assignment[(at + 1)..].Trim()))
                throw new UserError($"--parameter {assignment[..at]} is given twice.");
        }
        return values;
    }
}
