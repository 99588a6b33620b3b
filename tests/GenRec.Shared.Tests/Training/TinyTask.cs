using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Shared.Tests.Training;

/// <summary>A small regression with embeddings, noise, dropout and a validation that is a function of the weights.</summary>
internal sealed class TinyTask : ITrainingTask, IDisposable
{
    private readonly TinyModel model;
    private readonly int batchSize;

    public TinyTask(long batchesPerEpoch = 10, int batchSize = 8, int hidden = 6, double dropout = 0.2)
    {
        Compute.Seed(1);
        model = new TinyModel(hidden, dropout);
        (BatchesPerEpoch, this.batchSize) = (batchesPerEpoch, batchSize);
    }

    public Module Model => model;
    public long BatchesPerEpoch { get; }
    public Dictionary<string, string> Choices { get; } = [];
    public IReadOnlyDictionary<string, string> Identity => Choices;
    public Dictionary<string, Tensor> Extra { get; } = [];
    public IReadOnlyDictionary<string, Tensor> Baggage => Extra;
    public bool Explodes { get; init; }
    public List<TrainingStep> Seen { get; } = [];
    public Func<TrainingStep, int>? SizeOf { get; init; }
    public Action<TrainingStep>? Before { get; init; }
    public Func<TinyTask, IReadOnlyDictionary<string, double>>? Validation { get; init; }

    public BatchLoss Loss(TrainingStep step)
    {
        Before?.Invoke(step);
        Seen.Add(step);
        using var scope = NewDisposeScope();
        var size = SizeOf?.Invoke(step) ?? batchSize;
        var ids = new long[size];
        for (var i = 0; i < size; i++)
            ids[i] = step.Random.At((ulong)step.Batch, (ulong)i).Below(TinyModel.Rows);
        var x = tensor(ids);
        var noise = rand(size) * 0.01; // torch's own generator, seeded by the trainer
        var error = model.forward(x) - x.to(ScalarType.Float32) / TinyModel.Rows - noise;
        var loss = error.square().mean();
        if (Explodes && step.Step == 7)
            loss /= 0.0f;
        return new BatchLoss(loss.MoveToOuterDisposeScope(), size);
    }

    public IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation) =>
        Validation?.Invoke(this) ?? new Dictionary<string, double> { ["fit"] = -Error() };

    /// <summary>Mean squared error over all rows, without dropout.</summary>
    public double Error()
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var x = arange(TinyModel.Rows, dtype: ScalarType.Int64);
        return (model.forward(x) - x.to(ScalarType.Float32) / TinyModel.Rows).square().mean().item<float>();
    }

    public byte[] Bytes()
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, Safetensors.TensorsOf(model), null);
        return stream.ToArray();
    }

    public void Dispose() => model.Dispose();

    private sealed class TinyModel : Module<Tensor, Tensor>
    {
        public const int Rows = 20;
        private readonly Embedding table;
        private readonly Linear wide;
        private readonly SeededDropout dropout;
        private readonly Linear narrow;

        public TinyModel(int hidden, double drop)
            : base(nameof(TinyModel))
        {
            (table, wide) = (Embedding(Rows, hidden), Linear(hidden, 2 * hidden));
            (dropout, narrow) = (new SeededDropout(drop), Linear(2 * hidden, 1));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = functional.relu(wide.forward(table.forward(input)));
            return narrow.forward(dropout.forward(x)).squeeze(-1).MoveToOuterDisposeScope();
        }
    }
}
