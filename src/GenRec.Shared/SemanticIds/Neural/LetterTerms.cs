using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds.Clustering;
using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>What LETTER's collaborative term moves.</summary>
public enum CollaborativeGradient
{
    /// <summary>The encoder alone, as LETTER's code: there the term sees the straight-through sum.</summary>
    Encoder,

    /// <summary>The codebooks alone, as LETTER's equation reads: the sum of the chosen codes.</summary>
    Codebooks,

    /// <summary>Both.</summary>
    Both,
}

/// <summary>The two terms that LETTER (arXiv:2405.07314) adds to the loss of RQ-VAE.</summary>
/// <remarks>
/// Collaborative: <c>L_CF = - mean_i log softmax_j(zhat_i h_j)[i]</c> over the items of a batch, with the vectors h of a model of
/// users' behaviour. Diversity: <c>L_Div = - mean_i log softmax_{j != c_i}(e_{c_i} e_j)[+]</c> on every level, where + is another
/// code of the same group; the groups are bounded k-means over the codebook, made anew every so many epochs. Codes of a group
/// draw each other near, groups move apart, and so more codes are used.
/// </remarks>
internal sealed class LetterTerms : IDisposable
{
    private readonly RqVae model;
    private readonly Tensor? collaborative; // [N, d]

    /// <summary>Takes the model, and the vectors that its options ask for.</summary>
    /// <param name="model">The model; its options name the terms and their weights.</param>
    /// <param name="vectors">One vector an item, <c>[N, d]</c>; not read where the weight of the collaborative term is 0.</param>
    /// <param name="items">N.</param>
    /// <param name="device">Where the model lives.</param>
    /// <exception cref="ArgumentException">The vectors are missing, or of another shape.</exception>
    public LetterTerms(RqVae model, EmbeddingMatrix? vectors, int items, Device device)
    {
        this.model = model;
        var options = model.Options;
        if (options.Collaborative == 0)
            return;
        if (vectors is null)
            throw new ArgumentException(
                "RQ-VAE options: Collaborative pulls items towards vectors of users' behaviour, and none are given; "
                    + "FitOptions.Collaborative takes them, for example SASRec's item vectors.",
                nameof(vectors)
            );
        if (vectors.Rows != items || vectors.Columns != options.Latent)
            throw new ArgumentException(
                $"The collaborative vectors are {vectors.Rows} x {vectors.Columns}; {items} items and latent vectors of width "
                    + $"{options.Latent} need {items} x {options.Latent}. Latent may be changed.",
                nameof(vectors)
            );
        FitSteps.RequireFinite(vectors);
        collaborative = NearestCodes.ToTensor(vectors.Values, vectors.Rows, vectors.Columns).to(device);
        collaborative.DetachFromDisposeScope();
    }

    /// <summary>Whether options ask for one of the terms.</summary>
    public static bool AreIn(RqVaeOptions options) => options.Collaborative > 0 || options.Diversity > 0;

    /// <summary>Bounds of LETTER's vq.py, for a start of codebooks as for groups of codes: n points of k clusters make clusters of at least
    /// <c>min(n / (2 k), 50)</c> and at most four times as many points, raised where that would hold fewer places than points.</summary>
    public static KMeansOptions Bounds(int points, int clusters)
    {
        var fewest = Math.Min(points / (2 * clusters), 50);
        return new KMeansOptions
        {
            Rounds = 10,
            FewestPoints = fewest,
            MostPoints = Math.Max(4 * fewest, (points + clusters - 1) / clusters),
        };
    }

    /// <summary>Groups the codes anew where it is time.</summary>
    public void Regroup(TrainingStep step)
    {
        var options = model.Options;
        if (options.Diversity == 0 || step.BatchInEpoch != 0 || step.Epoch % options.RegroupEveryEpochs != 0)
            return;
        using var none = no_grad();
        using var scope = NewDisposeScope();
        for (var level = 0; level < (options.SharedCodebook ? 1 : options.Levels); level++)
        {
            var random = step.Random.Fork($"groups of level {level}, epoch {step.Epoch}");
            var codes = model.Codebook(level).detach().cpu().contiguous();
            var bounds = Bounds(options.Codes, options.DiversityGroups);
            var labels = KMeans.Fit(codes, options.DiversityGroups, random, bounds).Labels;
            model.Kept("group", level).copy_(tensor(labels, dtype: ScalarType.Int64));
        }
    }

