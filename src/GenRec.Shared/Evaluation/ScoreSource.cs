using GenRec.Shared.Runtime;
using static TorchSharp.torch;
using DeviceType = TorchSharp.DeviceType;

namespace GenRec.Shared.Evaluation;

/// <summary>Asks a model for scores without gradients and in evaluation mode, and restores its mode at the end.</summary>
internal sealed class ScoreSource : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly IFullScorer model;
    private readonly long columns;
    private readonly CollectionPause pause;
    private readonly EvaluationMode mode;
    private readonly Tensor? items; // [D, N + 1], a view
    private readonly int partCases;

    public ScoreSource(IFullScorer model, int itemCount, RankingOptions options)
    {
        options.Check();
        (this.model, columns, mode) = (model, itemCount + 1L, new EvaluationMode(model));
        pause = new CollectionPause();
        try
        {
            items = model is IDotProductScorer factors ? Items(factors, options.BFloat16) : null;
        }
        catch
        {
            mode.Dispose();
            pause.Dispose();
            throw;
        }
        var budget =
            options.BlockBytes
            ?? MiB
                * (
                    items is null ? 32
                    : items.device.type == DeviceType.CPU ? 4
                    : 256
                );
        partCases = (int)Math.Clamp(budget / (sizeof(float) * columns), 1, options.MaxBlockCases);
        BlockCases = items is null ? partCases : options.MaxBlockCases; // vectors take next to nothing
    }

    /// <summary>How many histories to bring at once.</summary>
    public int BlockCases { get; }

    /// <summary>Scores a block and hands over the scores, <c>[rows of the part, N + 1]</c>, part by part.</summary>
    public void Score(CaseBlock block, Action<Tensor, CaseBlock> use)
    {
        ScoreBlock(block, use);
        CollectionPause.Collect();
    }

    public void Dispose()
    {
        items?.Dispose();
        mode.Dispose();
        pause.Dispose();
    }

    private void ScoreBlock(CaseBlock block, Action<Tensor, CaseBlock> use)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        if (items is null)
        {
            var scores = model.ScoreAll(block.Histories);
            Need(scores, "scores", block.Count, columns, "one row a history, one column an item, padding first");
            use(scores, block);
            return;
        }
        var users = ((IDotProductScorer)model).UserVectors(block.Histories).to(items.dtype); // [B, D]
        Need(users, "user vectors", block.Count, items.shape[0], "one row a history, as wide as the item vectors");
        for (var start = 0; start < block.Count; start += partCases)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(partCases, block.Count - start);
            use(users.narrow(0, start, count).matmul(items), block.Slice(start, count));
        }
    }

    private Tensor Items(IDotProductScorer factors, bool lowPrecision)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var vectors = factors.ItemVectors(); // [N + 1, D]
        Need(vectors, "item vectors", columns, vectors.shape[^1], "one row an item, padding first");
        var typed = vectors.to(lowPrecision ? ScalarType.BFloat16 : ScalarType.Float32);
        return typed.t().DetachFromDisposeScope(); // [D, N + 1]
    }

    private void Need(Tensor found, string what, long rows, long width, string meaning)
    {
        if (!found.shape.SequenceEqual([rows, width]))
            throw new InvalidOperationException(
                $"{model.GetType().Name} gave {what} [{string.Join(", ", found.shape)}], need [{rows}, {width}]: {meaning}."
            );
    }
}
