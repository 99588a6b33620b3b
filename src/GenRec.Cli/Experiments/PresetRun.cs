using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Records;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A preset as the command line runs it: options by name, a run on another thread that a user can stop, records.</summary>
/// <typeparam name="TPreset">What it is a preset of.</typeparam>
internal abstract class PresetRun<TPreset> : IExperiment
    where TPreset : class
{
    public abstract string Name { get; }

    public abstract string System { get; }

    public abstract string Dataset { get; }

    public abstract string Scale { get; }

    public abstract string Source { get; }

    public long Seed => 1;

    public virtual bool CanFinish => false;

    public virtual IReadOnlyList<string> Files => [];

    public object OptionsOf(ExperimentRequest request) => RequestedRun.Changed(request, With);

    public Task<ExperimentResult> RunAsync(
        ExperimentRequest request,
        RunFolder folder,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var (preset, device) = (RequestedRun.Changed(request, With), RequestedRun.DeviceOf(request));
        return RequestedRun.UnlessStoppedAsync(() => Run(preset, request, folder, device, progress, cancel), cancel);
    }

    public virtual IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        RequestedRun.Records(runs, With, changed => Records(changed, runs, note));

    /// <summary>The preset with some options changed.</summary>
    protected abstract TPreset With(IEnumerable<KeyValuePair<string, string>> values);

    /// <summary>Runs the preset so changed, or goes on from the folder's newest checkpoint.</summary>
    /// <returns>What to print at the end.</returns>
    protected abstract IReadOnlyList<string> Run(
        TPreset preset,
        ExperimentRequest request,
        RunFolder folder,
        torch.Device? device,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    );

    /// <summary>The records of finished runs.</summary>
    protected abstract IReadOnlyList<ResultRecord> Records(TPreset preset, IReadOnlyList<RunFolder> runs, string? note);
}