    /// <summary>Both terms of a batch, weighted and added.</summary>
    /// <param name="z">Latent vectors, <c>[B, d]</c>.</param>
    /// <param name="sum">The sums of their codes, <c>[B, d]</c>.</param>
    /// <param name="codes">The codes, <c>[B]</c> for each level.</param>
    /// <param name="rows">Which items they are, 0-based, <c>[B]</c>.</param>
    /// <param name="step">The batch, which draws its positive codes.</param>
    /// <returns>A scalar.</returns>
    public Tensor Compute(Tensor z, Tensor sum, Tensor[] codes, Tensor rows, TrainingStep step)
    {
        var options = model.Options;
        var total = zeros([], device: z.device);
        if (options.Collaborative > 0)
        {
            using Scalar alpha = options.Collaborative;
            total =
                Identify(Reached(options.CollaborativeReaches, z, sum), collaborative!.index_select(0, rows)) * alpha;
        }
        if (options.Diversity == 0)
            return total;
        // The mean over levels where the quantiser's own terms are means over them, as in LETTER's code.
        using Scalar beta = options.Diversity / (options.Scale == LossScale.Mean ? options.Levels : 1);
        for (var level = 0; level < options.Levels; level++)
        {
            var draw = Uniforms((int)codes[level].shape[0], step, level).to(z.device);
            var others = OthersOfTheGroup(model.Kept("group", level), codes[level], draw);
            total = total + Diversity(model.Codebook(level), codes[level], others) * beta;
        }
        return total;
    }

    /// <inheritdoc/>
    public void Dispose() => collaborative?.Dispose();

    /// <summary>The cross-entropy of finding each item's own vector among those of the batch.</summary>
    /// <param name="codes"><c>[B, d]</c>.</param>
    /// <param name="vectors"><c>[B, d]</c>.</param>
    internal static Tensor Identify(Tensor codes, Tensor vectors) =>
        F.cross_entropy(codes.mm(vectors.t()), arange(codes.shape[0], device: codes.device)); // [B, B]

    /// <summary>The cross-entropy of finding another code of the group among all codes but the chosen one.</summary>
    /// <param name="codebook"><c>[K, d]</c>.</param>
    /// <param name="chosen"><c>[B]</c>.</param>
    /// <param name="others">The code to be found, <c>[B]</c>.</param>
    internal static Tensor Diversity(Tensor codebook, Tensor chosen, Tensor others)
    {
        var book = codebook.clone(); // unused codes move in place before the gradient is made
        var itself = arange(book.shape[0], device: book.device).eq(chosen.unsqueeze(1)); // [B, K]
        using Scalar never = float.NegativeInfinity;
        return F.cross_entropy(book.index_select(0, chosen).mm(book.t()).masked_fill(itself, never), others);
    }

    /// <summary>For each chosen code another one of its group, each with the same chance.</summary>
    /// <param name="groups">The group of each code, <c>[K]</c>; each has at least two codes.</param>
    /// <param name="chosen"><c>[B]</c>.</param>
    /// <param name="draw"><c>[B]</c>, 0 to below 1.</param>
    /// <returns><c>[B]</c>.</returns>
    internal static Tensor OthersOfTheGroup(Tensor groups, Tensor chosen, Tensor draw)
    {
        var order = (groups * groups.shape[0] + arange(groups.shape[0], device: groups.device)).argsort(); // [K], group after group
        var places = order.argsort(); // of each code in it
        var sizes = groups.bincount(null, 0); // [G]
        var first = sizes.cumsum(0) - sizes;
        var group = groups.index_select(0, chosen);
        var (size, start) = (sizes.index_select(0, group), first.index_select(0, group)); // [B]
        var ahead = (draw * (size - 1)).floor().to(ScalarType.Int64).minimum(size - 2) + 1; // 1 .. size - 1
        return order.index_select(0, start + (places.index_select(0, chosen) - start + ahead).remainder(size));
    }

    private static Tensor Reached(CollaborativeGradient reached, Tensor z, Tensor sum) =>
        reached switch
        {
            CollaborativeGradient.Encoder => z + (sum - z).detach(),
            CollaborativeGradient.Codebooks => sum,
            _ => sum + z - z.detach(),
        };

    private static Tensor Uniforms(int rows, TrainingStep step, int level)
    {
        var random = step.Random.Fork($"other codes of level {level}");
        var drawn = new float[rows];
        for (var row = 0; row < rows; row++)
            drawn[row] = (float)random.At((ulong)step.Batch, (ulong)row).Double;
        return tensor(drawn);
    }
}
