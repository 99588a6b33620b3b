using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;
using GenRec.Shared.SemanticIds.Measures;
using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>Training RQ-VAE on item vectors: each epoch sees every item once, in another order.</summary>
public sealed class RqVaeTask : PrefetchedTask<long[]>
{
    private readonly RqVae model;
    private readonly Tensor items; // [N, D], float32
    private readonly Tensor inputs; // the same, in the format of the layers' products
    private readonly Precision precision;
    private readonly RqVaeGradients? gradients; // null where autograd makes them
    private readonly LetterTerms? letter; // null where the options ask for none
    private readonly int count;
    private readonly string hash;
    private readonly RqVaeMetrics metrics;
    private (long Epoch, long[] Order)? shuffled;

    /// <summary>Makes a model with fresh weights, and codebooks from k-means where the options say so.</summary>
    /// <param name="vectors">One vector an item.</param>
    /// <param name="options">Sizes, variants and batches.</param>
    /// <param name="seed">Seed of the weights and of k-means.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    /// <param name="collaborative">Vectors of users' behaviour, row for row, for <see cref="RqVaeOptions.Collaborative"/>.</param>
    /// <param name="categories">
    /// A category of each item, <c>[N]</c>, negative where unknown; validation tells how far codes agree with it.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There are fewer items than codes, a number is not finite, the collaborative vectors are missing or of another shape, or there
    /// are not as many categories as items.
    /// </exception>
    public RqVaeTask(
        EmbeddingMatrix vectors,
        RqVaeOptions options,
        long seed,
        Device? device = null,
        EmbeddingMatrix? collaborative = null,
        IReadOnlyList<int>? categories = null
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        FitSteps.Check(vectors, options.Codes, new FitOptions());
        (count, hash) = (vectors.Rows, FitSteps.HashOf(vectors));
        if (options.Collaborative > 0 && collaborative is not null)
            hash += $" {FitSteps.HashOf(collaborative)}";
        metrics = new RqVaeMetrics(vectors, categories);
        random.manual_seed(seed).Dispose();
        model = new RqVae(vectors.Columns, options);
        if (device is not null)
            model.to(device);
        using var scope = NewDisposeScope();
        items = NearestCodes.ToTensor(vectors.Values, vectors.Rows, vectors.Columns).to(device ?? CPU);
        items.DetachFromDisposeScope();
        precision = Products.WherePays(options.Precision, device ?? CPU);
        inputs = precision == Precision.BFloat16 ? items.to(ScalarType.BFloat16).DetachFromDisposeScope() : items;
        gradients = RqVaeGradients.Cover(options, precision, device ?? CPU) ? new RqVaeGradients(model) : null;
        letter = LetterTerms.AreIn(options) ? new LetterTerms(model, collaborative, count, device ?? CPU) : null;
        if (options.KMeansStart)
            RqVaeCare.StartWithKMeans(model, items, new CounterRandom((ulong)seed).Fork("rq-vae start"));
    }

    /// <inheritdoc/>
    public override RqVae Model => model;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => (count + model.Options.BatchSize - 1) / model.Options.BatchSize;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string> { ["vectors"] = hash, ["model"] = model.Options.Describe() };

    /// <summary>Share of the last batch's loss that compares input and output.</summary>
    public double LastReconstruction { get; private set; } = double.NaN;

    /// <summary>Metrics of the codes that all items get now.</summary>
    /// <remarks>
    /// Of all codes: <c>explained</c> (share of the vectors' variance that reconstruction keeps), <c>unique</c> (different tuples over
    /// items), <c>usage</c> (share of codes in use) and <c>perplexity</c> (over the codebook's size), each of the level where it is
    /// lowest: a waist in the middle does not show in what all levels use together. Then, as in
    /// <see cref="SemanticIdReport.Metrics"/>: <c>collision-rate</c>, <c>shared-items</c>, <c>largest-group</c>,
    /// <c>tuple-perplexity</c>, and <c>neighbour-share</c> and <c>prefix-cosine-0</c> and so on of a sample of items. Of each level:
    /// <c>usage-1</c>, <c>perplexity-1</c> (over the codebook's size), <c>balance-1</c>, <c>latent-error-1</c> (share of the latent
    /// vectors' variance that the levels so far leave) and, where categories are known, <c>category-nmi-1</c>. Lower is better for
    /// collisions, shared items, groups and errors; to choose weights by collisions, choose by <c>unique</c>.
    /// </remarks>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation)
    {
        using var codec = new RqVaeCodec(model, ownsModel: false);
        var (codes, left) = codec.AssignAndMeasure(items);
        var ids = new SemanticIdTable(codec.CodebookSizes, codes);
        return metrics.Of(ids, Explained(codec, ids), left, items);
    }

    /// <inheritdoc/>
    protected override bool Prefetches => false; // a batch is a slice of row numbers

    /// <inheritdoc/>
    protected override long[] MakeBatch(TrainingStep step)
    {
        if (shuffled?.Epoch != step.Epoch)
        {
            var order = new long[count];
            for (var row = 0; row < count; row++)
                order[row] = row;
            step.Random.Fork("order of items").Shuffle(order.AsSpan(), (ulong)step.Epoch);
            shuffled = (step.Epoch, order);
        }
        var size = model.Options.BatchSize;
        var start = (int)step.BatchInEpoch * size;
        return shuffled.Value.Order[start..Math.Min(count, start + size)];
    }

    /// <inheritdoc/>
    protected override BatchLoss Loss(long[] batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        letter?.Regroup(step);
        var made = gradients?.Compute(inputs, items, batch) ?? ByAutograd(batch, step);
        RqVaeCare.AfterBatch(model, made, step.Step, step.Random.Fork("unused codes"));
        return new BatchLoss(made.Loss, batch.Length) { Own = gradients is null ? null : gradients.Hand };
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        gradients?.Dispose();
        letter?.Dispose();
        model.Dispose();
        inputs.Dispose();
        items.Dispose();
    }

    /// <summary>Gives the model away: disposing the task leaves it alone afterwards.</summary>
    internal RqVaeCodec TakeCodec() => new(model, ownsModel: true);

    /// <summary>Frees everything but the model.</summary>
    internal void DisposeButModel()
    {
        base.Dispose(true);
        gradients?.Dispose();
        letter?.Dispose();
        inputs.Dispose();
        items.Dispose();
    }

    private RqVaeBatch ByAutograd(long[] batch, TrainingStep step)
    {
        using var rows = tensor(batch, device: items.device);
        var target = items.index_select(0, rows); // [B, D]
        var input = precision == Precision.BFloat16 ? inputs.index_select(0, rows) : target;
        var made = RqVaeObjective.Compute(model, input, target, precision);
        return letter is null
            ? made
            : made with
            {
                Loss = made.Loss + letter.Compute(made.Latent!, made.Sum!, made.Codes, rows, step),
            };
    }

    private double Explained(RqVaeCodec codec, SemanticIdTable ids)
    {
        using var scope = NewDisposeScope();
        var rebuilt = codec.ReconstructTensor(ids.Codes).to(items.device); // [N, D]
        var error = (items - rebuilt).square().sum().item<float>();
        var spread = (items - items.mean([0L], keepdim: true)).square().sum().item<float>();
        return spread == 0 ? 1 : 1 - error / spread;
    }
}
