using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Shared.Alignment;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Experiments;

/// <summary>The three trainings of an alignment, one after the other.</summary>
public enum AlignmentStage
{
    /// <summary>The next-token loss; left out where a finished run gives the weights.</summary>
    Pretraining,

    /// <summary>The reward model.</summary>
    Judge,

    /// <summary>The rounds.</summary>
    Alignment,
}

/// <summary>Runs an alignment preset: pre-training, reward model, rounds and true utility, and gathers runs into a record.</summary>
/// <remarks>
/// Each stage keeps checkpoints of its own in the run's folder, so that a killed run goes on within the stage that it was in. The
/// oracle is asked after each round and at the end; nothing that is trained or chosen depends on its answers.
/// </remarks>
public static class AlignmentExperiment
{
    private const int LoggedSessions = 256; // at whose codes entropies and the next-token loss are measured after each round
    private const int UsersAtOnce = 32;
    private const string RoundsName = "rounds.json";

    /// <summary>Runs a preset, or goes on from the folder's newest checkpoint.</summary>
    /// <param name="preset">What to run.</param>
    /// <param name="seed">Seed of ids, weights, orders, coins and dropout.</param>
    /// <param name="folder">Where ids, checkpoints and results go; null keeps nothing.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    /// <param name="progress">Who receives the events of a stage; null tells nobody.</param>
    /// <param name="isTuning">End with reward and held-out next-token loss of the last round, and leave the oracle alone.</param>
    /// <param name="cancel">Stops after the current batch; a checkpoint is written first.</param>
    /// <returns>Steps and seconds are those of the rounds; other stages' seconds are metrics.</returns>
    /// <exception cref="ArgumentException">
    /// The pre-trained run has not ended, or is of another preset or seed; told before anything is computed.
    /// </exception>
    /// <exception cref="DirectoryNotFoundException">There is no run where the preset names a pre-trained one.</exception>
    /// <exception cref="TrainingInterruptedException">It was cancelled while it trained.</exception>
    public static SeedResult Run(
        AlignmentPreset preset,
        long seed,
        RunFolder? folder = null,
        torch.Device? device = null,
        Func<AlignmentStage, IProgress<TrainingEvent>?>? progress = null,
        bool isTuning = false,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        preset.Validate();
        var pretrained = Pretrained(preset, seed);
        var world = preset.Base.LoadWorld();
        var ids = IdExperiment.Kept(
            folder,
            () => pretrained is null ? OneRecExperiment.Ids(preset.Base, world, seed) : IdExperiment.Of(pretrained)
        );
        var (train, heldOut) = OneRecExperiment.Sessions(preset.Base, world);
        using var pretraining = OneRecExperiment.CreateTask(preset.Base, world, ids, seed, device);
        var policy = pretraining.Model;
        var seconds = Pretrain(AlignmentStage.Pretraining);
        using var judging = CreateJudge(preset.Judge, world, seed, device);
        var judged = Fit(AlignmentStage.Judge, judging, preset.Judge.Training);
        var judge = RewardOf(preset.Judge, world, judging.Model);
        var before = isTuning ? [] : Before(policy, world, pretrained);
        var (users, histories) = Watched(world, preset.WatchedUsers, preset.Base.Model.MaxHistory);
        using var aligning = new AlignmentTask(
            policy,
            train.Batch(OneRecExperiment.Spread(train.Count, preset.Samples)),
            judge,
            preset.Options(),
            seed
        )
        {
            Watch = new AlignmentWatch(histories, preset.WatchedBeams)
            {
                Truth = isTuning
                    ? null
                    : slates => [.. world.Oracle.Values(users, slates).Select(slate => slate.Utility())],
                Logged = heldOut.Batch(OneRecExperiment.Spread(heldOut.Count, LoggedSessions)),
            },
        };
        return IdExperiment.Run(
            aligning,
            preset.Training with
            {
                Seed = seed,
            },
            folder,
            progress?.Invoke(AlignmentStage.Alignment),
            isTuning,
            trained =>
            {
                var metrics = OneRecExperiment.Measure(policy, world).ToDictionary();
                Add(metrics, before);
                Add(metrics, OfRounds(aligning.History.Rounds));
                Add(metrics, OfHeads(policy, judge, histories, preset.WatchedBeams));
                Add(metrics, OfCodes(OneRecTask.StatisticsOf(policy, heldOut, cancel)));
                Add(metrics, OfJudge(judging));
                metrics["pretrainingSeconds"] = seconds;
                metrics["judgeSeconds"] = judged.Seconds;
                if (folder is not null)
                    Keep(folder, aligning);
                return new SeedResult(seed, metrics, trained.Steps, trained.Seconds);
            },
            cancel
        );

        double Pretrain(AlignmentStage stage)
        {
            if (pretrained is null)
                return Fit(stage, pretraining, preset.Base.Training).Seconds;
            Safetensors.LoadInto(WeightsOf(pretrained), policy);
            policy.eval();
            return pretrained.IsTested ? pretrained.ReadResult().Seconds : pretrained.ReadValidation().Seconds;
        }

        TrainingResult Fit(AlignmentStage stage, ITrainingTask task, TrainingOptions training) =>
            Trainer.Fit(
                task,
                training with
                {
                    Seed = seed,
                    Folder = folder is null ? null : Path.Combine(folder.Path, stage.ToString().ToLowerInvariant()),
                },
                progress?.Invoke(stage),
                cancel
            );
    }

