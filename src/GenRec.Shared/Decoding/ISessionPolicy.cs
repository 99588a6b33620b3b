using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>A model that answers a history with a session of items: what reward models rate and preference losses train.</summary>
/// <remarks>
/// OneRec (arXiv:2502.18965), section 3.3.2, needs no more of a generator than this: probabilities of whole sessions, its own
/// best sessions, the loss it is pre-trained with, and a frozen copy that samples and serves as reference. Items go in and come
/// out; tokens stay inside.
/// </remarks>
public interface ISessionPolicy : IDisposable
{
    /// <summary>N: items are <c>1..N</c>.</summary>
    int ItemCount { get; }

    /// <summary>m, items of a session.</summary>
    int SessionLength { get; }

    /// <summary>The module whose parameters are trained; training or evaluation mode is set there.</summary>
    nn.Module Module { get; }

    /// <summary>Log-probability of each session: the sum over its m L codes, <c>sum_i sum_j log P(s_i^j | before, history)</c>.</summary>
    /// <param name="batch">B histories with S sessions each; each history is encoded once.</param>
    /// <returns><c>[B S]</c>, float32 whatever the products' format, differentiable, owned by the caller.</returns>
    /// <exception cref="ArgumentException">An item is unknown, or sessions have another length.</exception>
    Tensor LogProbabilities(SessionBatch batch);

    /// <summary>The next-token loss of pre-training, <c>L_NTP</c>: minus the log-probability of a session, as a mean over its codes.</summary>
    /// <param name="batch">As for <see cref="LogProbabilities"/>.</param>
    /// <returns>Scalar, differentiable, owned by the caller.</returns>
    /// <exception cref="ArgumentException">As for <see cref="LogProbabilities"/>.</exception>
    Tensor NextTokenLoss(SessionBatch batch);

    /// <summary>The model's own best sessions by beam search: legal items, none twice in a session, no session twice.</summary>
    /// <param name="histories">B rows, none empty.</param>
    /// <param name="count">N, sessions for each history, at least 1.</param>
    /// <returns>
    /// <c>[B, N]</c> sessions, best first, owned by the caller; made without gradients and without dropout. Where it finds
    /// fewer than N, the rest has items 0 and the score negative infinity.
    /// </returns>
    /// <exception cref="ArgumentException">A history is empty or has an unknown item.</exception>
    DecodedSessions Sample(Histories histories, int count);

    /// <summary>A copy that does not change any more: equal weights, evaluation mode, no gradients.</summary>
    /// <returns>Owned by the caller; shares no tensor with this one.</returns>
    ISessionPolicy Snapshot();
}
