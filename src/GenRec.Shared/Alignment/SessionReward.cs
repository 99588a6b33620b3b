using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>R(u, S): what a session is taken to be worth to a user.</summary>
public interface ISessionReward
{
    /// <summary>Scores several sessions a user.</summary>
    /// <param name="histories">B rows of positively engaged items, oldest first, none empty.</param>
    /// <param name="slates">Item ids, <c>[B, C, m]</c>, int64.</param>
    /// <returns><c>[B, C]</c>, float32, without gradients, owned by the caller.</returns>
    Tensor Score(Histories histories, Tensor slates);
}

/// <summary>How the heads become one number.</summary>
public enum FusionKind
{
    /// <summary><c>sum_x w_x r_x</c>: the expectation of a weighted sum of feedback.</summary>
    WeightedSum,

    /// <summary><c>sum_x w_x log r_x</c>: the product of powers that ranking stages use; a session weak in one head is weak.</summary>
    LogProduct,
}

/// <summary>Fusion of the heads of a reward model into R(u, S); the paper does not give its own.</summary>
/// <remarks>
/// The default reading is <see cref="ForUtility"/>: R is the expected utility of the session as far as the heads can tell. Watch
/// time counts by the minute, "any like" and "any follow" stand for the number of them; shares, comments and dislikes have no head.
/// </remarks>
public sealed record RewardFusion : RichRecord
{
    /// <summary>How the heads are joined.</summary>
    public FusionKind Kind { get; init; }

    /// <summary>Weight of swt.</summary>
    public double WatchTime { get; init; } = 1;

    /// <summary>Weight of vtr.</summary>
    public double View { get; init; }

    /// <summary>Weight of wtr.</summary>
    public double Follow { get; init; } = 1;

    /// <summary>Weight of ltr.</summary>
    public double Like { get; init; } = 0.5;

    /// <summary>Weights under which R is an estimate of a session's utility.</summary>
    /// <param name="utility">What each kind of feedback counts.</param>
    /// <param name="scale">How the watch-time label was made.</param>
    /// <param name="slateLength">m: the view head predicts a share of the slate.</param>
    public static RewardFusion ForUtility(FeedUtility utility, WatchTimeScale scale, int slateLength)
    {
        ArgumentNullException.ThrowIfNull(utility);
        ArgumentNullException.ThrowIfNull(scale);
        return new RewardFusion
        {
            WatchTime = utility.WatchMinute * scale.CapSeconds / 60,
            View = utility.View * slateLength,
            Follow = utility.Follow,
            Like = utility.Like,
        };
    }

    /// <summary>Weight of a head.</summary>
    public double WeightOf(SessionHead head) =>
        head switch
        {
            SessionHead.WatchTime => WatchTime,
            SessionHead.View => View,
            SessionHead.Follow => Follow,
            SessionHead.Like => Like,
            _ => throw new ArgumentOutOfRangeException(nameof(head), head, "There is no such head."),
        };

    /// <summary>Joins predictions.</summary>
    /// <param name="heads">Which heads the last axis holds.</param>
    /// <param name="predicted">In <c>[0, 1]</c>, <c>[.., heads]</c>.</param>
    /// <returns><c>[..]</c>, owned by the caller.</returns>
    /// <exception cref="ArgumentException">A head with a weight is not among the predictions, or the last axis is another.</exception>
    public Tensor Of(IReadOnlyList<SessionHead> heads, Tensor predicted)
    {
        ArgumentNullException.ThrowIfNull(heads);
        ArgumentNullException.ThrowIfNull(predicted);
        if (predicted.shape[^1] != heads.Count)
            throw new ArgumentException($"Predictions have {predicted.shape[^1]} heads, need {heads.Count}.");
        foreach (var head in Enum.GetValues<SessionHead>())
            if (WeightOf(head) != 0 && !heads.Contains(head))
                throw new ArgumentException(
                    $"The fusion weighs {head} by {WeightOf(head)}, and the reward model has no such head. Set the weight to 0."
                );
        using var scope = NewDisposeScope();
        var weights = tensor(heads.Select(head => (float)WeightOf(head)).ToArray(), device: predicted.device);
        var values = Kind == FusionKind.LogProduct ? predicted.clamp_min(1e-7).log() : predicted;
        return (values * weights).sum(dim: -1).MoveToOuterDisposeScope();
    }
}

/// <summary>A reward model and the fusion of its heads.</summary>
/// <param name="model">Trained on logged sessions; not disposed here.</param>
/// <param name="fusion">How its heads become one number.</param>
public sealed class SessionReward(SessionRewardModel model, RewardFusion fusion) : RichObject, ISessionReward
{
    /// <summary>The model.</summary>
    public SessionRewardModel Model { get; } = model;

    /// <summary>The fusion.</summary>
    public RewardFusion Fusion { get; } = fusion;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A shape does not fit, an item is unknown, or a history is empty.</exception>
    public Tensor Score(Histories histories, Tensor slates)
    {
        using var predicted = Heads(histories, slates);
        return Fusion.Of(Model.Options.Heads, predicted);
    }

    /// <summary>Predictions before the fusion, <c>[B, C, heads]</c>, owned by the caller.</summary>
    /// <inheritdoc cref="Score"/>
    public Tensor Heads(Histories histories, Tensor slates)
    {
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentNullException.ThrowIfNull(slates);
        using var read = SessionRows.NewestFirst(histories, Model.Options.HistoryLength, slates.device);
        return Model.Predict(read, slates);
    }
}
