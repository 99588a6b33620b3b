using System.Text.Json;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Runtime;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>What running a preset has in common, whatever the preset is of.</summary>
internal static class RequestedRun
{
    private const string Pretrained = nameof(AlignmentPreset.Pretrained);

    /// <summary>A preset with the values of a request.</summary>
    /// <param name="request">What the user asked for.</param>
    /// <param name="with">Changes options of the preset by name.</param>
    /// <exception cref="UserError">There is no such option, or a value does not fit it.</exception>
    public static TPreset Changed<TPreset>(
        ExperimentRequest request,
        Func<IEnumerable<KeyValuePair<string, string>>, TPreset> with
    )
    {
        var values = new Dictionary<string, string>(
            request.Values ?? new Dictionary<string, string>(),
            StringComparer.OrdinalIgnoreCase
        );
        if (request.Epochs is { } epochs)
            values["training.epochs"] = $"{epochs}";
        try
        {
            return with(values);
        }
        catch (ArgumentException wrong)
        {
            throw new UserError(CommandLine.WithoutParameter(wrong));
        }
    }

    /// <summary>The device that was asked for; null where none was.</summary>
    /// <exception cref="UserError">It is not there, or no device has that name.</exception>
    public static torch.Device? DeviceOf(ExperimentRequest request)
    {
        try
        {
            return request.Device is null ? null : Compute.ChooseDevice(request.Device);
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException)
        {
            throw new UserError(CommandLine.WithoutParameter(wrong));
        }
    }

    /// <summary>Does the work on another thread; a user's stop ends it as an unfinished result.</summary>
    /// <param name="work">Trains and measures; returns what to print at the end.</param>
    /// <param name="cancel">Fires when the user stops it: while it trains (a checkpoint is written first) or measures.</param>
    public static async Task<ExperimentResult> UnlessStoppedAsync(
        Func<IReadOnlyList<string>> work,
        CancellationToken cancel
    )
    {
        try
        {
            return new ExperimentResult(true, await Task.Run(work, CancellationToken.None));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return new ExperimentResult(false, []);
        }
    }

    /// <summary>Records of runs that changed options of their preset: of the preset so changed, the changes in the command.</summary>
    /// <param name="runs">Runs of one preset with the same changes.</param>
    /// <param name="with">Changes options of the preset by name.</param>
    /// <param name="records">The records of a preset.</param>
    public static IReadOnlyList<ResultRecord> Records<TPreset>(
        IReadOnlyList<RunFolder> runs,
        Func<IEnumerable<KeyValuePair<string, string>>, TPreset> with,
        Func<TPreset, IReadOnlyList<ResultRecord>> records
    )
    {
        var request = RequestOf(runs[0]);
        return
        [
            .. records(Changed(request, with))
                .Select(record => record with { Command = record.Command + Changes(request) }),
        ];
    }

    /// <summary>The preset that a run ran and what it changed, as a command line says it: alike for runs that differ in the seed alone.</summary>
    /// <remarks>Where the weights of the same seed's pre-training lie is left out: each seed has its own, and they are what the run would make.</remarks>
    public static string WayOf(RunFolder run)
    {
        var request = RequestOf(run);
        var values = request.Values?.Where(value => !value.Key.Equals(Pretrained, StringComparison.OrdinalIgnoreCase));
        return request.Experiment + Changes(request with { Values = values?.ToDictionary() });
    }

    private static ExperimentRequest RequestOf(RunFolder run) => run.ReadConfig<RunConfig>().Request;

    private static string Changes(ExperimentRequest request) =>
        string.Concat(
            (request.Values ?? new Dictionary<string, string>())
                .OrderBy(value => value.Key, StringComparer.Ordinal)
                .Select(value => $" --set {value.Key}={value.Value}")
                .Prepend(request.Epochs is { } epochs ? $" --epochs {epochs}" : "")
        );

    private sealed record RunConfig(ExperimentRequest Request, JsonElement Options);

    /// <summary>One line of metrics.</summary>
    /// <param name="measured">On what, or how.</param>
    /// <param name="result">The metrics.</param>
    public static string Line(string measured, SeedResult result) =>
        $"{measured}: {string.Join("  ", result.Metrics.Select(metric => $"{metric.Key} {metric.Value:F4}"))}";
}
