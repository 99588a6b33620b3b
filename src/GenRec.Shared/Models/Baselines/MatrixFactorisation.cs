using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.Models.Baselines;

/// <summary>One training batch of <see cref="MatrixFactorisation"/>.</summary>
/// <param name="Users">Users, <c>[B]</c>.</param>
/// <param name="Chosen">An item each user chose, <c>[B]</c>.</param>
/// <param name="Others">An item each user did not choose, <c>[B]</c>.</param>
public sealed record PreferencePairs(long[] Users, long[] Chosen, long[] Others) : RichRecord;

/// <summary>
/// BPR-MF: a vector a user, a vector and a bias an item, trained so that what a user chose scores above what the user did
/// not. Rendle et al., UAI 2009, arXiv:1205.2618, Eq. (4) and section 4.3.1.
/// </summary>
/// <remarks>It knows users by their row, not by their history: order plays no part, which is what it is compared for.</remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class MatrixFactorisation : nn.Module<Tensor, Tensor, Tensor>, IRichValue
{
    private readonly Embedding users;
    private readonly Embedding items; // row 0 is padding
    private readonly Embedding biases;

    /// <summary>Makes small random vectors.</summary>
    public MatrixFactorisation(int userCount, int itemCount, int hidden)
        : base(nameof(MatrixFactorisation))
    {
        (users, items, biases) = (
            nn.Embedding(userCount, hidden),
            nn.Embedding(itemCount + 1, hidden),
            nn.Embedding(itemCount + 1, 1)
        );
        RegisterComponents();
        using var quiet = no_grad();
        nn.init.normal_(users.weight!, 0, 0.05);
        nn.init.normal_(items.weight!, 0, 0.05);
        biases.weight!.zero_();
    }

    /// <summary>Score of each user and item pair.</summary>
    /// <param name="user">Rows, <c>[B]</c>, int64.</param>
    /// <param name="item">Item ids, <c>[B]</c>, int64.</param>
    /// <returns><c>[B]</c>, owned by the caller.</returns>
    public override Tensor forward(Tensor user, Tensor item)
    {
        using var scope = NewDisposeScope();
        var product = (users.forward(user) * items.forward(item)).sum(-1);
        return (product + biases.forward(item).squeeze(-1)).MoveToOuterDisposeScope();
    }

    /// <summary>Scores of all items for some users.</summary>
    /// <param name="user">Rows, <c>[B]</c>.</param>
    /// <returns><c>[B, N + 1]</c>, owned by the caller.</returns>
    public Tensor ScoreAll(int[] user)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var vectors = users.forward(tensor(Array.ConvertAll(user, u => (long)u)));
        return (vectors.mm(items.weight!.t()) + biases.weight!.t()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();
}

/// <summary>Trains <see cref="MatrixFactorisation"/> by pairs.</summary>
public sealed class MatrixFactorisationTask : PrefetchedTask<PreferencePairs>
{
    private readonly MatrixFactorisation model;
    private readonly Split split;
    private readonly int batchSize;
    private readonly int[] userOf; // user of each training interaction
    private readonly UnseenItems unseen;

    /// <summary>Makes fresh vectors and the pairs they learn from.</summary>
    /// <param name="split">Data.</param>
    /// <param name="hidden">Width of the vectors, at least 1.</param>
    /// <param name="batchSize">Pairs in a batch, at least 1.</param>
    /// <param name="seed">Seed of vectors and pairs.</param>
    public MatrixFactorisationTask(Split split, int hidden = 64, int batchSize = 2048, long seed = 42)
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (this.split, this.batchSize) = (split, batchSize);
        random.manual_seed(seed);
        model = new MatrixFactorisation(split.Train.Users, split.Train.ItemCount, hidden);
        userOf = new int[split.Train.Count];
        for (var user = 0; user < split.Train.Users; user++)
            userOf.AsSpan((int)split.Train.Offsets[user]..(int)split.Train.Offsets[user + 1]).Fill(user);
        unseen = new UnseenItems(split.Train);
    }

    /// <inheritdoc/>
    public override MatrixFactorisation Model => model;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => (split.Train.Count + batchSize - 1) / batchSize;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation) =>
        FullRanking
            .Evaluate(new MatrixFactorisationScorer(model), split.Validation, cancel: cancellation)
            .Means(Metric.Ndcg(10), Metric.Recall(10));

    /// <inheritdoc/>
    protected override PreferencePairs MakeBatch(TrainingStep step)
    {
        var (draws, others) = (step.Random.Fork("pairs"), step.Random.Fork("others"));
        var pairs = new PreferencePairs(new long[batchSize], new long[batchSize], new long[batchSize]);
        UnseenItems.FillUniform(pairs.Others, others, step.Batch, split.Train.ItemCount);
        for (var i = 0; i < batchSize; i++)
        {
            var interaction = draws.At((ulong)step.Batch, (ulong)i).Below(userOf.Length);
            pairs.Users[i] = userOf[interaction];
            pairs.Chosen[i] = split.Train.Items[interaction];
            unseen.ReplaceSeen(pairs.Others.AsSpan(i, 1), i, others, step.Batch, userOf[interaction]);
        }
        return pairs;
    }

    /// <inheritdoc/>
    protected override BatchLoss Loss(PreferencePairs batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var users = tensor(batch.Users);
        var margin = model.forward(users, tensor(batch.Chosen)) - model.forward(users, tensor(batch.Others));
        return new BatchLoss(nn.functional.softplus(-margin).mean(), batchSize); // -log sigma(margin), Eq. (4)
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            model.Dispose();
    }
}

/// <summary>Scores items for the users that a <see cref="MatrixFactorisation"/> was trained on.</summary>
/// <param name="model">The model; not owned.</param>
public sealed class MatrixFactorisationScorer(MatrixFactorisation model) : FullScorer
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The histories do not say whose they are.</exception>
    public override Tensor ScoreAll(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        if (histories.Users.Length != histories.Count)
            throw new ArgumentException(
                "Matrix factorisation scores users by name; these histories have none.",
                nameof(histories)
            );
        return model.ScoreAll(histories.Users.ToArray());
    }
}
