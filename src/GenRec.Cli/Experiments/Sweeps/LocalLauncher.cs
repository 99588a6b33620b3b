using System.Diagnostics;
using System.Globalization;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Experiments.Sweeps;

/// <summary>Runs the trials of a sweep on this machine, several at once where cores and memory allow.</summary>
/// <param name="terminal">Told when a trial begins and ends.</param>
/// <param name="parallel">Most trials at once.</param>
/// <param name="threads">Threads of each.</param>
internal sealed class LocalLauncher(Terminal terminal, int parallel, int threads)
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30); // by then a run has read its data
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly List<Running> running = [];
    private long peak;
    private bool peakIsKnown; // a trial has run to its end

    /// <summary>Runs what has not ended. A trial that fails does not stop the others.</summary>
    /// <param name="root">The sweep's folder.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="cancel">Asks the running trials to save and stop, and begins no other.</param>
    /// <returns>Numbers of the trials that failed or were stopped.</returns>
    public async Task<IReadOnlyList<int>> RunAsync(string root, SweepPlan plan, CancellationToken cancel)
    {
        var waiting = new Queue<int>(plan.Unfinished(root));
        var failed = new List<int>();
        var logs = Directory.CreateDirectory(Path.Combine(root, "logs")).FullName;
        var isStopping = false;
        while (waiting.Count > 0 && !cancel.IsCancellationRequested || running.Count > 0)
        {
            if (cancel.IsCancellationRequested && !isStopping)
            {
                isStopping = true;
                foreach (var trial in running)
                    trial.Stop();
            }
            foreach (var ended in running.Where(trial => trial.Process.HasExited).ToArray())
            {
                running.Remove(ended);
                if (!Tell(plan, ended))
                    failed.Add(ended.Index);
                ended.Dispose();
            }
            if (!cancel.IsCancellationRequested && waiting.Count > 0 && MayStart())
                running.Add(Start(root, logs, plan, waiting.Dequeue()));
            await Task.Delay(Pause, CancellationToken.None);
        }
        return [.. failed, .. waiting];
    }

    private bool MayStart()
    {
        if (running.Count >= parallel)
            return false;
        var uses = running.Select(trial => trial.Memory()).ToArray();
        peak = Math.Max(peak, uses.DefaultIfEmpty().Max());
        return running.TrueForAll(trial => trial.Clock.Elapsed > Settled || peakIsKnown)
            && MemoryGate.MayStart(RunNeeds.AvailableMemory(), uses, peak);
    }

    private bool Tell(SweepPlan plan, Running ended)
    {
        var name = plan.Trials[ended.Index].Name;
        var isDone = ended.Process.ExitCode == ExitCode.Done;
        peakIsKnown |= isDone;
        terminal.Out.WriteLine(
            isDone
                ? $"done      {name}  in {Duration.Words(ended.Clock.Elapsed.TotalSeconds)}"
                : $"not done  {name}  exit code {ended.Process.ExitCode}, see {Repository.Shown(ended.Log)}"
        );
        return isDone;
    }

    private Running Start(string root, string logs, SweepPlan plan, int index)
    {
        var log = Path.Combine(logs, $"{plan.Trials[index].Name}.log");
        string[] words =
        [
            .. Apart,
            .. SelfCommand.Words,
            "experiment",
            "trial",
            root,
            index.ToString(CultureInfo.InvariantCulture),
        ];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment[Compute.ThreadsVariable] = threads.ToString(CultureInfo.InvariantCulture);
        start.Environment["OMP_NUM_THREADS"] = start.Environment[Compute.ThreadsVariable];
        var process = Process.Start(start) ?? throw new IOException($"'{words[0]}' did not start.");
        terminal.Out.WriteLine($"begun     {plan.Trials[index].Name}");
        return new Running(index, process, log);
    }

    // A session of its own: Ctrl+C reaches this process alone, which passes it on once. A second one would end a trial unsaved.
    private static string[] Apart =>
        OperatingSystem.IsLinux() && File.Exists("/usr/bin/setsid") ? ["/usr/bin/setsid"] : [];

    private sealed class Running : IDisposable
    {
        private readonly StreamWriter log;

        public Running(int index, Process process, string path)
        {
            (Index, Process, Log) = (index, process, path);
            log = new StreamWriter(path, append: true) { AutoFlush = true };
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            process.StandardInput.Close();
        }

        public int Index { get; }

        public Process Process { get; }

        public string Log { get; }

        public Stopwatch Clock { get; } = Stopwatch.StartNew();

        public long Memory()
        {
            try
            {
                Process.Refresh();
                return Process.WorkingSet64;
            }
            catch (InvalidOperationException)
            {
                return 0; // it has just ended
            }
        }

        // .NET sends no signal but the one that kills.
        public void Stop()
        {
            if (Process.HasExited || OperatingSystem.IsWindows() || Apart.Length == 0)
                return; // it got the terminal's own
            using var kill = System.Diagnostics.Process.Start("kill", ["-TERM", $"{Process.Id}"]);
            kill.WaitForExit();
        }

        public void Dispose()
        {
            Process.WaitForExit(); // until all of its output is read
            Process.Dispose();
            lock (log)
                log.Dispose();
        }

        private void Keep(string? line)
        {
            if (line is not null)
                lock (log)
                    log.WriteLine(line);
        }
    }
}
