using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Alignment;

/// <summary>What all losses share: the strength beta and the checks.</summary>
public abstract record PreferenceLoss : RichRecord, IPreferenceLoss
{
    /// <summary>beta: how far the model may move from the reference for a margin; small is far. Above 0. Default 0.1.</summary>
    /// <remarks>OneRec does not give its beta; 0.1 is that of DPO's experiments (arXiv:2305.18290, appendix B).</remarks>
    [Range(1e-6, 1e6)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual bool NeedsReference => true;

    /// <inheritdoc/>
    public virtual int LosersPerWinner => 1;

    /// <inheritdoc/>
    public Tensor Of(PreferenceLogProbabilities sessions)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        OptionRanges.Check(this);
        sessions.Check(Name, NeedsReference, oneLoser: LosersPerWinner == 1);
        using var scope = NewDisposeScope();
        if (!NeedsReference)
            sessions = sessions with { ReferenceWinner = null, ReferenceLosers = null };
        return Compute(sessions, sessions.Margins()).MoveToOuterDisposeScope();
    }

    /// <summary>The loss, in a dispose scope.</summary>
    /// <param name="sessions">Checked log-probabilities.</param>
    /// <param name="margins">h of each loser, <c>[P, K]</c>.</param>
    /// <returns><c>[P]</c>.</returns>
    protected abstract Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins);
}

/// <summary>DPO, Rafailov et al., NeurIPS 2023, arXiv:2305.18290, Eq. (7): <c>-log s(beta h)</c>.</summary>
/// <remarks>Derivative: <c>-beta s(-beta h)</c>. It fades as the pair is told apart, and never becomes 0.</remarks>
public sealed record Dpo : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "DPO";

    /// <inheritdoc/>
    protected override Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins) =>
        F.logsigmoid(margins.squeeze(-1) * Beta).neg();
}

/// <summary>IPO, Azar et al., AISTATS 2024, arXiv:2310.12036, Eq. (17): <c>(h - 1 / (2 tau))^2</c>, tau being beta.</summary>
/// <remarks>Derivative: <c>2 (h - 1 / (2 tau))</c>. It turns round once the margin is reached. Sums over tokens as in the paper.</remarks>
public sealed record Ipo : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "IPO";

    /// <inheritdoc/>
    protected override Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins) =>
        (margins.squeeze(-1) - 1 / (2 * Beta)).square();
}

/// <summary>
/// Conservative DPO, E. Mitchell, "A note on DPO with noisy preferences and relationship to IPO", 2023:
/// <c>-(1 - eps) log s(beta h) - eps log s(-beta h)</c>.
/// </summary>
/// <remarks>Derivative: <c>beta (s(beta h) - (1 - eps))</c>, 0 where <c>s(beta h) = 1 - eps</c>.</remarks>
public sealed record ConservativeDpo : PreferenceLoss
{
    /// <summary>eps, the share of pairs whose labels are taken to be swapped, 0 to below 0.5. Default 0.1.</summary>
    [Range(0.0, 0.499)]
    public double Noise { get; init; } = 0.1;

    /// <inheritdoc/>
    public override string Name => "cDPO";

    /// <inheritdoc/>
    protected override Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins)
    {
        var scaled = margins.squeeze(-1) * Beta;
        return F.logsigmoid(scaled) * -(1 - Noise) - F.logsigmoid(-scaled) * Noise;
    }
}

/// <summary>
/// Robust DPO, Chowdhury, Kini and Natarajan, ICML 2024, arXiv:2403.00409, Eq. (12):
/// <c>(-(1 - eps) log s(beta h) + eps log s(-beta h)) / (1 - 2 eps)</c>.
/// </summary>
/// <remarks>
/// Derivative: <c>-beta ((1 - eps) s(-beta h) + eps s(beta h)) / (1 - 2 eps)</c>. Its mean over swapped labels is DPO's loss on the
/// true ones; it has no lower bound.
/// </remarks>
public sealed record RobustDpo : PreferenceLoss
{
    /// <summary>eps, the share of pairs whose labels are taken to be swapped, 0 to below 0.5. Default 0.1.</summary>
    [Range(0.0, 0.499)]
    public double Noise { get; init; } = 0.1;

    /// <inheritdoc/>
    public override string Name => "rDPO";

    /// <inheritdoc/>
    protected override Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins)
    {
        var scaled = margins.squeeze(-1) * Beta;
        return (F.logsigmoid(scaled) * -(1 - Noise) + F.logsigmoid(-scaled) * Noise) / (1 - 2 * Noise);
    }
}

/// <summary>
/// CPO, Xu et al., ICML 2024, arXiv:2401.08417, Eq. (4)-(6): <c>-log s(beta (log M(S_w) - log M(S_l))) - a log M(S_w)</c>, without a
/// reference.
/// </summary>
/// <remarks>Derivatives: <c>-beta s(-beta h) - a</c> of the winner, <c>beta s(-beta h)</c> of the loser.</remarks>
public sealed record Cpo : PreferenceLoss
{
    /// <summary>a, the weight of the winner's own likelihood, at least 0; 1 in the paper.</summary>
    [Range(0.0, 1e6)]
    public double Likelihood { get; init; } = 1;

    /// <inheritdoc/>
    public override string Name => "CPO";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    protected override Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins) =>
        F.logsigmoid(margins.squeeze(-1) * Beta).neg() - sessions.Winner * Likelihood;
}

/// <summary>
/// SimPO, Meng, Xia and Chen, NeurIPS 2024, arXiv:2405.14734, Eq. (6): <c>-log s(beta (log M(S_w) - log M(S_l)) / T - gamma)</c>
/// with T tokens, without a reference.
/// </summary>
/// <remarks>Derivative: <c>-beta / T s(gamma - beta h / T)</c>. The paper's beta lies between 2 and 10.</remarks>
public sealed record SimPo : PreferenceLoss
{
    /// <summary>Makes the loss with the beta of the paper's Mistral and Llama runs.</summary>
    public SimPo() => Beta = 2.5;

    /// <summary>gamma, the margin that is asked for, at least 0. Default 1.25, half of beta.</summary>
    [Range(0.0, 1e6)]
    public double Gamma { get; init; } = 1.25;

    /// <inheritdoc/>
    public override string Name => "SimPO";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <inheritdoc/>
    protected override Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins) =>
        F.logsigmoid(margins.squeeze(-1) * (Beta / sessions.Tokens) - Gamma).neg();
}

/// <summary>
/// Softmax-DPO, Chen et al., NeurIPS 2024, arXiv:2406.09215, Eq. (11): <c>-log s(-log sum_l exp(-beta h_l))</c> over several
/// losers; with one it is DPO.
/// </summary>
/// <remarks>
/// With <c>p_l = exp(-beta h_l) / (1 + sum_j exp(-beta h_j))</c> the derivative of the winner is <c>-beta sum_l p_l</c> and that of a
/// loser <c>beta p_l</c>: the hardest loser is pushed most.
/// </remarks>
public sealed record SoftmaxDpo : PreferenceLoss
{
    /// <summary>K, losers beside each winner, at least 1. Default 3.</summary>
    [Range(1, 1024)]
    public int Losers { get; init; } = 3;

    /// <inheritdoc/>
    public override string Name => "S-DPO";

    /// <inheritdoc/>
    public override int LosersPerWinner => Losers;

    /// <inheritdoc/>
    protected override Tensor Compute(PreferenceLogProbabilities sessions, Tensor margins) =>
        F.softplus((margins * -Beta).logsumexp(-1)); // -log s(-x) = log(1 + e^x)
}
