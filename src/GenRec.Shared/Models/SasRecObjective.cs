using GenRec.Shared.Data;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>The loss of a batch under the objective that the model's options name.</summary>
public static class SasRecObjective
{
    /// <summary>Mean loss over the T positions of a batch.</summary>
    /// <returns>Scalar, owned by the caller.</returns>
    public static Tensor Loss(SasRec model, NextItemBatch batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        var options = model.Options;
        var device = model.OutputTable.device;
        // One gather for inputs, next items and negatives: the table's gradient is then scattered once, not three times.
        var scored =
            options.Objective == NextItemObjective.CrossEntropy ? [] : (long[])[.. batch.Targets, .. batch.Negatives];
        var shared = model.SharesTable;
        var embedded = model.Embed(tensor(shared ? [.. batch.Items, .. scored] : batch.Items, device: device));
        var inputs = embedded.narrow(0, 0, batch.Items.Length).view(batch.Rows, batch.Width, options.Hidden); // [R, W, D]
        var hidden = model.Encode(inputs, Grid(batch.Positions), Grid(batch.Segments)); // [R, W, D]
        var states = hidden.view(-1, options.Hidden).index_select(0, tensor(batch.Cells, device: device)); // [T, D]
        if (options.Objective == NextItemObjective.CrossEntropy)
        {
            using var targets = tensor(batch.Targets, device: device) - 1;
            var table = model.OutputTable.narrow(0, 1, model.ItemCount); // [N, D]
            return FusedCrossEntropy
                .Mean(states, table, targets, Products.WherePays(options.Precision, device))
                .MoveToOuterDisposeScope();
        }
        var candidates = shared
            ? embedded.narrow(0, batch.Items.Length, scored.Length)
            : model.EmbedForScores(tensor(scored, device: device));
        var count = batch.Targets.Length;
        var positive = (states * candidates.narrow(0, 0, count)).sum(-1); // [T]
        var negative = NegativeScores(states, candidates.narrow(0, count, batch.Negatives.Length), options); // [T, k]
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

    private static Tensor NegativeScores(Tensor states, Tensor negatives, SasRecOptions options)
    {
        if (options.Sharing == NegativeSharing.PerBatch)
            return states.mm(negatives.t()); // [T, k]
        var own = negatives.view(states.shape[0], options.Negatives, options.Hidden); // [T, k, D]
        return options.Negatives == 1
            ? (states * own.squeeze(1)).sum(-1, keepdim: true)
            : own.matmul(states.unsqueeze(-1)).squeeze(-1);
    }

    private static Tensor IsTarget(NextItemBatch batch, SasRecOptions options, Device device)
    {
        var targets = tensor(batch.Targets, device: device).unsqueeze(1); // [T, 1]
        var negatives = tensor(batch.Negatives, device: device);
        return targets
            == (options.Sharing == NegativeSharing.PerBatch ? negatives : negatives.view(-1, options.Negatives));
    }
}
