using System.Security.Cryptography;
using GenRec.Shared.Data;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>A batch of logged sessions.</summary>
/// <param name="Rows">B.</param>
/// <param name="Histories"><c>[B x n]</c>.</param>
/// <param name="Slates"><c>[B x m]</c>.</param>
/// <param name="Labels">Of the model's heads, <c>[B x heads]</c>.</param>
public sealed record SessionRewardBatch(int Rows, long[] Histories, long[] Slates, float[] Labels) : Display.RichRecord;

/// <summary>Training a session reward model on logged sessions, validated on held-out ones.</summary>
public sealed class SessionRewardTask : PrefetchedTask<SessionRewardBatch>
{
    private readonly RewardSessions train;
    private readonly RewardSessions heldOut;
    private readonly EpochOrder order;
    private readonly Device device;

    /// <summary>Makes a model with fresh weights.</summary>
    /// <param name="train">Sessions to learn from.</param>
    /// <param name="heldOut">Sessions to validate on.</param>
    /// <param name="options">Sizes and batches.</param>
    /// <param name="seed">Seed of the weights and of the order of sessions.</param>
    /// <param name="features">What is known of items, <c>[N + 1, F]</c>; null: ids alone.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    /// <exception cref="ArgumentException">A head lacks labels, or the two sets do not fit together.</exception>
    public SessionRewardTask(
        RewardSessions train,
        RewardSessions heldOut,
        SessionRewardOptions options,
        long seed,
        Tensor? features = null,
        Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(heldOut);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        train.RequireLabels(options.Heads);
        heldOut.RequireLabels(options.Heads);
        if (train.ItemCount != heldOut.ItemCount || train.SlateLength != heldOut.SlateLength)
            throw new ArgumentException(
                $"Training sessions have {train.ItemCount} items and slates of {train.SlateLength}, held-out ones "
                    + $"{heldOut.ItemCount} and {heldOut.SlateLength}."
            );
        (this.train, this.heldOut, this.device) = (train, heldOut, device ?? CPU);
        Compute.Seed(seed);
        Model = new SessionRewardModel(train.ItemCount, options, features);
        Model.to(this.device);
        order = new EpochOrder(
            new CounterRandom((ulong)seed).Fork("reward sessions"),
            [.. Enumerable.Range(0, train.Count)],
            options.BatchSize
        );
    }

    /// <inheritdoc/>
    public override SessionRewardModel Model { get; }

    /// <summary>What it learns from.</summary>
    public RewardSessions Train => train;

    /// <inheritdoc/>
    public override long BatchesPerEpoch => order.StepsPerEpoch;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string>
        {
            ["sessions"] =
                $"{train.Count} "
                + Convert.ToHexStringLower(
                    SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(train.Slates.AsSpan()))
                )[..16],
            ["model"] = Model.Options with { Heads = [] } + string.Join(",", Model.Options.Heads),
        };

    /// <summary>Mean log-likelihood of the held-out labels, summed over heads and for each.</summary>
    public override IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation)
    {
        var measured = new Dictionary<string, double> { ["logLikelihood"] = 0 };
        foreach (var (head, one) in Calibrations(cancellation))
        {
            measured["logLikelihood"] += one.LogLikelihood;
            measured[$"logLikelihood {head}"] = one.LogLikelihood;
        }
        return measured;
    }

    /// <summary>Predictions for the held-out sessions against their labels, by head.</summary>
    public IReadOnlyDictionary<SessionHead, Calibration> Calibrations(CancellationToken cancellation = default)
    {
        var predicted = Predict(Model, heldOut, cancellation);
        return Model.Options.Heads.ToDictionary(
            head => head,
            head => Calibration.Of(predicted[head], LabelsOf(heldOut, head))
        );
    }

    /// <summary>Predictions for many sessions, block after block.</summary>
    /// <returns><c>[R]</c> of each head.</returns>
    public static IReadOnlyDictionary<SessionHead, float[]> Predict(
        SessionRewardModel model,
        RewardSessions sessions,
        CancellationToken cancellation = default
    )
    {
        const int Block = 1024;
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sessions);
        var heads = model.Options.Heads;
        var found = heads.ToDictionary(head => head, _ => new float[sessions.Count]);
        var target = model.parameters().First().device;
        for (var from = 0; from < sessions.Count; from += Block)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var rows = Math.Min(Block, sessions.Count - from);
            var histories = Grid(sessions.Histories, from, rows, sessions.HistoryLength, target);
            var slates = Grid(sessions.Slates, from, rows, sessions.SlateLength, target);
            var columns = model.Predict(histories, slates).t().contiguous().cpu(); // [heads, rows]
            for (var h = 0; h < heads.Count; h++)
                columns[h].data<float>().CopyTo(found[heads[h]].AsSpan(from, rows));
        }
        return found;
    }

    /// <summary>Labels of one head, <c>[R]</c>.</summary>
    public static float[] LabelsOf(RewardSessions sessions, SessionHead head)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        return
        [
            .. Enumerable
                .Range(0, sessions.Count)
                .Select(row => sessions.Labels[row * RewardSessions.Heads + (int)head]),
        ];
    }

    /// <inheritdoc/>
    protected override SessionRewardBatch MakeBatch(TrainingStep step)
    {
        var rows = order.At(step.Batch);
        var (n, m, heads) = (train.HistoryLength, train.SlateLength, Model.Options.Heads);
        var (histories, slates) = (new long[rows.Length * n], new long[rows.Length * m]);
        var labels = new float[rows.Length * heads.Count];
        for (var at = 0; at < rows.Length; at++)
        {
            for (var i = 0; i < n; i++)
                histories[at * n + i] = train.Histories[rows[at] * n + i];
            for (var i = 0; i < m; i++)
                slates[at * m + i] = train.Slates[rows[at] * m + i];
            for (var h = 0; h < heads.Count; h++)
                labels[at * heads.Count + h] = train.Labels[rows[at] * RewardSessions.Heads + (int)heads[h]];
        }
        return new SessionRewardBatch(rows.Length, histories, slates, labels);
    }

    /// <inheritdoc/>
    protected override BatchLoss Loss(SessionRewardBatch batch, TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var histories = tensor(batch.Histories, device: device).view(batch.Rows, -1);
        var slates = tensor(batch.Slates, device: device).view(batch.Rows, -1);
        var labels = tensor(batch.Labels, device: device).view(batch.Rows, -1);
        return new BatchLoss(SessionRewardModel.Loss(Model.forward(histories, slates), labels), batch.Rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            Model.Dispose();
    }

    private static Tensor Grid(int[] values, int from, int rows, int width, Device device) =>
        tensor(values.AsSpan(from * width, rows * width).ToArray(), device: device)
            .to(ScalarType.Int64)
            .view(rows, width);
}
