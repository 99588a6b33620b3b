using GenRec.Shared.Data;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>The loss of a batch under the objective that the model's options name.</summary>
public static class ItemSequenceObjective
{
    /// <summary>Mean loss over the T positions of a batch.</summary>
    /// <returns>Scalar, owned by the caller.</returns>
    public static Tensor Loss(ItemSequenceModel model, NextItemBatch batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        var options = model.NextItem;
        var device = model.OutputTable.device;
        // One gather for inputs, next items and negatives: the table's gradient is then scattered once, not three times.
        var scored =
            options.Objective == NextItemObjective.CrossEntropy ? [] : (long[])[.. batch.Targets, .. batch.Negatives];
        var shared = model.SharesTable;
        var embedded = model.Embed(tensor(shared ? [.. batch.Items, .. scored] : batch.Items, device: device));
        var inputs = embedded.narrow(0, 0, batch.Items.Length).view(batch.Rows, batch.Width, options.Hidden); // [R, W, D]
        var cells = tensor(batch.Cells, device: device);
        var states = model.StatesAt(inputs, Grid(batch.Positions), Grid(batch.Segments), cells); // [T, D]
        if (options.Objective == NextItemObjective.CrossEntropy)
        {
            using var targets = tensor(batch.Targets, device: device) - 1;
            var table = model.OutputTable.narrow(0, 1, model.ItemCount); // [N, D]
            var bias = model.OutputBias?.narrow(0, 1, model.ItemCount); // [N]
            return FusedCrossEntropy
                .Mean(states, table, targets, Products.WherePays(options.Precision, device), bias)
                .MoveToOuterDisposeScope();
        }
        var candidates = shared
            ? embedded.narrow(0, batch.Items.Length, scored.Length)
            : model.EmbedForScores(tensor(scored, device: device));
        var count = batch.Targets.Length;
        var positive = (states * candidates.narrow(0, 0, count)).sum(-1); // [T]
        var negative = NegativeScores(states, candidates.narrow(0, count, batch.Negatives.Length), options); // [T, k]
        if (model.OutputBias is { } biases)
        {
            var own = biases.index_select(0, tensor(scored, device: device)); // [T + T k] or [T + k]
            positive += own.narrow(0, 0, count);
            negative += own.narrow(0, count, batch.Negatives.Length)
                .view(options.Sharing == NegativeSharing.PerBatch ? 1 : count, -1);
        }
        var loss = options.Objective switch
        {
            NextItemObjective.Binary => NextItemLoss.Binary(positive, negative),
            NextItemObjective.GeneralisedBinary => NextItemLoss.GeneralisedBinary(
                positive,
                negative,
                model.ItemCount,
                options.Calibration
            ),
            _ => NextItemLoss.SampledSoftmax(positive, negative, IsTarget(batch, options, device)),
        };
        return loss.MoveToOuterDisposeScope();

        Tensor Grid(long[] cells) => tensor(cells, device: device).view(batch.Rows, batch.Width);
    }

    private static Tensor NegativeScores(Tensor states, Tensor negatives, INextItemOptions options)
    {
        if (options.Sharing == NegativeSharing.PerBatch)
            return states.mm(negatives.t()); // [T, k]
        var own = negatives.view(states.shape[0], options.Negatives, options.Hidden); // [T, k, D]
        return options.Negatives == 1
            ? (states * own.squeeze(1)).sum(-1, keepdim: true)
            : own.matmul(states.unsqueeze(-1)).squeeze(-1);
    }

    private static Tensor IsTarget(NextItemBatch batch, INextItemOptions options, Device device)
    {
        var targets = tensor(batch.Targets, device: device).unsqueeze(1); // [T, 1]
        var negatives = tensor(batch.Negatives, device: device);
        return targets
            == (options.Sharing == NegativeSharing.PerBatch ? negatives : negatives.view(-1, options.Negatives));
    }
}
