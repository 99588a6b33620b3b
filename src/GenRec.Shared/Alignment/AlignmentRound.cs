using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>What is measured of the policy before the first round and after each.</summary>
/// <param name="Histories">Who is served in the measurement, none empty.</param>
/// <param name="Beams">Sessions that are generated for each, over which the reward's mean and maximum go; at least 1.</param>
public sealed record AlignmentWatch(Histories Histories, int Beams) : RichRecord
{
    /// <summary>
    /// What sessions are truly worth, from whoever knows: item ids <c>[B x m]</c>, one session a history, to <c>[B]</c>. Evaluation
    /// alone sees it: nothing that is trained depends on the answer. Null where nobody knows.
    /// </summary>
    public Func<int[], double[]>? Truth { get; init; }

    /// <summary>Logged sessions, at whose codes entropies are measured, and the next-token loss; null leaves both out.</summary>
    public SessionBatch? Logged { get; init; }
}

/// <summary>The policy before the first round (0) or after one.</summary>
public sealed record AlignmentRound : RichRecord
{
    private static readonly Func<AlignmentRound, double>[] columns =
    [
        round => round.Reward,
        round => round.RewardMean,
        round => round.RewardMax,
        round => round.Truth,
        round => round.TruthOfMax,
        round => round.NextTokenLoss,
        round => round.Pairs,
        round => round.WithoutPair,
        round => round.DistinctShare,
        round => round.WinnerReward,
        round => round.LoserReward,
        round => round.WinnerBefore,
        round => round.LoserBefore,
        round => round.Winner,
        round => round.Loser,
        round => round.SamplingSeconds,
        round => round.RewardSeconds,
        round => round.UpdateSeconds,
    ];

    /// <summary>0 before any update, then 1 to T.</summary>
    public required int Number { get; init; }

    /// <summary>Reward of the likeliest session, mean over histories: what a served user gets, by the model's judge.</summary>
    public double Reward { get; init; } = double.NaN;

    /// <summary>Reward over all generated sessions, mean; the paper's "mean".</summary>
    public double RewardMean { get; init; } = double.NaN;

    /// <summary>Reward of the generated session that has most, mean over histories; the paper's "max".</summary>
    public double RewardMax { get; init; } = double.NaN;

    /// <summary>True worth of the likeliest session, mean over histories.</summary>
    public double Truth { get; init; } = double.NaN;

    /// <summary>True worth of the generated session that the reward likes best.</summary>
    public double TruthOfMax { get; init; } = double.NaN;

    /// <summary>L_NTP on logged sessions, a mean over codes.</summary>
    public double NextTokenLoss { get; init; } = double.NaN;

    /// <summary>Pairs that the round was trained on.</summary>
    public double Pairs { get; init; }

    /// <summary>Samples that were drawn and gave no pair.</summary>
    public double WithoutPair { get; init; }

    /// <summary>Different sessions among those sampled, mean share.</summary>
    public double DistinctShare { get; init; } = double.NaN;

    /// <summary>Mean reward of the winners.</summary>
    public double WinnerReward { get; init; } = double.NaN;

    /// <summary>Mean reward of the losers.</summary>
    public double LoserReward { get; init; } = double.NaN;

    /// <summary>Mean log-probability of this round's winners under the snapshot.</summary>
    public double WinnerBefore { get; init; } = double.NaN;

    /// <summary>Mean log-probability of this round's losers under the snapshot.</summary>
    public double LoserBefore { get; init; } = double.NaN;

    /// <summary>Mean log-probability of this round's winners after the round; it may fall, so long as the losers' falls more.</summary>
    public double Winner { get; init; } = double.NaN;

    /// <summary>Mean log-probability of this round's losers after the round.</summary>
    public double Loser { get; init; } = double.NaN;

    /// <summary>Seconds of beam search.</summary>
    public double SamplingSeconds { get; init; }

    /// <summary>Seconds of the reward model.</summary>
    public double RewardSeconds { get; init; }

