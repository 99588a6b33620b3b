using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>Iterative preference alignment as a training task: OneRec (arXiv:2502.18965), Algorithm 2.</summary>
/// <remarks>
/// <para>
/// A round is an epoch. At its beginning the snapshot is renewed, and because it then stays as it is, the sessions of all samples
/// that the coin chose are searched, scored and paired at once in large batches: the same pairs that Algorithm 2 makes one by one.
/// Then <c>L = L_NTP + lambda L_DPO</c> batch by batch; both are means over the samples of the batch, those without a pair counting
/// 0 in the second.
/// </para>
/// <para>
/// Pairs are a function of seed, epoch and snapshot. The snapshot and the measured rounds travel in each checkpoint, so that a killed
/// run goes on to the same weights. Preference terms are computed without dropout, as in DPO's reference code, because the
/// reference's are.
/// </para>
/// <code>
/// using var task = new AlignmentTask(policy, sessions, reward, options, seed: 1) { Watch = new(histories, Beams: 16) { Truth = value } };
/// Trainer.Fit(task, new TrainingOptions { Epochs = options.Rounds, LearningRate = 1e-4 });
/// task.History.Rounds
/// </code>
/// </remarks>
public sealed class AlignmentTask : RichObject, ITrainingTask, IDisposable
{
    private readonly ISessionPolicy policy;
    private readonly SessionBatch samples;
    private readonly ISessionReward reward;
    private readonly AlignmentOptions options;
    private readonly EpochOrder order;
    private readonly long seed;
    private readonly Device device;
    private readonly Stopwatch round = new();
    private readonly ISessionPolicy reference;
    private long snapshotOfEpoch = -1;
    private long pairsOfEpoch = -1;
    private SessionPairs? pairs;

