using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Answers "what next?" with a trained <see cref="SasRec"/>.</summary>
public sealed class SasRecScorer : RichObject, IDotProductScorer
{
    private readonly SasRec model;
    private readonly Device device;

    /// <summary>Wraps a model without taking ownership of it.</summary>
    public SasRecScorer(SasRec model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (this.model, device) = (model, model.OutputTable.device);
    }

    /// <summary>Hidden state after each history: only its newest L items are read, and an empty one gives zeros.</summary>
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
        var result = zeros(histories.Count, model.Options.Hidden, device: device);
        if (rows.Length > 0)
        {
            var hidden = model.forward(
                Grid(batch.Items, batch),
                Grid(batch.Positions, batch),
                Grid(batch.Segments, batch)
            );
            var newest = hidden.view(-1, model.Options.Hidden).index_select(0, tensor(batch.Cells, device: device)); // [B', D]
            result.index_copy_(0, tensor(rows, device: device), newest);
        }
        model.train(training);
        return result.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor ItemVectors() => model.OutputTable.alias();

    /// <inheritdoc/>
    public Tensor ScoreAll(Histories histories)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        return UserVectors(histories).mm(model.OutputTable.t()).MoveToOuterDisposeScope();
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

    /// <summary>Attention of the newest position over the history, newest item first, for one user.</summary>
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

    /// <summary>Packs the newest L items of each history; <c>Cells</c> holds where each one's newest item lies.</summary>
    private (NextItemBatch Batch, long[] Rows) Pack(Histories histories)
    {
        var longest = model.Options.MaxLength;
        var rows = Enumerable.Range(0, histories.Count).Where(row => histories.LengthOf(row) > 0).ToArray();
        if (rows.Length == 0)
            return (new NextItemBatch(0, 0, [], [], [], [], [], []), []);
        var lengths = Array.ConvertAll(rows, row => Math.Min(histories.LengthOf(row), longest));
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
            var history = histories[rows[i]][^length..];
            for (var j = 0; j < length; j++)
            {
                if (history[j] < 1 || history[j] > model.ItemCount)
                    throw new ArgumentException(
                        $"History {rows[i]} names item {history[j]}; the model knows 1..{model.ItemCount}."
                    );
                (items[start + j], positions[start + j], segments[start + j]) = (
                    history[j],
                    longest - length + j,
                    i + 1
                );
            }
            newest[i] = start + length - 1;
        }
        return (
            new NextItemBatch(packing.Rows, packing.Width, items, positions, segments, newest, [], []),
            Array.ConvertAll(rows, row => (long)row)
        );
    }
}
