using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>Histories and their next items as tokens, in length groups. Plain arrays.</summary>
/// <param name="Ids">Input tokens, group after group, <c>[S]</c>.</param>
/// <param name="Groups">Groups of B rows and S tokens in all.</param>
/// <param name="Shifted">Start token, then all codes of the target but the last, <c>[B * m]</c>, rows in the order of the groups.</param>
/// <param name="Targets">Codes of the next items, <c>[B * m]</c>.</param>
/// <param name="Levels">m, codes of an item.</param>
public sealed record TigerBatch(
    long[] Ids,
    IReadOnlyList<LengthGroup> Groups,
    long[] Shifted,
    long[] Targets,
    int Levels
) : RichRecord
{
    /// <summary>B, rows.</summary>
    public int Rows => Targets.Length / Levels;

    /// <summary>Spells cases, whatever their order.</summary>
    /// <param name="tokens">The vocabulary.</param>
    /// <param name="cases">At least one.</param>
    /// <param name="maxItems">n, items of a history that are read.</param>
    public static TigerBatch Of(TigerTokens tokens, NextItemCases cases, int maxItems)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(cases);
        var rows = new int[cases.Count][];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = tokens.Input(cases.Histories[row], maxItems, cases.Users[row]);
        return Of(tokens, rows, cases.Targets);
    }

    internal static TigerBatch Of(TigerTokens tokens, int[][] rows, ReadOnlySpan<int> targets)
    {
        var (order, groups) = LengthGroups.Of([.. rows.Select(row => row.Length)]);
        var (levels, at) = (tokens.Levels, 0);
        var ids = new long[groups.Sum(group => group.Tokens)];
        var (shifted, wanted) = (new long[order.Length * levels], new long[order.Length * levels]);
        for (var place = 0; place < order.Length; place++)
        {
            foreach (var token in rows[order[place]])
                ids[at++] = token;
            var codes = tokens.Of(targets[order[place]]);
            for (var level = 0; level < levels; level++)
            {
                wanted[place * levels + level] = codes[level];
                if (level + 1 < levels)
                    shifted[place * levels + level + 1] = codes[level];
            }
        }
        return new TigerBatch(ids, groups, shifted, wanted, levels);
    }
}

/// <summary>Makes the training batch of any step from sliding windows; a function of the seed and the step alone.</summary>
/// <remarks>
/// Every item of a user but the first is the target of a window: the items before it, the newest <c>n</c> of them, are its
/// history. The paper does not say so, but without it published results are out of reach (XiaoLongtaoo/TIGER issue 11, GRID).
/// </remarks>
public sealed class TigerBatcher : RichObject
{
    private readonly Interactions train;
    private readonly TigerTokens tokens;
    private readonly TigerOptions options;
    private readonly CounterRandom random;
    private readonly (int User, int Target)[] windows; // target counted within its user
    private (int User, int Target)[] shuffled = [];
    private long shuffledEpoch = -1;

    /// <summary>Prepares batches over a training set.</summary>
    /// <param name="train">Training interactions.</param>
    /// <param name="tokens">The vocabulary.</param>
    /// <param name="options">Batch size and longest history.</param>
    /// <param name="seed">Seed of the order of windows.</param>
    /// <exception cref="ArgumentException">No user has two items, or the ids are of another catalogue.</exception>
    public TigerBatcher(Interactions train, TigerTokens tokens, TigerOptions options, long seed)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(options);
        tokens.RequireCatalogue(train.ItemCount);
        (this.train, this.tokens, this.options) = (train, tokens, options);
        random = new CounterRandom((ulong)seed).Fork("windows");
        windows =
        [
            .. Enumerable
                .Range(0, train.Users)
                .SelectMany(user =>
                    Enumerable.Range(1, Math.Max(0, train.ItemsOf(user).Length - 1)).Select(target => (user, target))
                ),
        ];
        if (windows.Length == 0)
            throw new ArgumentException(
                $"None of the {train.Users} users has two training items: a history shorter than two has no next item to learn from.",
                nameof(train)
            );
    }

    /// <summary>Windows, all users together.</summary>
    public int Windows => windows.Length;

    /// <summary>Batches in a pass over the windows; the last one may be smaller.</summary>
    public int StepsPerEpoch => (windows.Length + options.BatchSize - 1) / options.BatchSize;

    /// <summary>The batch of one step.</summary>
    /// <param name="step">Counted from 0 over all epochs.</param>
    public TigerBatch At(long step)
    {
        var (epoch, first) = (step / StepsPerEpoch, (int)(step % StepsPerEpoch) * options.BatchSize);
        if (epoch != shuffledEpoch)
        {
            shuffled = [.. windows];
            random.Shuffle(shuffled.AsSpan(), (ulong)epoch);
            shuffledEpoch = epoch;
        }
        var chosen = shuffled.AsSpan(first, Math.Min(options.BatchSize, windows.Length - first));
        var (rows, targets) = (new int[chosen.Length][], new int[chosen.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            var (user, target) = chosen[i];
            var items = train.ItemsOf(user);
            rows[i] = tokens.Input(items[..target], options.MaxItems, user);
            targets[i] = items[target];
        }
        return TigerBatch.Of(tokens, rows, targets);
    }
}