    /// <summary>The reward model's training on a feed's log, ready for <see cref="Trainer.Fit"/>; owned by the caller, with its model.</summary>
    /// <param name="preset">Sizes, what is held out, and whether labels are its sessions' own.</param>
    /// <param name="world">Its feed.</param>
    /// <param name="seed">Seed of weights, of the order of sessions, and of which labels are swapped.</param>
    /// <param name="device">Where to compute; the CPU where null.</param>
    public static SessionRewardTask CreateJudge(
        JudgePreset preset,
        FeedWorld world,
        long seed,
        torch.Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(world);
        var (learn, check) = RewardSessions
            .Of(
                world.Slates,
                world.Preset.Items,
                preset.Model.HistoryLength,
                WatchTimeScale.Quantile(world.Slates, preset.CapQuantile)
            )
            .HoldOutLatest(preset.HeldOut);
        if (preset.ShuffledLabels)
            learn = WithLabelsOfOthers(learn, seed);
        using var features = Features(world);
        return new SessionRewardTask(learn, check, preset.Model, seed, features, device);
    }

    /// <summary>What is known of a feed's videos: the observed vector and the logarithm of the length, <c>[N + 1, F + 1]</c>.</summary>
    /// <returns>Owned by the caller; row 0 is no video.</returns>
    public static Tensor Features(FeedWorld world)
    {
        ArgumentNullException.ThrowIfNull(world);
        const double middle = 3; // log seconds of a short video, so that the feature is about 0
        var lengths = world.Dataset.Items.Frame.Columns["duration_seconds"].Cast<double>();
        float[] column = [0, .. lengths.Select(seconds => (float)(Math.Log(seconds) - middle))];
        using var scope = NewDisposeScope();
        return cat([tensor(world.Vectors.ToArray()).view(-1, FeedWorld.VectorLength), tensor(column).unsqueeze(1)], 1)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Makes the committed record from finished runs of one preset; its curve is the first run's rounds.</summary>
    /// <param name="preset">The preset they ran.</param>
    /// <param name="runs">Finished run folders, one a seed.</param>
    /// <param name="note">What a reader must know besides.</param>
    /// <exception cref="ArgumentException">There is no run, or one has not finished.</exception>
    public static ResultRecord Record(AlignmentPreset preset, IReadOnlyList<RunFolder> runs, string? note = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return IdExperiment.Record(
            OneRecExperiment.Subject(preset.Variant, preset.Dataset, preset.Scale, preset.Name),
            () => OneRecExperiment.Parameters(preset.Base, runs[0]),
            runs,
            note
        ) with
        {
            Curve = RecordFile.Read<CurvePoint[]>(Path.Combine(runs[0].Path, RoundsName)),
        };
    }

    /// <summary>The finished run that gives the weights; null where the preset names none.</summary>
    private static RunFolder? Pretrained(AlignmentPreset preset, long seed)
    {
        if (preset.Pretrained is not { } path)
            return null;
        var run = RunFolder.Open(path);
        if (!run.IsComplete)
            throw new ArgumentException($"The run in {run.Path} has not finished: resume it first.");
        if (run.Description.Seed != seed)
            throw new ArgumentException(
                $"The run in {run.Path} has seed {run.Description.Seed}, and the alignment {seed}: sessions and ids would differ. Take "
                    + "the run of the same seed."
            );
        var config = run.ReadConfig<JsonObject>();
        var options = config["options"] ?? config; // the command line keeps its request beside them
        var differences = RunFolder.Differences("base", Described(options), Json(preset.Base)).ToArray();
        if (differences.Length > 0)
            throw new ArgumentException(
                $"The run in {run.Path} is not of this alignment's base: {string.Join("; ", differences)}. Set the base's options to the "
                    + "run's, or name another run."
            );
        return File.Exists(WeightsOf(run))
            ? run
            : throw new ArgumentException($"The run in {run.Path} keeps no weights: {WeightsOf(run)} is not there.");

        // Options that came later have their defaults in an older run.
        JsonNode? Described(JsonNode recorded)
        {
            try
            {
                return Json(recorded.Deserialize<OneRecPreset>(RecordFile.Options)!);
            }
            catch (JsonException wrong)
            {
                throw new ArgumentException(
                    $"The run in {run.Path} is none of OneRec's pre-training: {wrong.Message}",
                    wrong
                );
            }
        }

        static JsonNode? Json(OneRecPreset of) => JsonSerializer.SerializeToNode(of, RecordFile.Options);
    }

    private static string WeightsOf(RunFolder run) => Path.Combine(run.CheckpointFolder, "model.safetensors");

    private static RewardSessions WithLabelsOfOthers(RewardSessions sessions, long seed)
    {
        var order = Enumerable.Range(0, sessions.Count).ToArray();
        new CounterRandom((ulong)seed).Fork("labels of others").Shuffle(order.AsSpan(), 0);
        return new RewardSessions(
            sessions.ItemCount,
            sessions.Users,
            sessions.Histories,
            sessions.Slates,
            sessions.At(order).Labels
        );
    }

    private static SessionReward RewardOf(JudgePreset preset, FeedWorld world, SessionRewardModel model) =>
        new(
            model,
            RewardFusion.ForUtility(
                new FeedUtility(),
                WatchTimeScale.Quantile(world.Slates, preset.CapQuantile),
                world.Preset.SlateLength
            )
        );

    /// <summary>What the model served before the first round.</summary>
    private static Dictionary<string, double> Before(OneRec policy, FeedWorld world, RunFolder? pretrained)
    {
        var measured =
            pretrained?.IsTested == true ? pretrained.ReadResult().Metrics : OneRecExperiment.Measure(policy, world);
        string[] shown = ["utility", "diversity", "seenShare", "catalogueShare"];
        return shown.ToDictionary(name => $"{name}Before", name => measured[name]);
    }

    /// <summary>Users with a history, evenly spread, and their latest positively engaged videos.</summary>
    private static (int[] Users, Histories Past) Watched(FeedWorld world, int wanted, int maxHistory)
    {
        var requests = world.Requests();
        int[] known =
        [
            .. Enumerable.Range(0, requests.Count).Where(request => requests.History(request).Positives(1).Length > 0),
        ];
        int[] chosen = [.. OneRecExperiment.Spread(known.Length, wanted).Select(at => known[at])];
        return (chosen, Histories.From([.. chosen.Select(request => requests.History(request).Positives(maxHistory))]));
    }

    private static Dictionary<string, double> OfRounds(IReadOnlyList<AlignmentRound> rounds)
    {
        var (first, last) = (rounds[0], rounds[^1]);
        return new Dictionary<string, double>
        {
            ["reward"] = last.Reward,
            ["rewardBefore"] = first.Reward,
            ["rewardMean"] = last.RewardMean,
            ["rewardMax"] = last.RewardMax,
            ["truthOfWatched"] = last.Truth,
            ["truthOfWatchedBefore"] = first.Truth,
            ["truthOfRewardMax"] = last.TruthOfMax,
            ["nextTokenLoss"] = last.NextTokenLoss,
            ["nextTokenLossBefore"] = first.NextTokenLoss,
            ["pairs"] = rounds.Sum(round => round.Pairs),
            ["withoutPair"] = rounds.Sum(round => round.WithoutPair),
            ["samplingSeconds"] = rounds.Sum(round => round.SamplingSeconds),
            ["rewardSeconds"] = rounds.Sum(round => round.RewardSeconds),
            ["updateSeconds"] = rounds.Sum(round => round.UpdateSeconds),
        };
    }

    /// <summary>The paper's Table 1: each head of the reward model over a user's sessions, mean and maximum.</summary>
    private static Dictionary<string, double> OfHeads(
        OneRec policy,
        SessionReward reward,
        Histories histories,
        int beams
    )
    {
        var heads = reward.Model.Options.Heads;
        var (mean, max) = (new double[heads.Count], new double[heads.Count]);
        for (var from = 0; from < histories.Count; from += UsersAtOnce)
        {
            using var scope = NewDisposeScope();
            var some = histories.Slice(from, Math.Min(UsersAtOnce, histories.Count - from));
            var found = policy.Sample(some, beams);
            // Where fewer were found, the best one stands again: neither mean of many users nor maximum feels it.
            var whole = where(found.Items.eq(0), found.Items.narrow(1, 0, 1), found.Items);
            var scores = reward.Heads(some, whole); // [B, N, heads]
            var (sum, most) = (scores.mean([1]).sum([0L]), scores.amax([1]).sum([0L]));
            for (var head = 0; head < heads.Count; head++)
                (mean[head], max[head]) = (
                    mean[head] + sum[head].item<float>() / histories.Count,
                    max[head] + most[head].item<float>() / histories.Count
                );
        }
        var named = new Dictionary<string, double>();
        foreach (var (at, head) in heads.Index())
            (named[$"{Word(head)}Mean"], named[$"{Word(head)}Max"]) = (mean[at], max[at]);
        return named;
    }

    private static string Word(SessionHead head) =>
        head switch
        {
            SessionHead.WatchTime => "swt",
            SessionHead.View => "vtr",
            SessionHead.Follow => "wtr",
            _ => "ltr",
        };

    private static Dictionary<string, double> OfCodes(CodeStatistics codes)
    {
        var found = new Dictionary<string, double>();
        for (var level = 0; level < codes.Entropy.Length; level++)
        {
            found[$"entropy{level + 1}"] = codes.Entropy[level];
            found[$"illegalMass{level + 1}"] = codes.IllegalMass[level];
            found[$"repeatMass{level + 1}"] = codes.RepeatMass[level];
        }
        return found;
    }

    /// <summary>Calibration error and order of the reward model's heads on the sessions held out from it.</summary>
    private static Dictionary<string, double> OfJudge(SessionRewardTask judging) =>
        judging
            .Calibrations(CancellationToken.None)
            .SelectMany(head =>
                new[]
                {
                    (Name: $"{Word(head.Key)}CalibrationError", head.Value.Error),
                    (Name: $"{Word(head.Key)}Auc", head.Value.Auc),
                }
            )
            .ToDictionary(one => one.Name, one => one.Item2);

    private static void Add(Dictionary<string, double> all, Dictionary<string, double> some)
    {
        foreach (var (name, value) in some)
            if (double.IsFinite(value))
                all[name] = value;
    }

    /// <summary>Keeps the rounds as points of a curve, the state before the first one at step 0.</summary>
    private static void Keep(RunFolder folder, AlignmentTask aligned) =>
        RecordFile.Write(
            Path.Combine(folder.Path, RoundsName),
            aligned
                .History.Rounds.Select(round => new CurvePoint(
                    round.Number * aligned.BatchesPerEpoch,
                    new Dictionary<string, double>
                    {
                        ["round"] = round.Number,
                        ["reward"] = round.Reward,
                        ["truth"] = round.Truth,
                        ["rewardMax"] = round.RewardMax,
                        ["truthOfRewardMax"] = round.TruthOfMax,
                        ["nextTokenLoss"] = round.NextTokenLoss,
                        ["pairs"] = round.Pairs,
                        ["winnerBefore"] = round.WinnerBefore,
                        ["loserBefore"] = round.LoserBefore,
                        ["winner"] = round.Winner,
                        ["loser"] = round.Loser,
                        ["samplingSeconds"] = round.SamplingSeconds,
                        ["rewardSeconds"] = round.RewardSeconds,
                        ["updateSeconds"] = round.UpdateSeconds,
                    }
                        .Where(value => double.IsFinite(value.Value))
                        .ToDictionary()
                ))
                .ToArray(),
            overwrite: true
        );
}