    /// <summary>Seconds of everything else in the round: losses, gradients, updates, the reference's log-probabilities.</summary>
    public double UpdateSeconds { get; init; }

    /// <summary>Mean entropy of each code of an item, nats, <c>[L]</c>; empty where the policy does not tell.</summary>
    public IReadOnlyList<double> Entropies { get; init; } = [];

    /// <summary>Seconds of the round.</summary>
    public double Seconds => SamplingSeconds + RewardSeconds + UpdateSeconds;

    /// <summary>Numbers of a row, before the entropies.</summary>
    internal static int Width => columns.Length;

    internal double[] ToRow(int width)
    {
        var row = new double[width];
        Array.Fill(row, double.NaN);
        for (var at = 0; at < columns.Length; at++)
            row[at] = columns[at](this);
        for (var level = 0; level < Math.Min(Entropies.Count, width - columns.Length); level++)
            row[columns.Length + level] = Entropies[level];
        return row;
    }

    internal static AlignmentRound Of(int number, ReadOnlySpan<double> row) =>
        new()
        {
            Number = number,
            Reward = row[0],
            RewardMean = row[1],
            RewardMax = row[2],
            Truth = row[3],
            TruthOfMax = row[4],
            NextTokenLoss = row[5],
            Pairs = row[6],
            WithoutPair = row[7],
            DistinctShare = row[8],
            WinnerReward = row[9],
            LoserReward = row[10],
            WinnerBefore = row[11],
            LoserBefore = row[12],
            Winner = row[13],
            Loser = row[14],
            SamplingSeconds = row[15],
            RewardSeconds = row[16],
            UpdateSeconds = row[17],
            Entropies = [.. row[columns.Length..].ToArray().TakeWhile(double.IsFinite)],
        };
}

/// <summary>All rounds of an alignment, the state before it first.</summary>
public sealed class AlignmentHistory : RichObject
{
    private const int MostLevels = 8;
    private readonly Tensor table; // [T + 1, columns], float64; a row of NaN was not measured yet

    internal AlignmentHistory(int rounds)
    {
        table = full(rounds + 1, Columns, double.NaN, dtype: ScalarType.Float64).DetachFromDisposeScope();
    }

    private static int Columns => 1 + AlignmentRound.Width + MostLevels;

    /// <summary>Those that were measured.</summary>
    public IReadOnlyList<AlignmentRound> Rounds
    {
        get
        {
            var (found, values) = (new List<AlignmentRound>(), table.data<double>().ToArray());
            for (var at = 0; at < table.shape[0]; at++)
                if (values.AsSpan(at * Columns, Columns) is var row && double.IsFinite(row[0]))
                    found.Add(AlignmentRound.Of(at, row[1..]));
            return found;
        }
    }

    internal Tensor Table => table;

    internal void Set(AlignmentRound round)
    {
        using var quiet = no_grad();
        using var row = tensor([1.0, .. round.ToRow(Columns - 1)], dtype: ScalarType.Float64);
        using var target = table.select(0, round.Number);
        target.copy_(row);
    }

    /// <inheritdoc/>
    protected override Display.Table AsTable() =>
        Display
            .Table.Of(
                Rounds,
                ("round", round => round.Number),
                (new("reward", "F4"), round => round.Reward),
                (new("truth", "F4"), round => round.Truth),
                (new("reward, best of the beams", "F4"), round => round.RewardMax),
                (new("truth of that", "F4"), round => round.TruthOfMax),
                (new("pairs", "N0"), round => round.Pairs),
                (new("log p winner", "F2"), round => round.Winner),
                (new("log p loser", "F2"), round => round.Loser),
                (new("sampling, s", "F1"), round => round.SamplingSeconds),
                (new("reward, s", "F1"), round => round.RewardSeconds),
                (new("update, s", "F1"), round => round.UpdateSeconds)
            )
            .Titled("Alignment, round after round");
}
