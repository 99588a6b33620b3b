using System.Text.RegularExpressions;
using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Cli.Experiments;

/// <summary>A preset of OneRec's preference alignment as the command line runs it.</summary>
internal sealed partial class AlignmentRun(AlignmentPreset preset) : PresetRun<AlignmentPreset>
{
    public override string Name => preset.Name;

    public override string System => "OneRec";

    public override string Dataset => preset.Dataset;

    public override string Scale => preset.Scale;

    public override string Source => preset.Source;

    /// <inheritdoc/>
    /// <remarks>The command names the base's run where it lies by default: a record is read on other machines.</remarks>
    public override IReadOnlyList<ResultRecord> Records(IReadOnlyList<RunFolder> runs, string? note) =>
        [
            .. base.Records(runs, note)
                .Select(record =>
                    record with
                    {
                        Command = PretrainedFolder().Replace(record.Command, $"pretrained=runs/{preset.Base.Name}"),
                    }
                ),
        ];

    [GeneratedRegex(@"pretrained=.+?(?= --|$)", RegexOptions.IgnoreCase)]
    private static partial Regex PretrainedFolder();

    protected override AlignmentPreset With(IEnumerable<KeyValuePair<string, string>> values) => preset.With(values);

    protected override IReadOnlyList<string> Run(
        AlignmentPreset preset,
        ExperimentRequest request,
        RunFolder folder,
        torch.Device? device,
        IProgress<ExperimentProgress> progress,
        CancellationToken cancel
    )
    {
        var result = AlignmentExperiment.Run(
            preset,
            request.Seed,
            folder,
            device,
            stage => new StageLines(progress, stage),
            request.TestClosed,
            cancel
        );
        return [RequestedRun.Line(request.TestClosed ? "validation" : "under the feed's truth", result)];
    }

    protected override IReadOnlyList<ResultRecord> Records(
        AlignmentPreset preset,
        IReadOnlyList<RunFolder> runs,
        string? note
    ) => [AlignmentExperiment.Record(preset, runs, note)];

    /// <summary>Says which training has begun; the bar gives each a third.</summary>
    private sealed class StageLines(IProgress<ExperimentProgress> progress, AlignmentStage stage)
        : IProgress<TrainingEvent>,
            IProgress<ExperimentProgress>
    {
        private EpochLines? lines;

        public void Report(TrainingEvent value)
        {
            if (value is TrainingStarted)
                progress.Report(new ExperimentProgress(Done(0), Words));
            (lines ??= new EpochLines(this)).Report(value);
        }

        public void Report(ExperimentProgress value) => progress.Report(value with { Done = Done(value.Done) });

        private string Words =>
            stage switch
            {
                AlignmentStage.Pretraining => "pre-training",
                AlignmentStage.Judge => "reward model",
                _ => "alignment",
            };

        private double Done(double ofStage) => ((int)stage + ofStage) / Enum.GetValues<AlignmentStage>().Length;
    }
}
