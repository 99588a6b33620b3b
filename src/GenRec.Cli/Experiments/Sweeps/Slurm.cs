using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Experiments.Sweeps;

/// <summary>Runs the trials of a sweep as a Slurm job array: one script, one array task a trial.</summary>
internal static class Slurm
{
    private const string JobFile = "slurm-job.txt";

    /// <summary>The batch script of an array.</summary>
    /// <param name="root">The sweep's folder, seen by every node under the same path.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="indices">Trials to run.</param>
    /// <param name="parallel">Most tasks at once; null leaves it to the cluster.</param>
    /// <param name="options">Further options of sbatch, one a line: <c>--gres=gpu:1</c>.</param>
    public static string Script(
        string root,
        SweepPlan plan,
        IReadOnlyList<int> indices,
        int? parallel,
        IReadOnlyList<string> options
    )
    {
        var script = new StringBuilder("#!/bin/bash\n");
        string[] lines =
        [
            $"--job-name=genrec-{plan.Preset}",
            $"--array={Ranges(indices)}{(parallel is { } most ? $"%{most}" : "")}",
            $"--output={Path.Combine(root, "logs", "slurm-%A_%a.out")}",
            "--signal=B:INT@90", // before the time is up the run saves a checkpoint; the same sweep command resumes it
            .. options,
        ];
        foreach (var line in lines)
            script.Append("#SBATCH ").Append(line).Append('\n');
        script.Append(
            "export GENREC_THREADS=\"${SLURM_CPUS_PER_TASK:-1}\" OMP_NUM_THREADS=\"${SLURM_CPUS_PER_TASK:-1}\"\n"
        );
        // The shell becomes the program, so that Slurm's signal reaches it.
        script
            .Append("exec ")
            .AppendJoin(' ', SelfCommand.Words.Append("experiment").Append("trial").Append(root).Select(Quote));
        return script.Append(" \"$SLURM_ARRAY_TASK_ID\"\n").ToString();
    }

    /// <summary>Writes the script of the trials that have not ended and submits it.</summary>
    /// <returns>The job's number.</returns>
    /// <exception cref="UserError">There is no sbatch here, or it refused the script.</exception>
    public static string Submit(string root, SweepPlan plan, int? parallel, IReadOnlyList<string> options)
    {
        Directory.CreateDirectory(Path.Combine(root, "logs"));
        var path = Path.Combine(root, "sweep.sbatch");
        var script = Script(root, plan, plan.Unfinished(root), parallel, options);
        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(script)));
        var (code, output, error) = Run("sbatch", "--parsable", path);
        if (code is null)
            throw new UserError(
                $"There is no sbatch on this machine. The script is written: submit {path} where Slurm runs."
            );
        if (code != 0)
            throw new UserError($"sbatch refused {path}: {error.Trim()}", ExitCode.Failed);
        var job = output.Trim().Split(';')[0];
        AtomicFile.Write(Path.Combine(root, JobFile), file => file.Write(Encoding.UTF8.GetBytes(job + "\n")));
        return job;
    }

    /// <summary>How many tasks of the sweep's last array wait or run; 0 where none was submitted or all have ended.</summary>
    public static int Active(string root, out string? job)
    {
        var file = Path.Combine(root, JobFile);
        job = File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        if (job is null)
            return 0;
        var (code, output, _) = Run("squeue", "--noheader", "--array", "--jobs", job, "--format=%T");
        return code == 0 ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length : 0; // it forgets old jobs
    }

    /// <summary>Numbers as Slurm writes them: <c>0-3,7</c>.</summary>
    public static string Ranges(IReadOnlyList<int> indices)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var index in indices.Order())
            if (ranges.Count > 0 && ranges[^1].Last == index - 1)
                ranges[^1] = (ranges[^1].First, index);
            else
                ranges.Add((index, index));
        return string.Join(
            ',',
            ranges.Select(range =>
                range.First == range.Last
                    ? range.First.ToString(CultureInfo.InvariantCulture)
                    : $"{range.First}-{range.Last}"
            )
        );
    }

    private static string Quote(string word) =>
        word.All(letter => char.IsAsciiLetterOrDigit(letter) || "/._-".Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static (int? Code, string Out, string Error) Run(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            return (null, "", ""); // it is not installed
        }
    }
}
