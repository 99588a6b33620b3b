using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Benchmarks.Reference;

/// <summary>The shape and the training settings of the reference loop; the defaults are the reference's own.</summary>
internal sealed record ReferenceOptions
{
    /// <summary>L, the longest history (pmixer: 200; its Amazon runs and the paper: 50).</summary>
    public int Length { get; init; } = 50;

    /// <summary>D, the width of every layer.</summary>
    public int Width { get; init; } = 50;

    /// <summary>Number of attention blocks.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>Attention heads; divides the width.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Share of values dropped at each of the five places.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>B, users in a batch.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Step size of Adam.</summary>
    public double LearningRate { get; init; } = 1e-3;
}

/// <summary>
/// SASRec as pmixer/SASRec.pytorch (fde8a9c) trains it, written for TorchSharp: padded batches and library modules, nothing
/// packed, fused or skipped. It is the peer that our model is measured against, in speed and in quality.
/// </summary>
/// <remarks>
/// Kept from there: normalisation after each residual, padding positions take part in attention, positions run <c>1..L</c>
/// from the left edge, Xavier-normal initial weights. Weights of the attention are not asked for, which spares the reference
/// the averaging of a matrix it throws away.
/// </remarks>
internal sealed class SasRecReference : Module<Tensor, Tensor, Tensor>, IFullScorer
{
    private readonly Embedding items;
    private readonly Embedding positions;
    private readonly Dropout inputDropout;
    private readonly ModuleList<MultiheadAttention> attentions = new();
    private readonly ModuleList<LayerNorm> attentionNorms = new();
    private readonly ModuleList<PointWiseFeedForward> feedForwards = new();
    private readonly ModuleList<LayerNorm> feedForwardNorms = new();
    private readonly LayerNorm lastNorm;
    private readonly Tensor future; // [L, L], minus infinity above the diagonal, else 0
    private readonly ReferenceOptions options;

    public SasRecReference(int itemCount, ReferenceOptions options)
        : base(nameof(SasRecReference))
    {
        const double Epsilon = 1e-8;
        (this.options, ItemCount) = (options, itemCount);
        items = Embedding(itemCount + 1, options.Width, padding_idx: 0);
        positions = Embedding(options.Length + 1, options.Width, padding_idx: 0);
        inputDropout = Dropout(options.Dropout);
        for (var block = 0; block < options.Blocks; block++)
        {
            attentions.Add(MultiheadAttention(options.Width, options.Heads, options.Dropout));
            attentionNorms.Add(LayerNorm(options.Width, Epsilon));
            feedForwards.Add(new PointWiseFeedForward(options.Width, options.Dropout));
            feedForwardNorms.Add(LayerNorm(options.Width, Epsilon));
        }
        lastNorm = LayerNorm(options.Width, Epsilon);
        // Not a mask of bools: libtorch's attention module in C++ adds whatever it is given to the scores.
        future = full(options.Length, options.Length, float.NegativeInfinity).triu(1).DetachFromDisposeScope();
        RegisterComponents();
        Initialise();
    }

    /// <summary>N: item ids are <c>1..N</c>.</summary>
    public int ItemCount { get; }

    /// <summary>Features after each position.</summary>
    /// <param name="sequences">Item ids, 0 is padding, <c>[B, L]</c>, int64.</param>
    /// <param name="slots">Position numbers, 0 at padding, <c>[B, L]</c>, int64.</param>
    /// <returns><c>[B, L, D]</c>.</returns>
    public override Tensor forward(Tensor sequences, Tensor slots)
    {
        using var scope = NewDisposeScope();
        var x = items.forward(sequences) * Math.Sqrt(options.Width) + positions.forward(slots); // [B, L, D]
        x = inputDropout.forward(x);
        for (var block = 0; block < attentions.Count; block++)
        {
            var time = x.transpose(0, 1); // [L, B, D], the layout the attention module wants
            var (mixed, _) = attentions[block].forward(time, time, time, null, false, future);
            x = attentionNorms[block].forward(time + mixed).transpose(0, 1); // [B, L, D]
            x = feedForwardNorms[block].forward(x + feedForwards[block].forward(x));
        }
        return lastNorm.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>Binary cross-entropy of one positive and one negative at every real position.</summary>
    public Tensor Loss(ReferenceBatch batch)
    {
        using var scope = NewDisposeScope();
        var features = forward(Ids(batch.Sequences), Ids(batch.Slots)); // [B, L, D]
        var next = Ids(batch.Positives);
        var positive = (features * items.forward(next)).sum(-1); // [B, L]
        var negative = (features * items.forward(Ids(batch.Negatives))).sum(-1);
        var real = next.ne(0);
        var (yes, no) = (positive[real], negative[real]); // [positions]
        var loss =
            F.binary_cross_entropy_with_logits(yes, ones_like(yes))
            + F.binary_cross_entropy_with_logits(no, zeros_like(no));
        return loss.MoveToOuterDisposeScope();
    }

    public Tensor ScoreAll(Histories histories)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var wasTraining = training;
        eval();
        var (sequences, slots) = Pad(histories);
        var last = forward(sequences, slots)[.., -1]; // [B, D]
        train(wasTraining);
        return last.mm(items.weight!.t()).MoveToOuterDisposeScope(); // [B, N + 1]
    }

    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        using var scope = NewDisposeScope();
        var (scores, best) = ScoreAll(histories)[.., 1..].topk(k);
        return ((best + 1).MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope());
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            future.Dispose();
        base.Dispose(disposing);
    }

    private (Tensor Sequences, Tensor Slots) Pad(Histories histories)
    {
        var length = options.Length;
        var (sequences, slots) = (new long[histories.Count * length], new long[histories.Count * length]);
        for (var row = 0; row < histories.Count; row++)
        {
            var history = histories[row];
            history = history[Math.Max(0, history.Length - length)..];
            var start = (row + 1) * length - history.Length;
            for (var i = 0; i < history.Length; i++)
                (sequences[start + i], slots[start + i]) = (history[i], length - history.Length + i + 1);
        }
        return (Ids(sequences), Ids(slots));
    }

    private Tensor Ids(long[] flat) => tensor(flat).view(-1, options.Length);

    private void Initialise()
    {
        using var noGradient = no_grad();
        foreach (var weight in parameters())
            if (weight.dim() > 1)
                init.xavier_normal_(weight);
        items.weight![0].zero_();
        positions.weight![0].zero_();
    }

    /// <summary>Two convolutions of width one, which are two linear layers, with the reference's dropout between.</summary>
    private sealed class PointWiseFeedForward : Module<Tensor, Tensor>
    {
        private readonly Conv1d inner;
        private readonly Conv1d outer;
        private readonly Dropout innerDropout;
        private readonly Dropout outerDropout;

        public PointWiseFeedForward(int width, double dropout)
            : base(nameof(PointWiseFeedForward))
        {
            (inner, outer) = (Conv1d(width, width, 1L), Conv1d(width, width, 1L));
            (innerDropout, outerDropout) = (Dropout(dropout), Dropout(dropout));
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var channels = x.transpose(1, 2); // [B, D, L]
            var hidden = F.relu(innerDropout.forward(inner.forward(channels)));
            return outerDropout.forward(outer.forward(hidden)).transpose(1, 2).MoveToOuterDisposeScope(); // [B, L, D]
        }
    }
}
