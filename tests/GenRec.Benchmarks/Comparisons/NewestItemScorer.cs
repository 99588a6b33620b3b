using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>A user's vector is that of the newest item in a table of its own, so that hardly any time goes to the model.</summary>
internal sealed class NewestItemScorer : IDotProductScorer, IDisposable
{
    private readonly Tensor users; // [N + 1, D]
    private readonly Tensor items; // [N + 1, D]

    public NewestItemScorer(int itemCount, int width, int seed)
    {
        manual_seed(seed);
        (users, items) = (randn(itemCount + 1, width), randn(itemCount + 1, width));
    }

    public Tensor UserVectors(Histories histories)
    {
        using var newest = tensor(
            Enumerable.Range(0, histories.Count).Select(row => (long)histories[row][^1]).ToArray()
        );
        return users.index_select(0, newest); // [B, D]
    }

    public Tensor ItemVectors() => items.alias();

    public Tensor ScoreAll(Histories histories)
    {
        using var vectors = UserVectors(histories);
        return vectors.mm(items.t()); // [B, N + 1]
    }

    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        using var scope = NewDisposeScope();
        var (scores, best) = ScoreAll(histories)[.., 1..].topk(k);
        return ((best + 1).MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        users.Dispose();
        items.Dispose();
    }
}
