using GenRec.Shared.Data;
using TorchSharp;

namespace GenRec.Shared.Evaluation;

/// <summary>Something that names the k best next items for each history.</summary>
public interface IRecommender
{
    /// <summary>Best items first.</summary>
    /// <param name="histories">B histories, item ids <c>1..N</c>, oldest first.</param>
    /// <param name="k">Length of each list, <c>1..N</c>.</param>
    /// <returns>
    /// Item ids <c>[B, k]</c> (int64) and scores <c>[B, k]</c> (float), best first, owned by the caller. A model that
    /// finds fewer than k items ends the row with id 0.
    /// </returns>
    (torch.Tensor Items, torch.Tensor Scores) Recommend(Histories histories, int k);
}

/// <summary>A recommender that can score the whole catalogue at once.</summary>
public interface IFullScorer : IRecommender
{
    /// <summary>Scores every item after each history.</summary>
    /// <param name="histories">B histories, item ids <c>1..N</c>, oldest first.</param>
    /// <returns><c>[B, N + 1]</c>, float, owned by the caller; column 0 belongs to padding and is ignored.</returns>
    torch.Tensor ScoreAll(Histories histories);
}

/// <summary>A full scorer whose score is the product of a user vector and an item vector.</summary>
/// <remarks>The evaluator then asks for the item vectors once and multiplies blocks itself.</remarks>
public interface IDotProductScorer : IFullScorer
{
    /// <summary>One vector a history.</summary>
    /// <param name="histories">B histories, item ids <c>1..N</c>, oldest first.</param>
    /// <returns><c>[B, D]</c>, float, owned by the caller.</returns>
    torch.Tensor UserVectors(Histories histories);

    /// <summary>One vector an item.</summary>
    /// <returns><c>[N + 1, D]</c>, float, owned by the caller (an alias of the weight is fine); row 0 is padding.</returns>
    torch.Tensor ItemVectors();
}
