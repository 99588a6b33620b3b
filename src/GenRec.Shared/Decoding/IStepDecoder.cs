using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>A model in the middle of generating ids for a batch of users; all that a search needs to know of it.</summary>
/// <remarks>
/// It keeps what it has read (keys and values) for each beam, and what all beams of a user share once a user. One instance serves one
/// search.
/// </remarks>
public interface IStepDecoder : IDisposable
{
    /// <summary>B, users in the batch.</summary>
    int Users { get; }

    /// <summary>Logits of each user's first token. Called once, before any <see cref="Next"/>.</summary>
    /// <returns><c>[B, 1, V]</c>, floating point, owned by the caller; V may differ from level to level.</returns>
    Tensor Start();

    /// <summary>Logits of the token after those.</summary>
    /// <param name="tokens">Newest token of each beam, a column of the logits before, <c>[B, W]</c>, int64.</param>
    /// <param name="parents">Which of the user's beams of the call before each beam continues, <c>[B, W]</c>, int64.</param>
    /// <returns><c>[B, W, V]</c>, floating point, owned by the caller.</returns>
    Tensor Next(Tensor tokens, Tensor parents);

    /// <summary>Takes tokens in of which nobody asks what comes after them; a model may then compute less.</summary>
    /// <param name="tokens">As for <see cref="Next"/>.</param>
    /// <param name="parents">As for <see cref="Next"/>.</param>
    void Read(Tensor tokens, Tensor parents) => Next(tokens, parents).Dispose();
}