    /// <summary>Prepares the alignment of a trained policy, whose weights will change.</summary>
    /// <param name="policy">The policy; not disposed here.</param>
    /// <param name="samples">Training data: a history and its logged session a row.</param>
    /// <param name="reward">R(u, S).</param>
    /// <param name="options">Rules and sizes.</param>
    /// <param name="seed">Seed of the order of samples, of the coin and of random pairs.</param>
    /// <param name="reference">Sampler and reference of the first epoch, copied; the policy itself where null.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of range, samples and policy do not fit together, or the reference has another shape.
    /// </exception>
    public AlignmentTask(
        ISessionPolicy policy,
        SessionBatch samples,
        ISessionReward reward,
        AlignmentOptions options,
        long seed,
        ISessionPolicy? reference = null
    )
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (samples.PerHistory != 1 || samples.Length != policy.SessionLength)
            throw new ArgumentException(
                $"Samples have {samples.PerHistory} sessions of {samples.Length} items a history; the policy needs 1 of "
                    + $"{policy.SessionLength}.",
                nameof(samples)
            );
        if (reference is not null)
            RequireSameShape(policy, reference);
        (this.policy, this.samples, this.reward, this.options, this.seed) = (policy, samples, reward, options, seed);
        this.reference = (reference ?? policy).Snapshot();
        Fixed = reference is not null;
        device = policy.Module.parameters().First().device;
        order = new EpochOrder(
            new CounterRandom((ulong)seed).Fork("alignment order"),
            [.. Enumerable.Range(0, samples.Count)],
            options.BatchSize
        );
        History = new AlignmentHistory(options.Rounds);
    }

    /// <summary>What is measured before the first round and after each; nothing where null.</summary>
    public AlignmentWatch? Watch { get; init; }

    /// <summary>What was measured.</summary>
    public AlignmentHistory History { get; }

    /// <summary>The pairs of the round that was begun last; null before the first.</summary>
    public SessionPairs? Pairs => pairs;

    /// <inheritdoc/>
    public nn.Module Model => policy.Module;

    /// <inheritdoc/>
    public long BatchesPerEpoch => order.StepsPerEpoch;

    private bool Fixed { get; } // the first snapshot was given

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Identity =>
        new Dictionary<string, string>
        {
            ["samples"] =
                $"{samples.Count} "
                + Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(samples.Items)))[..16],
            ["alignment"] = options.ToString(),
            ["reference"] = Fixed ? "given" : "the policy",
        };

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Baggage
    {
        get
        {
            var all = Safetensors
                .TensorsOf(reference.Module)
                .ToDictionary(pair => $"reference.{pair.Key}", pair => pair.Value);
            all["history"] = History.Table;
            return all;
        }
    }

    /// <summary>Whether a sample gets a preference pair in an epoch: the coin of Algorithm 2.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="row">Row of the samples.</param>
    public bool IsChosen(long epoch, int row) =>
        new CounterRandom((ulong)seed).Fork("alignment coin").At((ulong)epoch, (ulong)row).Chance(options.Ratio);

    /// <inheritdoc/>
    public BatchLoss Loss(TrainingStep step)
    {
        if (step.Epoch >= options.Rounds)
            throw new ArgumentException(
                $"The alignment has {options.Rounds} rounds, and the training is in epoch {step.Epoch + 1}; give the trainer as many epochs."
            );
        if (step.Batch == 0)
            Measure(0, step.Epoch);
        Prepare(step);
        var rows = order.At(step.Batch);
        Tensor? loss = null;
        if (NextTokenRows(rows) is { Length: > 0 } read)
            loss = policy.NextTokenLoss(SessionRows.At(samples, read)) * ((double)read.Length / rows.Length);
        if (PreferenceTerm(rows) is { } preference)
            loss = loss is null ? preference * options.Weight : loss + preference * options.Weight;
        return loss is null ? new BatchLoss(zeros(1, device: device), 0) : new BatchLoss(loss, rows.Length);
    }

    /// <summary>Measures the round that ended.</summary>
    public IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation)
    {
        round.Stop();
        var number = (int)(pairsOfEpoch + 1);
        if (number < 1)
            return new Dictionary<string, double>();
        var found = Measure(number, pairsOfEpoch);
        return new Dictionary<string, double>
        {
            ["reward"] = found.Reward,
            ["truth"] = found.Truth,
            ["log p winner"] = found.Winner,
            ["log p loser"] = found.Loser,
        }
            .Where(one => double.IsFinite(one.Value))
            .ToDictionary();
    }

    /// <summary>Refuses a reference that is no copy of the policy.</summary>
    /// <exception cref="ArgumentException">Names the first parameter that differs.</exception>
    public static void RequireSameShape(ISessionPolicy policy, ISessionPolicy reference)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(reference);
        if (policy.ItemCount != reference.ItemCount || policy.SessionLength != reference.SessionLength)
            throw new ArgumentException(
                $"The reference writes sessions of {reference.SessionLength} among {reference.ItemCount} items, the policy of "
                    + $"{policy.SessionLength} among {policy.ItemCount}."
            );
        var (own, other) = (Safetensors.TensorsOf(policy.Module), Safetensors.TensorsOf(reference.Module));
        foreach (var name in own.Keys.Union(other.Keys).Order(StringComparer.Ordinal))
        {
            var (left, right) = (own.GetValueOrDefault(name), other.GetValueOrDefault(name));
            if (left is null || right is null || !left.shape.SequenceEqual(right.shape))
                throw new ArgumentException(
                    $"The reference has another shape: '{name}' is {Shown(right)} there and {Shown(left)} in the policy. "
                        + "Take a snapshot of the same model."
                );
        }

        static string Shown(Tensor? one) => one is null ? "missing" : $"[{string.Join(", ", one.shape)}]";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        reference.Dispose();
        History.Table.Dispose();
    }

    private void Prepare(TrainingStep step)
    {
        if (pairsOfEpoch == step.Epoch)
            return;
        round.Restart();
        var renews = options.Snapshot == SnapshotRule.EveryEpoch && (step.Epoch > 0 || !Fixed);
        // In the middle of an epoch a resumed run already holds the snapshot of its beginning.
        if (step.BatchInEpoch == 0 && renews && snapshotOfEpoch != step.Epoch)
            CopyWeights(policy, reference);
        snapshotOfEpoch = step.Epoch;
        int[] chosen = [.. Enumerable.Range(0, samples.Count).Where(row => IsChosen(step.Epoch, row))];
        pairs = SessionPairs.Sample(
            reference,
            reward,
            samples,
            chosen,
            options,
            new CounterRandom((ulong)seed).Fork($"alignment pairs {step.Epoch}"),
            device
        );
        pairsOfEpoch = step.Epoch;
    }

    // In place: a model made inside a training step would be freed with the step's other tensors.
    private static void CopyWeights(ISessionPolicy from, ISessionPolicy to)
    {
        using var quiet = no_grad();
        var current = Safetensors.TensorsOf(from.Module);
        foreach (var (name, frozen) in Safetensors.TensorsOf(to.Module))
            frozen.copy_(current[name]);
    }

    private int[] NextTokenRows(ReadOnlySpan<int> rows)
    {
        if (options.KeepsNextTokenLoss)
            return rows.ToArray();
        return [.. rows.ToArray().Where(row => pairs!.PlaceOf(row) < 0)];
    }

    /// <summary>The sum of the pairs' losses over the samples of the batch; null where it has no pair.</summary>
    private Tensor? PreferenceTerm(ReadOnlySpan<int> rows)
    {
        var found = new List<int>();
        foreach (var row in rows)
            if (pairs!.PlaceOf(row) is >= 0 and var place)
                found.Add(place);
        if (found.Count == 0 || options.Weight == 0)
            return null;
        policy.Module.eval();
        var sum = options.Loss.Of(pairs!.Under(policy, [.. found])).sum();
        policy.Module.train();
        return sum / rows.Length;
    }

    private AlignmentRound Measure(int number, long epoch)
    {
        var was = policy.Module.training;
        policy.Module.eval();
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var found = new AlignmentRound { Number = number };
        if (Watch is { } watch)
            found = WithSessions(found, watch);
        if (number > 0 && pairs is { } trained && pairsOfEpoch == epoch)
            found = WithPairs(found, trained);
        History.Set(found);
        policy.Module.train(was);
        return found;
    }

    private AlignmentRound WithSessions(AlignmentRound found, AlignmentWatch watch)
    {
        var (m, count) = (policy.SessionLength, watch.Histories.Count);
        var (first, best) = (new int[count * m], new int[count * m]);
        var (top, mean, max) = (0.0, 0.0, 0.0);
        for (var from = 0; from < count; from += options.SamplingBatch)
        {
            using var scope = NewDisposeScope();
            var some = watch.Histories.Slice(from, Math.Min(options.SamplingBatch, count - from));
            var made = policy.Sample(some, watch.Beams);
            var isWhole = made.Scores.gt(float.NegativeInfinity);
            var legal = where(made.Items.eq(0), arange(1, m + 1, device: device).to(ScalarType.Int64), made.Items);
            var scores = reward.Score(some, legal);
            var whole = scores.masked_fill(isWhole.logical_not(), float.NegativeInfinity);
            top += scores.select(1, 0).sum().item<float>();
            mean += ((scores * isWhole).sum(dim: 1) / isWhole.sum(dim: 1).clamp_min(1)).sum().item<float>();
            max += whole.amax([1]).sum().item<float>();
            var likes = whole.argmax(1).view(-1, 1, 1).expand(some.Count, 1, m);
            Copy(legal.select(1, 0), first, from * m);
            Copy(legal.gather(1, likes).squeeze(1), best, from * m);
        }
        found = found with { Reward = top / count, RewardMean = mean / count, RewardMax = max / count };
        if (watch.Truth is { } truth)
            found = found with { Truth = truth(first).Average(), TruthOfMax = truth(best).Average() };
        if (watch.Logged is not { } logged)
            return found;
        using var loss = policy.NextTokenLoss(logged);
        return found with
        {
            NextTokenLoss = loss.item<float>(),
            Entropies = policy is ICodeEntropies open ? open.CodeEntropies(logged) : [],
        };

        static void Copy(Tensor items, int[] into, int at) =>
            MemoryMarshal.Cast<byte, int>(items.to(ScalarType.Int32).cpu().contiguous().bytes).CopyTo(into.AsSpan(at));
    }

    private AlignmentRound WithPairs(AlignmentRound found, SessionPairs trained)
    {
        found = found with
        {
            Pairs = trained.Count,
            WithoutPair = trained.WithoutPair,
            DistinctShare = trained.DistinctShare,
            WinnerReward = trained.WinnerReward,
            LoserReward = trained.LoserReward,
            WinnerBefore = trained.ReferenceWinner,
            LoserBefore = trained.ReferenceLoser,
            SamplingSeconds = trained.SamplingSeconds,
            RewardSeconds = trained.RewardSeconds,
            UpdateSeconds = Math.Max(0, round.Elapsed.TotalSeconds - trained.SamplingSeconds - trained.RewardSeconds),
        };
        if (trained.Count == 0)
            return found;
        var (winner, loser) = (0.0, 0.0);
        for (var from = 0; from < trained.Count; from += options.SamplingBatch)
        {
            using var scope = NewDisposeScope();
            int[] some = [.. Enumerable.Range(from, Math.Min(options.SamplingBatch, trained.Count - from))];
            var now = trained.Under(policy, some);
            winner += now.Winner.sum().item<float>();
            loser += now.Losers.mean([1]).sum().item<float>();
        }
        return found with { Winner = winner / trained.Count, Loser = loser / trained.Count };
    }
}
