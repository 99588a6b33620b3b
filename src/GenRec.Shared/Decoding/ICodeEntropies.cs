using GenRec.Shared.Data.Slates;

namespace GenRec.Shared.Decoding;

/// <summary>A session policy that spells items in codes can say how open each of them still is.</summary>
public interface ICodeEntropies
{
    /// <summary>Mean entropy of the softmax at each code of an item, over all items of all sessions, given what stands before.</summary>
    /// <param name="batch">Sessions to read along.</param>
    /// <returns><c>[L]</c> in nats, first code first; made without gradients and without dropout.</returns>
    double[] CodeEntropies(SessionBatch batch);
}
