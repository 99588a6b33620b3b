using System.CommandLine;
using GenRec.Cli.Experiments;
using GenRec.Cli.Experiments.Sweeps;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec experiment trial</c>: one run of a sweep, as its launchers start it.</summary>
internal static class ExperimentTrialCommand
{
    public static Command Create(Terminal terminal, IExperimentRegistry registry)
    {
        var folder = new Argument<DirectoryInfo>("sweep") { Description = "Folder of a sweep" };
        var number = new Argument<int>("number") { Description = "Number of the trial, counted from 0" };
        var command = new Command("trial", "Run one trial of a sweep, or go on with it") { folder, number };
        command.Hidden = true;
        command.SetAction(
            async (parsed, cancel) =>
            {
                var root = parsed.GetRequiredValue(folder).FullName;
                var plan = SweepPlan.Read(root);
                var index = parsed.GetRequiredValue(number);
                if (index < 0 || index >= plan.Trials.Count)
                    throw new UserError($"{root} has trials 0 to {plan.Trials.Count - 1}; there is no {index}.");
                var trial = plan.Trials[index];
                if (SweepPlan.Ended(root, trial) is not null)
                    return ExitCode.Done;
                var experiment = ExperimentCommand.Find(registry, plan.Preset, null);
                var run = plan.Open(root, trial, experiment);
                return await ExperimentCommand.WatchAsync(terminal, experiment, plan.RequestOf(trial), run, cancel);
            }
        );
        return command;
    }
}
