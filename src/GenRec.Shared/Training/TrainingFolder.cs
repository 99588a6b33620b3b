using System.Diagnostics;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>What a training run keeps on disk: checkpoints, metrics.jsonl, TensorBoard events, and the final weights.</summary>
internal sealed class TrainingFolder : IDisposable
{
    private readonly CheckpointStore store;
    private readonly TrainingOptions options;
    private readonly Stopwatch sinceLast = Stopwatch.StartNew();
    private MetricsLog? metrics;
    private TensorBoardWriter? tensorBoard;

    public TrainingFolder(string path, TrainingOptions options)
    {
        this.options = options;
        store = new CheckpointStore(path);
        if (options.Resume || store.Steps().Count == 0)
            return;
        store.Dispose();
        throw new ArgumentException(
            $"{store.Root} holds checkpoints and Resume is false: choose another folder, or delete this one."
        );
    }

    /// <summary>The newest checkpoint written or loaded.</summary>
    public long? LastStep { get; private set; }

    /// <summary>Time since then.</summary>
    public TimeSpan SinceLast => sinceLast.Elapsed;

    public string PathOf(long step) => store.PathOf(step);

    public string WeightsOf(long step) => Path.Combine(store.PathOf(step), CheckpointStore.Weights);

    /// <summary>The state of the newest checkpoint that is whole; null where there is none at all.</summary>
    /// <exception cref="ArgumentException">It was made with other options.</exception>
    /// <exception cref="InvalidDataException">All are damaged.</exception>
    public TrainingState? Newest(RunIdentity now, Action<string> notice)
    {
        InvalidDataException? damage = null;
        foreach (var step in store.Steps())
        {
            try
            {
                var state = store.Read(step);
                var differences = state.Identity.DifferencesTo(now).ToArray();
                if (differences.Length > 0)
                    throw new ArgumentException(
                        $"{PathOf(step)} was made with other options. {string.Join("; ", differences)}. "
                            + "Train with the same options, or in another folder."
                    );
                return state;
            }
            catch (InvalidDataException damaged)
            {
                damage = damaged;
                notice($"{damaged.Message} Going back to the checkpoint before it.");
            }
        }
        return damage is null
            ? null
            : throw new InvalidDataException($"No checkpoint in {store.Root} is whole. {damage.Message}", damage);
    }

    public void Load(TrainingState state, ITrainingTask task, FusedAdam optimizer)
    {
        var folder = PathOf(state.Step);
        Safetensors.LoadInto(Path.Combine(folder, CheckpointStore.Weights), task.Model);
        Safetensors.LoadInto(Path.Combine(folder, CheckpointStore.OptimizerState), optimizer.State(), "the optimizer");
        if (task.Baggage.Count > 0 || state.Files.ContainsKey(CheckpointStore.Baggage))
            Safetensors.LoadInto(Path.Combine(folder, CheckpointStore.Baggage), task.Baggage, "the task's baggage");
        LastStep = state.Step;
    }

    public void OpenLogs(long afterStep)
    {
        metrics = new MetricsLog(Path.Combine(store.Root, MetricsLog.FileName), afterStep);
        if (options.TensorBoard)
            tensorBoard = new TensorBoardWriter(Path.Combine(store.Root, "tensorboard"), afterStep + 1);
    }

    public void Log(LossReported report)
    {
        var values = new Dictionary<string, double>
        {
            ["loss"] = report.Loss,
            ["learningRate"] = report.LearningRate,
            ["gradientNorm"] = report.GradientNorm,
            ["samplesPerSecond"] = report.SamplesPerSecond,
        };
        Log(report.At, "train", values);
    }

    public void Log(Validated validated) =>
        Log(
            validated.At,
            "validation",
            new Dictionary<string, double>(validated.Metrics)
            {
                [MetricsRow.UpdateSeconds] = Math.Round(validated.UpdateSeconds, 3),
            }
        );

    public void Write(TrainingState state, ITrainingTask task, FusedAdam optimizer)
    {
        var metadata = new Dictionary<string, string> { ["step"] = state.Step.ToString() };
        var files = new Dictionary<string, Action<Stream>>
        {
            [CheckpointStore.Weights] = file => Safetensors.Write(file, Safetensors.TensorsOf(task.Model), metadata),
            [CheckpointStore.OptimizerState] = file => Safetensors.Write(file, optimizer.State(), metadata),
        };
        if (task.Baggage is { Count: > 0 } baggage)
            files[CheckpointStore.Baggage] = file => Safetensors.Write(file, baggage, metadata);
        store.Write(state, files);
        LastStep = state.Step;
        sinceLast.Restart();
        store.Prune(options.KeepCheckpoints, state.BestStep);
    }

    public void WriteFinalWeights(nn.Module model, long step) =>
        Safetensors.Save(
            Path.Combine(store.Root, "model.safetensors"),
            model,
            new Dictionary<string, string> { ["step"] = step.ToString() }
        );

    public void Dispose()
    {
        metrics?.Dispose();
        tensorBoard?.Dispose();
        store.Dispose();
    }

    private void Log(TrainingPosition at, string kind, IReadOnlyDictionary<string, double> values)
    {
        metrics?.Append(new MetricsRow(at.Step, at.Epoch, kind, values));
        tensorBoard?.Scalars(at.Step, values.Select(v => KeyValuePair.Create($"{kind}/{v.Key}", v.Value)));
    }
}
