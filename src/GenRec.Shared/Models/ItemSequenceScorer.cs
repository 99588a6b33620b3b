using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Answers "what next?" with a trained model over item sequences.</summary>
/// <remarks>A model with a <see cref="ItemSequenceModel.MaskId"/> is asked what hides behind a mask after the history.</remarks>
public sealed class ItemSequenceScorer : RichObject, IDotProductScorer
{
    private readonly ItemSequenceModel model;
    private readonly Device device;

    /// <summary>Wraps a model without taking ownership of it.</summary>
    public ItemSequenceScorer(ItemSequenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (this.model, device) = (model, model.OutputTable.device);
    }

    /// <summary>
    /// What each history's answer is scored by: only the newest items are read, L of them or L - 1 before a mask. An empty
    /// history gives zeros where there is no mask to ask. Where the model has an output bias, a last coordinate of 1 meets it.
    /// </summary>
    /// <param name="histories">B histories, item ids <c>1..N</c>, oldest first.</param>
    /// <returns><c>[B, D]</c>, owned by the caller.</returns>
    public Tensor UserVectors(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var training = model.training;
        model.eval();
        var (batch, rows) = Pack(histories);
        var result = zeros(histories.Count, model.NextItem.Hidden, device: device);
        if (rows.Length > 0)
        {
            var newest = model.StatesAt(
                model.Embed(Grid(batch.Items, batch)),
                Grid(batch.Positions, batch),
                Grid(batch.Segments, batch),
                tensor(batch.Cells, device: device)
            ); // [B', D]
            result.index_copy_(0, tensor(rows, device: device), newest);
        }
        model.train(training);
        if (model.OutputBias is not null)
            result = cat([result, ones(histories.Count, 1, device: device)], 1); // [B, D + 1]
        return result.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor ItemVectors()
    {
        using var scope = NewDisposeScope();
        var vectors = model.OutputBias is { } bias
            ? cat([model.OutputTable, bias.unsqueeze(1)], 1) // [N + 1, D + 1]
            : model.OutputTable.alias();
        return vectors.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor ScoreAll(Histories histories)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        return UserVectors(histories).mm(ItemVectors().t()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, model.ItemCount);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var scores = ScoreAll(histories);
        scores[.., 0] = float.NegativeInfinity;
        var (values, indices) = scores.topk(k);
        return (indices.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope());
    }

    /// <summary>Attention within one user's sequence; a mask, where the model asks one, comes last.</summary>
    /// <param name="history">At most L items are read.</param>
    /// <param name="block">Which block, from 0.</param>
    /// <returns><c>[W, W]</c>, the mean over heads; row = query position, column = key position, oldest first.</returns>
    public float[,] AttentionMap(IReadOnlyList<int> history, int block)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var training = model.training;
        model.eval();
        var (batch, _) = Pack(Histories.From([history]));
        var weights = model.AttentionWeights(
            Grid(batch.Items, batch),
            Grid(batch.Positions, batch),
            Grid(batch.Segments, batch),
            block
        );
        model.train(training);
        using var mean = weights[0].mean([0]).cpu(); // [W, W]
        var map = new float[batch.Width, batch.Width];
        var values = mean.data<float>().ToArray();
        Buffer.BlockCopy(values, 0, map, 0, values.Length * sizeof(float));
        return map;
    }

    private Tensor Grid(long[] cells, NextItemBatch batch) =>
        tensor(cells, device: device).view(batch.Rows, batch.Width);

    /// <summary>Packs the newest items of each history; <c>Cells</c> holds where each one's answer lies.</summary>
    private (NextItemBatch Batch, long[] Rows) Pack(Histories histories)
    {
        var (longest, asked) = (model.NextItem.MaxLength, model.MaskId is null ? 0 : 1);
        var rows = Enumerable.Range(0, histories.Count).Where(row => histories.LengthOf(row) + asked > 0).ToArray();
        if (rows.Length == 0)
            return (new NextItemBatch(0, 0, [], [], [], [], [], []), []);
        var lengths = Array.ConvertAll(rows, row => Math.Min(histories.LengthOf(row) + asked, longest));
        var packing = RowPacking.Pack(lengths, lengths.Max());
        var cells = packing.Rows * packing.Width;
        var (items, positions, segments, newest) = (
            new long[cells],
            new long[cells],
            new long[cells],
            new long[rows.Length]
        );
        for (var i = 0; i < rows.Length; i++)
        {
            var (start, length) = (packing.Starts.Span[i], lengths[i]);
            var history = histories[rows[i]][^(length - asked)..];
            for (var j = 0; j < length; j++)
                (items[start + j], positions[start + j], segments[start + j]) = (
                    j < history.Length ? Known(history[j], rows[i]) : model.MaskId!.Value,
                    longest - length + j,
                    i + 1
                );
            newest[i] = start + length - 1;
        }
        return (
            new NextItemBatch(packing.Rows, packing.Width, items, positions, segments, newest, [], []),
            Array.ConvertAll(rows, row => (long)row)
        );
    }

    private int Known(int item, int row) =>
        item >= 1 && item <= model.ItemCount
            ? item
            : throw new ArgumentException($"History {row} names item {item}; the model knows 1..{model.ItemCount}.");
}
