using System.CommandLine;
using GenRec.Cli.Experiments;
using GenRec.Cli.Experiments.Sweeps;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment sweep</c>: many settings and seeds, in parallel here or as a Slurm job array.</summary>
/// <remarks>The same command goes on with a sweep: what has ended is not run again, what failed or was stopped is resumed.</remarks>
internal static class ExperimentSweepCommand
{
    public static Command Create(Terminal terminal, IExperimentRegistry registry)
    {
        var preset = new Argument<string>("preset") { Description = "Name of a preset, see 'genrec experiment list'" };
        var vary = new Option<string[]>("--vary")
        {
            Description = "Values as name=a,b,c, every combination; with --random also name=low..high or low..high:log",
        };
        var set = new Option<string[]>("--set") { Description = "An option of all runs as name=value" };
        var seeds = new Option<string?>("--seeds") { Description = "Seeds of every setting, as 1,2,3 or 1..5" };
        var random = NumberOption.AtLeast("--random", 1, "Draw so many settings instead of taking every combination");
        var drawSeed = NumberOption.Whole("--draw-seed", "Seed of the draws; 1 if not given");
        var test = new Option<bool>("--test")
        {
            Description = "Measure every run on the test cases, for 'experiment record'; else by validation alone",
        };
        var metric = new Option<string>("--metric")
        {
            Description = "Metric that marks the best setting",
            DefaultValueFactory = _ => "NDCG@10",
        };
        var device = new Option<string?>("--device") { Description = "cpu, cuda, cuda:0 ... or mps" };
        var launcher = new Option<string>("--launcher")
        {
            Description = "local, or slurm for a job array",
            DefaultValueFactory = _ => "local",
        };
        launcher.AcceptOnlyFromAmong("local", "slurm");
        var parallel = NumberOption.AtLeast(
            "--parallel",
            1,
            "Most runs at once; locally half the cores, and one on a GPU, if not given"
        );
        var sbatch = new Option<string[]>("--sbatch")
        {
            Description = "A further option of sbatch, as --sbatch=--gres=gpu:1",
        };
        var wait = new Option<bool>("--wait") { Description = "Wait until the job array has ended, then gather" };
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "Folder of the sweep; default runs/<preset>-sweep",
        };
        var command = new Command(
            "sweep",
            "Run a preset with many settings and seeds; the same command goes on with it"
        )
        {
            preset,
            vary,
            set,
            seeds,
            random,
            drawSeed,
            test,
            metric,
            device,
            launcher,
            parallel,
            sbatch,
            wait,
            output,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var found = ExperimentCommand.Find(registry, parsed.GetRequiredValue(preset), null);
                var varied = parsed.GetValue(vary) ?? [];
                var settings = parsed.GetValue(random) is { } count
                    ? SweepSettings.Random(varied, count, parsed.GetValue(drawSeed) ?? 1)
                    : SweepSettings.Grid(varied);
                var plan = SweepPlan.Of(
                    found.Name,
                    parsed.GetValue(device),
                    parsed.GetValue(test),
                    With(settings, ExperimentCommand.Values(parsed.GetValue(set))),
                    parsed.GetValue(seeds) is { } list ? SweepSettings.Seeds(list) : [found.Seed]
                );
                foreach (var trial in plan.Trials)
                    ExperimentCommand.Options(found, plan.RequestOf(trial)); // a wrong value is told before hours are spent
                var isSlurm = parsed.GetValue(launcher) == "slurm";
                var root =
                    parsed.GetValue(output)?.FullName ?? Path.Combine(Repository.Root, "runs", $"{found.Name}-sweep");
                var first = plan.RequestOf(plan.Trials[0]);
                if (isSlurm)
                    RunNeeds.CheckData(found); // what the cluster's nodes offer is theirs to say
                else
                    foreach (var line in RunNeeds.Check(found, first, root, []))
                        terminal.Out.WriteLine(line);
                plan.Claim(root);
                terminal.Out.WriteLine(
                    $"{found.Name}: {plan.Trials.Count} runs, {plan.Unfinished(root).Count} to do, in {Repository.Shown(root)}"
                );
                return isSlurm
                    ? await SlurmAsync(
                        terminal,
                        root,
                        plan,
                        parsed.GetRequiredValue(metric),
                        parsed.GetValue(parallel),
                        parsed.GetValue(sbatch) ?? [],
                        parsed.GetValue(wait),
                        cancel
                    )
                    : await LocalAsync(
                        terminal,
                        root,
                        plan,
                        parsed.GetRequiredValue(metric),
                        parsed.GetValue(parallel),
                        cancel
                    );
            }
        );
        return command;
    }

    private static async Task<int> LocalAsync(
        Terminal terminal,
        string root,
        SweepPlan plan,
        string metric,
        int? parallel,
        CancellationToken cancel
    )
    {
        var cores = Environment.ProcessorCount;
        // What a run takes of an accelerator's memory is not seen from here: there, several at once are asked for by number.
        var isCpu = Compute.ChooseDevice(plan.Device).type == TorchSharp.DeviceType.CPU;
        var usual = isCpu ? Math.Max(1, cores / 2) : 1;
        var most = Math.Min(parallel ?? usual, Math.Max(1, plan.Unfinished(root).Count));
        var launcher = new LocalLauncher(terminal, most, Math.Max(1, cores / most));
        var undone = await launcher.RunAsync(root, plan, cancel);
        return Gather(terminal, root, plan, metric, undone.Count);
    }

    private static async Task<int> SlurmAsync(
        Terminal terminal,
        string root,
        SweepPlan plan,
        string metric,
        int? parallel,
        IReadOnlyList<string> options,
        bool wait,
        CancellationToken cancel
    )
    {
        foreach (var option in options)
            if (!option.StartsWith('-') || option.Contains('\n', StringComparison.Ordinal))
                throw new UserError($"--sbatch '{option}' is no option, as in --sbatch=--gres=gpu:1.");
        var active = Slurm.Active(root, out var job);
        if (active == 0 && plan.Unfinished(root).Count > 0)
        {
            job = Slurm.Submit(root, plan, parallel, options);
            active = plan.Unfinished(root).Count;
            terminal.Out.WriteLine(
                $"submitted job {job}: {active} tasks, script {Repository.Shown(Path.Combine(root, "sweep.sbatch"))}"
            );
        }
        while (wait && active > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), cancel);
            active = Slurm.Active(root, out job);
        }
        if (active == 0)
            return Gather(terminal, root, plan, metric, plan.Unfinished(root).Count);
        terminal.Out.WriteLine($"job {job}: {active} tasks wait or run. The same command gathers what has ended.");
        return ExitCode.Done;
    }

    private static int Gather(Terminal terminal, string root, SweepPlan plan, string metric, int undone)
    {
        var results = SweepResults.Gather(root, plan);
        if (results.Count > 0)
        {
            SweepResults.Save(root, results);
            SweepResults.Show(terminal, results, metric);
        }
        if (plan.IsTested && undone == 0)
            foreach (var setting in plan.Trials.GroupBy(trial => string.Join(' ', trial.Values.Values)))
                terminal.Out.WriteLine(
                    $"gather one setting: genrec experiment record {string.Join(' ', setting.Select(trial => Repository.Shown(Path.Combine(root, trial.Name))))}"
                );
        if (undone == 0)
            return ExitCode.Done;
        terminal.Out.WriteLine(
            $"{undone} of {plan.Trials.Count} runs are not done; the same command goes on with them."
        );
        return ExitCode.Failed;
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> With(
        IReadOnlyList<IReadOnlyDictionary<string, string>> settings,
        Dictionary<string, string>? common
    ) =>
        common is null
            ? settings
            :
            [
                .. settings.Select(values =>
                {
                    var all = new Dictionary<string, string>(common, StringComparer.OrdinalIgnoreCase);
                    foreach (var (name, value) in values)
                        if (!all.TryAdd(name, value))
                            throw new UserError($"'{name}' is both set and varied.");
                    return all;
                }),
            ];
}
